"""README and the pages of docs/: their blocks, commands and links, and what may stand in them."""
