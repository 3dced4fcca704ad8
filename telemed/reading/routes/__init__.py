"""HTTP endpoints of reading."""
