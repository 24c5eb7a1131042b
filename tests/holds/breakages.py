"""What is broken in the program itself in the story of troubles, so that its last resorts are crash points too."""

from typing import Any, Final

from bot.intake.turn import Intake
from handoff.desk import Desk

BROKEN_WORD: Final = "kata yang tidak bisa diproses"
"""Whoever writes this meets a turn that fails every time, on either side."""
BROKEN_FILE: Final = b"OggS\x00\x02" + b"rusak" * 40
"""A file that the desk cannot open, and about which not even its owner can be told."""


def arm() -> None:
    """Breaks it, in this process."""
    decide, receive, letter = Intake._decide, Desk.receive, Desk.apply_letter
    file, finished = Desk.file, Desk.finished

    def broken_decide(self: Intake, conn: Any, inbound: Any, now: Any) -> Any:
        plan = decide(self, conn, inbound, now)
        _refuse(inbound.text == BROKEN_WORD)
        return plan

    def broken_receive(self: Desk, conn: Any, inbound: Any, now: Any) -> None:
        receive(self, conn, inbound, now)
        _refuse(inbound.text == BROKEN_WORD)

    def broken_letter(self: Desk, conn: Any, found: Any, enclosures: Any, now: Any) -> None:
        letter(self, conn, found, enclosures, now)
        _refuse(found.kind == "trouble")

    def broken_file(self: Desk, conn: Any, ref: str, now: Any) -> Any:
        found = file(self, conn, ref, now)
        _refuse(found.data == BROKEN_FILE)
        return found

    def broken_finished(self: Desk, conn: Any, row: Any, state: str, now: Any) -> None:
        finished(self, conn, row, state, now)
        _refuse(state == "failed")

    for owner, name, broken in (
        (Intake, "_decide", broken_decide),
        (Desk, "receive", broken_receive),
        (Desk, "apply_letter", broken_letter),
        (Desk, "file", broken_file),
        (Desk, "finished", broken_finished),
    ):
        setattr(owner, name, broken)


def _refuse(broken: bool) -> None:
    if broken:
        raise ArithmeticError
