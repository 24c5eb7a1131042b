"""Answers of a reporter: opened, checked against the signed letter, read as fields, urgency, place and record."""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.content.policy import LEVELS, Level
from bot.content.urgency import urgency
from bot.engine.lexicon import lexicon
from bot.engine.places import find_place
from bot.engine.text import forms
from handoff.cases import About
from handoff.pages import Page
from handoff.work import Work, load
from storage.framing import Unreadable
from storage.vault import answer_hash, open_answer

Body = dict[str, Any]
"""An answer as intake sealed it: field, kind, status, value, words, label, shown, extra, media, version, at."""

_GIVEN = {"tidak_tahu": "tidak_tahu", "dilewati": "lewati"}


@dataclass(frozen=True)
class Opened:
    """The answers that a letter lists: those that could be opened by id, and how many could not."""

    answers: Mapping[bytes, Body]
    lost: int


def open_listed(work: Work, listed: Iterable[tuple[str, str]], wires: Mapping[bytes, bytes]) -> Opened:
    """Opens the rows that a letter lists as (id, SHA-256) in hex. What is missing, changed or unreadable is counted."""
    found: dict[bytes, Body] = {}
    lost = 0
    for answer_hex, digest in listed:
        answer = bytes.fromhex(answer_hex)
        wire = wires.get(answer)
        body = _open(work, answer, wire, bytes.fromhex(digest)) if wire is not None else None
        if body is None:
            lost += 1
        else:
            found[answer] = body
    return Opened(found, lost)


def _open(work: Work, answer: bytes, wire: bytes, digest: bytes) -> Body | None:
    if not hmac.compare_digest(answer_hash(wire), digest):
        return None
    try:
        body = load(open_answer(work.tools.keys.box, work.tools.keys.deployment, answer, wire))
    except (Unreadable, ValueError):
        return None
    return body if isinstance(body, dict) and isinstance(body.get("field"), str) else None


def latest(bodies: Iterable[Body]) -> dict[str, Body]:
    """The newest answer to each field, fields in the order of their first answer."""
    found: dict[str, Body] = {}
    for body in bodies:
        old = found.get(body["field"])
        if old is None or body.get("version", 0) >= old.get("version", 0):
            found[body["field"]] = body
    return found


def bodies(read: Iterable[Page]) -> list[Body]:
    """The answers among pages."""
    return [page.body for page in read if page.kind == "answer"]


def values(body: Body) -> frozenset[str]:
    """What `when` in urgency.yaml compares: choice ids, `ada` for own words, `tidak_tahu`, `lewati`."""
    status = _GIVEN.get(body.get("status", ""))
    return frozenset({status}) if status else frozenset(body.get("value") or ("ada",))


def how_urgent(work: Work, given: Iterable[Body], known: About) -> tuple[Level, str]:
    """Level and reason by the live rules."""
    fields = {field: values(body) for field, body in latest(given).items()}
    level, why = urgency(work.content.urgency, fields, frozenset(known.doors), known.danger)
    return next(one for one in LEVELS if one == level), why


def only_polite(work: Work, given: Iterable[Body]) -> bool:
    """Whether something was said, and all of it is thanks, a greeting or a nod, in the writer's own words."""
    words, given = lexicon(work.content.scripts), list(given)
    return bool(given) and all(
        body.get("kind") == "text" and not body.get("media") and words.only_polite(forms(body.get("words") or ""))
        for body in given
    )


def place(work: Work, given: Iterable[Body]) -> tuple[str, str]:
    """(kecamatan, kelurahan) named in the answer to `tempat`; empty where nothing is known."""
    body = latest(given).get("tempat")
    if body is None:
        return "", ""
    if "luar" in values(body):
        return work.texts("luar_kota"), ""
    found = find_place(work.content.scripts.places, body.get("words") or "")
    return (found.kecamatan, found.kelurahan or "") if found else ("", "")
