"""How a call to a platform can fail, by what the caller should do next. None of them carries the platform's words."""

from datetime import timedelta


class ChannelError(Exception):
    """A call to a chat platform did not succeed."""


class Blocked(ChannelError):
    """The person cannot be reached: they blocked us, left, or never wrote first. Final."""


class Gone(ChannelError):
    """What was to be changed is no longer there, or too old. Final, and harmless."""


class Refused(ChannelError):
    """The platform says that the call itself is wrong. Final."""


class Limited(ChannelError):
    """Too many calls: again after `wait`."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__()
        self.wait = wait


class Down(ChannelError):
    """No answer, or none that can be used: again later."""


class Revoked(ChannelError):
    """The platform does not know our token (any more): nothing goes in or out until an operator mends it."""


class SecondPoller(ChannelError):
    """Another process asks for the updates of the same bot (409)."""


class Migrated(ChannelError):
    """The group became a supergroup with another id."""

    def __init__(self, new_chat: int) -> None:
        super().__init__()
        self.new_chat = new_chat
