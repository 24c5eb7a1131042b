"""What the engine hears of something that came in; words that intake answers by itself never reach it."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.channels.inbound import MEDIA, File, Inbound
from bot.channels.limits import LARGEST_DOWNLOAD
from bot.engine import events as ev
from bot.engine.step import asking_kind
from bot.intake import commands, mediafile, officers, speak
from bot.intake.plan import Plan
from bot.intake.snapshot import Snapshot
from bot.intake.tools import Tools
from storage.intake_tables import MEDIA_FILES

_COMMAND = re.compile(r"/([A-Za-z_]+)(?:@\w+)?(\s.*)?", re.DOTALL)


_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{0,64}")
"""What a link may hand to /start (https://core.telegram.org/bots/features#deep-linking): a poster's code."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A receipt was right: the thread that it opens."""

    thread_id: bytes


def event(
    conn: Connection, tools: Tools, plan: Plan, snapshot: Snapshot, inbound: Inbound, now: datetime
) -> ev.Event | Opened | None:
    """What the engine hears of this; None when it was answered here."""
    if inbound.kind == "text":
        return _text(conn, tools, plan, snapshot, inbound, now)
    if inbound.kind == "button":
        return ev.Chose(*speak.pressed(inbound.data))
    if inbound.kind == "edit":
        return ev.Edited(inbound.text) if inbound.text.strip() else None
    if inbound.kind == "location" and inbound.latitude is not None and inbound.longitude is not None:
        return ev.SentPlace(inbound.latitude, inbound.longitude)
    if inbound.kind == "contact":
        return ev.SentContact(inbound.phone)
    if inbound.kind in MEDIA and inbound.file is not None:
        return _file(tools, plan, snapshot, inbound, now)
    return _unless_words(tools, plan, snapshot, inbound, now, ev.SentOther("unreadable"))


def _text(
    conn: Connection, tools: Tools, plan: Plan, snapshot: Snapshot, inbound: Inbound, now: datetime
) -> ev.Event | Opened | None:
    text = inbound.text
    if command := _COMMAND.fullmatch(text.strip()):
        text = _said_with(command[1], command[2] or "")
    heard = commands.intercept(conn, tools, plan, snapshot, text, now)
    if heard is None:
        return None
    if asking_kind(snapshot.scripts, snapshot.session) == "code":
        tried = commands.receipt_tried(conn, tools, plan, snapshot, heard, now)
        if tried is not None:
            return Opened(tried) if tried else ev.CodeTried(False)
    to_officer = officers.addressed(conn, tools, snapshot, inbound.reply_to) is not None
    return ev.Said(heard, to_officer=snapshot.with_officer or to_officer)


def _file(tools: Tools, plan: Plan, snapshot: Snapshot, inbound: Inbound, now: datetime) -> ev.Event:
    file = inbound.file
    if file is None or file.size > LARGEST_DOWNLOAD:
        return _unless_words(tools, plan, snapshot, inbound, now, ev.SentOther("too_big"))
    values = media_row(tools, file, inbound.kind, snapshot.thread_id, snapshot.address_id, now)
    plan.add(lambda conn: conn.execute(MEDIA_FILES.insert().values(**values)))
    return ev.SentMedia(values["id"].hex(), MEDIA[inbound.kind], inbound.text)


def _unless_words(
    tools: Tools, plan: Plan, snapshot: Snapshot, inbound: Inbound, now: datetime, other: ev.SentOther
) -> ev.Event:
    """What stands under something that cannot be read are words like any others."""
    if not inbound.text.strip():
        return other
    key = "berkas_besar" if other.kind == "too_big" else "tidak_terbaca"
    speak.say(tools, plan, snapshot, snapshot.scripts.messages[key], now)
    return ev.Said(inbound.text)


def media_row(
    tools: Tools, file: File, kind: str, thread_id: bytes, address_id: bytes, now: datetime
) -> dict[str, Any]:
    """The row of a file that was just sent."""
    media_id = tools.new_id()
    return {
        "id": media_id,
        "thread_id": thread_id,
        "address_id": address_id,
        "kind": kind,
        # A voice is fetched on arrival; of a picture only the sealed handle is kept until it was asked about.
        "state": "fetch" if kind in ("voice", "audio") else "asked",
        "sealed": mediafile.seal(tools, media_id, mediafile.facts_of(file)),
        "due_at": now,
        "created_at": now,
    }


def _said_with(command: str, more: str) -> str:
    """What somebody says by a command: the word itself, and whatever they wrote after it."""
    if command.lower() != "start":
        return command + more
    return "/start" if _PAYLOAD.fullmatch(more.strip()) else more.strip()
