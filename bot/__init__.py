"""The public side of the hotline, and the wiring of both actors."""
