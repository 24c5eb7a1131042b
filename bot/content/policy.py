"""Limits and ladders of escalation: read from `flows/eskalasi.yaml`, checked, and kept on each case as JSON."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any, Final, Literal, get_args

from bot.content.finding import Sheet, Where
from bot.content.nodes import Entries, Node
from bot.content.shape import Reader, suggestion, value

Level = Literal["darurat", "tinggi", "sedang", "rendah"]
"""Urgencies, the most urgent first."""

Situation = Literal["unclaimed", "untouched", "silent", "consent"]
"""Why a case waits: nobody took it; taken but nothing done; no sign for long; a second person is asked to close it."""

Role = Literal["bertugas", "pemilik", "koordinator", "kepala", "semua"]
"""Who is called: on duty, the owner, coordinators, heads, everybody active."""

Place = Literal["group", "private"]

LEVELS: Final[tuple[Level, ...]] = get_args(Level)
SITUATIONS: Final[tuple[Situation, ...]] = get_args(Situation)
ROLES: Final[tuple[Role, ...]] = get_args(Role)
PLACES: Final[tuple[Place, ...]] = get_args(Place)

_DURATION = re.compile(r"([1-9][0-9]{0,3})([mhd])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_PERCENT = re.compile(r"([1-9][0-9]{0,4})%")
_REPEAT = 100
#: Telegram lets a bot delete messages for 48 hours (core.telegram.org/bots/api#deletemessage).
_LONGEST_SWEEP = timedelta(hours=47)
#: Each officer of a case has a name of their own; few cases see more than three officers.
_FEWEST_ALIASES = 8


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a case of one urgency may wait: until taken, until a first act, without a sign, for a second person."""

    look: timedelta
    service: timedelta
    silent: timedelta
    consent: timedelta


@dataclass(frozen=True, slots=True)
class Rung:
    """Whom to call at `at` percent of a limit, and where. The last rung repeats every `repeat` percent."""

    at: int
    to: tuple[Role, ...]
    where: tuple[Place, ...]
    repeat: int = _REPEAT


@dataclass(frozen=True, slots=True)
class Policy:
    """All of `eskalasi.yaml`."""

    limits: Mapping[Level, Limits]
    monitoring: int
    ladders: Mapping[Situation, tuple[Rung, ...]]
    task: timedelta
    sweep: timedelta
    aliases: tuple[str, ...]

    def to_json(self) -> str:
        """One line, to be kept on a case."""
        return json.dumps(
            {
                "limits": {
                    level: [int(limit.total_seconds()) for limit in _spans(self.limits[level])] for level in LEVELS
                },
                "monitoring": self.monitoring,
                "ladders": {name: [[r.at, r.to, r.where, r.repeat] for r in self.ladders[name]] for name in SITUATIONS},
                "task": int(self.task.total_seconds()),
                "sweep": int(self.sweep.total_seconds()),
                "aliases": self.aliases,
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )

    @classmethod
    def from_json(cls, text: str) -> "Policy":
        """What `to_json` wrote. LookupError, TypeError or ValueError when it was not ours."""
        found: dict[str, Any] = json.loads(text)
        return cls(
            limits={
                level: Limits(*(timedelta(seconds=seconds) for seconds in found["limits"][level])) for level in LEVELS
            },
            monitoring=found["monitoring"],
            ladders={
                name: tuple(Rung(at, tuple(to), tuple(where), again) for at, to, where, again in found["ladders"][name])
                for name in SITUATIONS
            },
            task=timedelta(seconds=found["task"]),
            sweep=timedelta(seconds=found["sweep"]),
            aliases=tuple(found["aliases"]),
        )


def _spans(limits: Limits) -> tuple[timedelta, ...]:
    return limits.look, limits.service, limits.silent, limits.consent


def parse_policy(root: Entries, file: str, sheet: Sheet) -> Policy | None:
    """The policy in the root map of `file`, or None with errors on the sheet."""
    before = sheet.errors()
    reader = Reader(sheet, Where(file, root.line))
    names = ("limits", "monitoring", "ladders", "task", "sweep", "aliases")
    reader.only(root.entries, names)
    if not reader.needs(root.entries, *names):
        return None
    nodes = {name: root.entries[name].value for name in names}
    limits = _read_limits(reader, nodes["limits"])
    ladders = _read_ladders(reader, nodes["ladders"])
    task, sweep = (_duration(reader.at(nodes[name].line, name), nodes[name], name) for name in ("task", "sweep"))
    monitoring = _number(reader, nodes["monitoring"])
    aliases = _read_aliases(reader, nodes["aliases"])
    if sweep and sweep > _LONGEST_SWEEP:
        reader.at(nodes["sweep"].line, "sweep").error("policy_sweep")
    if sheet.errors() > before or not (task and sweep and monitoring):
        return None
    return Policy(limits, monitoring, ladders, task, sweep, aliases)


def _read_limits(reader: Reader, node: Node) -> Mapping[Level, Limits]:
    entries = reader.at(node.line, "limits").entries(node, "limits") or {}
    reader.at(node.line, "limits").only(entries, LEVELS)
    found: dict[Level, Limits] = {}
    if not reader.at(node.line, "limits").needs(entries, *LEVELS):
        return found
    for level in LEVELS:
        entry = entries[level]
        here = reader.at(entry.line, level)
        spans = here.entries(entry.value, level) or {}
        names = ("look", "service", "silent", "consent")
        here.only(spans, names)
        if here.needs(spans, *names):
            read = [_duration(here, spans[name].value, name) for name in names]
            known = [span for span in read if span]
            if len(known) == len(names):
                found[level] = Limits(*known)
    _check_order(reader.at(node.line, "limits"), found)
    return found


def _check_order(reader: Reader, limits: Mapping[Level, Limits]) -> None:
    """What is more urgent never waits longer than what is less urgent."""
    known = [(level, _spans(limits[level])) for level in LEVELS if level in limits]
    for (urgent, short), (calm, long) in pairwise(known):
        if any(a > b for a, b in zip(short, long, strict=True)):
            reader.error("policy_order", urgent=urgent, calm=calm)


def _read_ladders(reader: Reader, node: Node) -> Mapping[Situation, tuple[Rung, ...]]:
    here = reader.at(node.line, "ladders")
    entries = here.entries(node, "ladders") or {}
    here.only(entries, SITUATIONS)
    if not here.needs(entries, *SITUATIONS):
        return {}
    found: dict[Situation, tuple[Rung, ...]] = {}
    for name in SITUATIONS:
        items = reader.at(entries[name].line, name).items(entries[name].value, name)
        rungs = [rung for item in items if (rung := _read_rung(reader.at(item.line, name), item))]
        found[name] = tuple(rungs)
        times = [rung.at for rung in rungs]
        if times != sorted(set(times)):
            reader.at(entries[name].line, name).error("policy_climb", ladder=name)
        if name == "untouched" and any(at >= 100 for at in times):
            reader.at(entries[name].line, name).error("policy_lapse")
    return found


def _read_rung(reader: Reader, node: Node) -> Rung | None:
    entries = reader.entries(node, "at, to, where")
    if entries is None:
        return None
    reader.only(entries, ("at", "to", "where", "repeat"))
    if not reader.needs(entries, "at", "to", "where"):
        return None
    at = _percent(reader, entries["at"].value, "at")
    again = _percent(reader, entries["repeat"].value, "repeat") if "repeat" in entries else _REPEAT
    to = [role for role in ROLES if role in _words(reader, value(entries, "to"), "to", ROLES)]
    where = [place for place in PLACES if place in _words(reader, value(entries, "where"), "where", PLACES)]
    return Rung(at, tuple(to), tuple(where), again) if at and again and to and where else None


def _words(reader: Reader, node: Node | None, name: str, known: tuple[str, ...]) -> tuple[str, ...]:
    words = reader.texts(node, name)
    for word in words:
        if word not in known:
            reader.error("policy_word", word=word, name=name, like=suggestion(word, known))
    return words


def _read_aliases(reader: Reader, node: Node) -> tuple[str, ...]:
    here = reader.at(node.line, "aliases")
    names = here.texts(node, "aliases")
    if len(set(names)) < max(_FEWEST_ALIASES, len(names)) or any(len(name) > 24 for name in names):
        here.error("policy_aliases", fewest=_FEWEST_ALIASES)
    return names


def _duration(reader: Reader, node: Node, name: str) -> timedelta | None:
    text = reader.text(node, name)
    found = _DURATION.fullmatch(text or "")
    if found:
        return int(found[1]) * _UNITS[found[2]]
    if text:
        reader.error("policy_duration", name=name, found=text)
    return None


def _percent(reader: Reader, node: Node, name: str) -> int | None:
    text = reader.text(node, name)
    found = _PERCENT.fullmatch(text or "")
    if found and int(found[1]) >= 10:
        return int(found[1])
    if text:
        reader.error("policy_percent", name=name, found=text)
    return None


def _number(reader: Reader, node: Node) -> int | None:
    here = reader.at(node.line, "monitoring")
    text = here.text(node, "monitoring")
    if text and re.fullmatch(r"[1-9]", text):
        return int(text)
    if text:
        here.error("policy_number", found=text)
    return None
