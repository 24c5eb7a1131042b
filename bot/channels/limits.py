"""What Telegram takes, as far as those who prepare messages must know it."""

LONGEST_TEXT = 4096
"""UTF-16 units in one message (Bot API, sendMessage)."""
LARGEST_DOWNLOAD = 20 * 1024 * 1024
"""Bytes a bot can fetch (Bot API, getFile)."""
