"""Loads, checks and publishes what admins edit in flows/ and locales/."""
