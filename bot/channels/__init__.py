"""Transports: they translate between a chat platform and our own values, and decide nothing."""
