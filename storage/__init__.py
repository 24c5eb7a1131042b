"""Stores, tables, unit of work, vault, letters and courier of both actors."""
