"""Plan a renewal from live reads, carry it out, and look at the result as a client does."""
