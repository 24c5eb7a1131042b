"""Local double of the Telegram Bot API and the scripted story; speaks HTTP only."""
