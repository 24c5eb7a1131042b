"""The errors of the double: what a bot is told, and what the control side is told."""

from typing import Any


class ApiError(Exception):
    """An answer `{"ok": false}` of the Bot API: HTTP code, description and, for 429 and migrations, parameters."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


class ControlError(Exception):
    """The control side asked for what a person could not do, such as pressing a button that is not there."""


def bad_request(text: str, **parameters: Any) -> ApiError:
    """400 with Telegram's prefix."""
    return ApiError(400, f"Bad Request: {text}", **parameters)


def forbidden(text: str) -> ApiError:
    """403 with Telegram's prefix."""
    return ApiError(403, f"Forbidden: {text}")


def too_many_requests(seconds: int) -> ApiError:
    """429 with the seconds to wait, as `parameters.retry_after`."""
    return ApiError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
