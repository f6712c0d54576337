"""Decide, from values alone: what is due, what may replace it, what would change."""
