"""Commands of reading: each one transition, one event, one audit row."""
