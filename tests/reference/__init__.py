"""Write the pages of docs/reference that follow from policies, docstrings, schemas and `--help`."""
