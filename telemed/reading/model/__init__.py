"""Pure decisions of reading: states, clocks, lint, delivery. No I/O, clock or randomness."""
