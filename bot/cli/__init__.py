"""The verbs of the berani command, one module per group of verbs."""
