"""Turns of reporters: drafts, receipts, quick exit, letters to the desk."""
