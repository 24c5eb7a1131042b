"""The public side: turns of reporters, from a message to sealed answers, letters and outgoing texts."""
