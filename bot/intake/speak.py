"""Turns sentences into outgoing rows: fills the last placeholders, splits, adds buttons, keeps bursts to one answer."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.channels.limits import LONGEST_TEXT
from bot.channels.outgoing import Buttons, EditButtons, Send, split
from bot.content.services import numbers
from bot.content.text import fill
from bot.engine.effects import Button
from bot.intake.plan import Plan
from bot.intake.snapshot import Snapshot
from bot.intake.times import clock_words
from bot.intake.tools import Tools
from storage import outbox

BURST = timedelta(seconds=1)
"""How long an acknowledgement inside a several-message answer waits for the burst to end."""
DUTY_FRESH = timedelta(hours=2)
"""The desk says hourly who is on duty; older news means that it may not be answering."""
CHANNELS = {"telegram": "Telegram", "whatsapp": "WhatsApp"}


def say(
    tools: Tools,
    plan: Plan,
    snapshot: Snapshot,
    text: str,
    now: datetime,
    *,
    buttons: Buttons = (),
    settle: bool = False,
    **fields: Any,
) -> None:
    """One message to the address of `snapshot`; `fields` are the outbox row's own (priority, kind, due_at, state …)."""
    parts = split(filled(tools, snapshot, text, now), LONGEST_TEXT)
    person = snapshot.address_id
    if settle:
        fields |= {"kind": "settle", "due_at": now + BURST}
    if settle or fields.get("due_at", now) <= now:
        # An acknowledgement that still waits gives way to whatever is said next.
        plan.add(lambda conn: outbox.withdraw(conn, person=person, kind="settle"))
    for index, part in enumerate(parts):
        last = index == len(parts) - 1
        row = tools.row(
            snapshot.address_id, snapshot.chat, Send(text=part, buttons=buttons if last else ()), now, **fields
        )
        plan.add(lambda conn, row=row: outbox.put(conn, row))  # type: ignore[misc]


def keyboard(shown: int, rows: tuple[tuple[Button, ...], ...], *, numbered: bool = False) -> Buttons:
    """The engine's buttons with callback data that carry which question they belong to.

    `numbered`: with the numbers that may be typed instead, where several can be chosen or the text speaks of numbers.
    """
    return tuple(
        tuple((button.face if numbered else button.label, f"q{shown}:{button.choice}") for button in row)
        for row in rows
    )


def pressed(data: str) -> tuple[int, str]:
    """(question, choice) of a button's data; (-1, "") for anything we did not make."""
    number, colon, choice = data.removeprefix("q").partition(":")
    if not data.startswith("q") or not colon or not (number.isascii() and number.isdecimal() and len(number) < 12):
        return -1, ""
    return int(number), choice


def answered(tools: Tools, plan: Plan, snapshot: Snapshot, label: str | None, now: datetime) -> None:
    """The answered question loses its buttons and shows the answer in their place."""
    rebutton(tools, plan, snapshot, (((f"✓ {label}", "-"),),) if label else (), now)


def rebutton(tools: Tools, plan: Plan, snapshot: Snapshot, buttons: Buttons, now: datetime) -> None:
    """The open question's message, if it was sent, carries other buttons."""
    if snapshot.question is None:
        return
    edit = EditButtons(message_id=snapshot.question, buttons=buttons)
    row = tools.row(snapshot.address_id, snapshot.chat, edit, now, kind="edit")
    plan.add(lambda conn: outbox.put(conn, row))


def filled(tools: Tools, snapshot: Snapshot, text: str, now: datetime, **own: str) -> str:
    """The text with every placeholder filled that intake knows, and with `own`; what is put in is never looked through.

    So somebody's words are given here as `own`, and never stand in `text`.
    """
    messages = snapshot.live.scripts.messages
    values = numbers(snapshot.live.services) | {"kanal": CHANNELS[snapshot.channel]} | own
    if "{tunggu}" in text:
        values["tunggu"] = waiting(snapshot.duty, messages, now, tools)
    if "{status}" in text:
        values["status"] = status(tools, snapshot, now)
    return fill(text, values)


def fresh(duty: Mapping[str, Any] | None, now: datetime) -> bool:
    """Whether the desk said lately who is on duty."""
    return duty is not None and abs(now - datetime.fromisoformat(duty["at"])) <= DUTY_FRESH


def waiting(duty: Mapping[str, Any] | None, messages: Mapping[str, str], now: datetime, tools: Tools) -> str:
    """How long until a human reads, in one of three sentences, by the desk's last word about its duty."""
    if duty is None or not fresh(duty, now):
        return messages["tunggu_putus"]
    if duty["on_duty"]:
        due = now + timedelta(minutes=duty["read_by"]["sedang"])
        return fill(messages["tunggu_jaga"], {"jam": clock_words(due, now, tools.zone, messages)})
    if not duty.get("next_duty"):
        return messages["tunggu_kosong"]  # nobody would keep an hour that is said here
    due = datetime.fromisoformat(duty["next_duty"])
    return fill(messages["tunggu_malam"], {"jam": clock_words(due, now, tools.zone, messages)})


def status(tools: Tools, snapshot: Snapshot, now: datetime) -> str:
    """Where the newest report of this address stands, in one sentence."""
    messages = snapshot.live.scripts.messages
    thread = next((thread for thread in snapshot.threads if thread["sent"] != "no"), None)
    if thread is None:
        if snapshot.session.has_content:
            return messages["status_belum_dikirim"]
        return messages["status_hilang" if snapshot.forgetful else "status_kosong"]
    if thread["closed_at"]:
        return messages["status_selesai"]
    if thread["alias"]:
        return fill(messages["status_ditangani"], {"alias": thread["alias"]})
    if thread["accepted_at"] and thread["read_by"]:
        jam = clock_words(max(thread["read_by"], now), now, tools.zone, messages)
        return fill(messages["status_sampai"], {"jam": jam})
    return messages["status_tersimpan"]
