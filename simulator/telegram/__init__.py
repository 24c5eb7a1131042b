"""A strict local double of the Telegram Bot API: its own process, reached by HTTP only."""
