"""Rows of reading in PostgreSQL."""
