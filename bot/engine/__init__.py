"""Pure: what a conversation is and how it moves; no I/O, clock or randomness."""
