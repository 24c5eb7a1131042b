"""Faults on demand: the next calls of a method are delayed, refused, answered with rubbish or not at all."""

from dataclasses import dataclass
from enum import StrEnum

from simulator.telegram.errors import ApiError, ControlError, too_many_requests


class Kind(StrEnum):
    """What goes wrong."""

    REFUSE = "refuse"  # an error answer: `code` (429, 500, 502, 400, 403 …), with `retry_after` for 429
    TIMEOUT = "timeout"  # no answer within `seconds`
    DROP = "drop"  # the connection is closed without an answer
    BAD_JSON = "bad_json"  # `code` (200 unless given) with `body`, which is no JSON unless given
    DELAY = "delay"  # the right answer, `seconds` late


@dataclass(kw_only=True)
class Fault:
    """One fault for the next `count` calls of `method` ("*": every method but getUpdates) by `bot` (0: any bot).

    `done` says whether the call is carried out before it goes wrong; `chat_id`, where given, must match the call's.
    """

    kind: Kind
    method: str = "*"
    bot: int = 0
    count: int = 1
    done: bool = False
    code: int = 500
    description: str = ""
    retry_after: int = 1
    seconds: float = 60.0
    chat_id: str = ""
    body: str = "<html><body>Bad Gateway"

    def fits(self, method: str, bot: int, chat_id: str) -> bool:
        return (
            (method != "getupdates" if self.method == "*" else method == self.method.lower())
            and self.bot in {0, bot}
            and self.chat_id in {"", chat_id}
        )

    def error(self) -> ApiError:
        """The answer of a REFUSE."""
        if self.code == 429:
            return too_many_requests(self.retry_after)
        return ApiError(self.code, self.description or _DESCRIPTIONS.get(self.code, "Bad Request"))


_DESCRIPTIONS = {
    400: "Bad Request: chat not found",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    404: "Not Found",
    409: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    500: "Internal Server Error",
    502: "Bad Gateway",
}


class Faults:
    """The faults that wait for their calls, oldest first."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        if fault.count < 1:
            raise ControlError("count must be at least 1")
        self.waiting.append(fault)

    def take(self, method: str, bot: int, chat_id: str) -> Fault | None:
        """The fault for this call (method in lower case), used up by one; None where nothing is to go wrong."""
        for fault in self.waiting:
            if fault.fits(method, bot, chat_id):
                fault.count -= 1
                if not fault.count:
                    self.waiting.remove(fault)
                return fault
        return None
