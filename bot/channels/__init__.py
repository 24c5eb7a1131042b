"""Transports to chat platforms, and delivery of what is due to be sent."""
