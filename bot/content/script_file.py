"""One file with `flow:` -> one Script of the engine (FLOWS.md, section 2): shapes and spellings are judged here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from bot.content.lines import Lines
from bot.content.nodes import Entries, Entry, Node, Scalar
from bot.content.shape import Reader, suggestion, value
from bot.engine.script import Choice, Effect, Kind, Say, Script, Silent, Step, Target

FILE_KEYS = ("flow", "label", "door", "words", "vary", "steps")
STEP_KEYS = ("id", "label", "say", "ask", "choices", "when", "do", "goto", "silent", "again")
CHOICE_KEYS = ("id", "label", "say", "words", "do", "goto")
SILENT_KEYS = ("after", "say")
#: Every keyword and where it belongs, for a keyword in the wrong place.
PLACES: Mapping[str, tuple[str, ...]] = {
    "file": FILE_KEYS,
    "step": STEP_KEYS,
    "choice": CHOICE_KEYS,
    "silent": SILENT_KEYS,
}
RESERVED = frozenset({"lewati", "ada", "belum", "lain", "back", "stop", "doors"})
KINDS = {kind.value: kind for kind in Kind}
EFFECTS = {effect.value: effect for effect in Effect}
ENDS: Mapping[str, Literal["back", "stop"]] = {"back": "back", "stop": "stop"}
MAX_STEPS = 200
_AFTER = re.compile(r"([1-9]|[1-5][0-9]|60)m|([1-9]|1[0-9]|2[0-3])h")
_TARGET = re.compile(r"[a-z][a-z0-9_]{0,31}(\.[a-z][a-z0-9_]{0,31})?")


@dataclass(frozen=True, slots=True)
class _Here:
    """What parsing a step needs to know around it."""

    reader: Reader
    lines: Lines
    script: str
    steps: frozenset[str]

    def within(self, line: int, step: str) -> "_Here":
        return _Here(self.reader.at(line, step), self.lines, self.script, self.steps)

    def note(self, line: int, *path: str) -> None:
        self.lines.put(self.reader.where.file, line, self.script, *path)


def parse_script(root: Entries, reader: Reader, lines: Lines) -> Script | None:
    """The script in a file, or None where findings say why not. Notes the line of every part."""
    entries = root.entries
    _keywords(reader, entries, "file")
    if not reader.needs(entries, "flow", "label", "steps"):
        return None
    name = reader.identifier(value(entries, "flow"), "flow")
    if name is None:
        return None
    reader = reader.at(entries["flow"].line)
    nodes = reader.at(entries["steps"].line).items(entries["steps"].value, "steps")
    here = _Here(reader, lines, name, frozenset(_ids(nodes)))
    here.note(entries["flow"].line)
    for key in FILE_KEYS:
        if key in entries:
            here.note(entries[key].line, key)
    if len(nodes) > MAX_STEPS:
        reader.at(entries["steps"].line).error("steps_many", limit=MAX_STEPS)
    steps = [step for node in nodes if (step := _step(here, node)) is not None]
    _unique(here.reader, nodes, "step")
    return Script(
        id=name,
        label=reader.text(value(entries, "label"), "label") or name,
        door=_door(here, entries.get("door")),
        words=reader.texts(value(entries, "words"), "words"),
        vary=reader.identifier(value(entries, "vary"), "vary"),
        steps=tuple(steps),
    )


def _step(here: _Here, node: Node) -> Step | None:
    entries = here.reader.entries(node, "steps")
    if entries is None:
        return None
    here = here.within(node.line, "")
    if not here.reader.needs(entries, "id"):
        return None
    name = _new_id(here.reader, entries["id"])
    if name is None:
        return None
    here = here.within(entries["id"].line, name)
    _keywords(here.reader, entries, "step")
    here.note(node.line, name)
    for key, entry in entries.items():
        here.note(entry.line, name, key)
    choices, doors = _choices(here, name, entries.get("choices"))
    return Step(
        id=name,
        label=here.reader.text(value(entries, "label"), "label"),
        say=_say(here, entries.get("say")),
        ask=_ask(here, entries.get("ask")),
        choices=choices,
        doors=doors,
        when=_when(here, entries.get("when")),
        do=_effect(here, entries.get("do")),
        goto=_goto(here, entries.get("goto")),
        silent=_silent(here, entries.get("silent")),
        again=_again(here, entries.get("again")),
    )


def _choices(here: _Here, step: str, entry: Entry | None) -> tuple[tuple[Choice, ...], bool]:
    if entry is None:
        return (), False
    if isinstance(entry.value, Scalar):
        if entry.value.text != "doors":
            here.reader.at(entry.line).error("choices_word", word=entry.value.text)
        return (), True
    nodes = here.reader.at(entry.line).items(entry.value, "choices")
    choices = [choice for node in nodes if (choice := _choice(here, step, node)) is not None]
    _unique(here.reader, nodes, "choice")
    return tuple(choices), False


def _choice(here: _Here, step: str, node: Node) -> Choice | None:
    entries = here.reader.entries(node, "choices")
    if entries is None:
        return None
    here = here.within(node.line, step)
    if not here.reader.needs(entries, "id"):
        return None
    name = _new_id(here.reader, entries["id"])
    if name is None:
        return None
    _keywords(here.reader, entries, "choice")
    here.note(node.line, step, "choices", name)
    for key, part in entries.items():
        here.note(part.line, step, "choices", name, key)
    return Choice(
        id=name,
        label=here.reader.text(value(entries, "label"), "label"),
        words=here.reader.texts(value(entries, "words"), "words"),
        say=_say(here, entries.get("say")),
        do=_effect(here, entries.get("do")),
        goto=_goto(here, entries.get("goto")),
    )


def _say(here: _Here, entry: Entry | None) -> Say | None:
    if entry is None:
        return None
    reader = here.reader.at(entry.line)
    if not isinstance(entry.value, Entries):
        text = reader.text(entry.value, "say")
        return Say(text, {}) if text is not None else None
    texts = {key: reader.at(part.line).text(part.value, key) for key, part in entry.value.entries.items()}
    return Say(None, {key: text for key, text in texts.items() if text is not None})


def _ask(here: _Here, entry: Entry | None) -> Kind | None:
    name = here.reader.text(entry.value, "ask") if entry else None
    if entry is None or name is None:
        return None
    if name in KINDS:
        return KINDS[name]
    here.reader.at(entry.line).error("kind_unknown", kind=name, like=suggestion(name, KINDS))
    return None


def _effect(here: _Here, entry: Entry | None) -> Effect | None:
    name = here.reader.text(entry.value, "do") if entry else None
    if entry is None or name is None:
        return None
    if name in EFFECTS:
        return EFFECTS[name]
    here.reader.at(entry.line).error("effect_unknown", effect=name, like=suggestion(name, EFFECTS))
    return None


def _goto(here: _Here, entry: Entry | None) -> Target | None:
    text = here.reader.text(entry.value, "goto") if entry else None
    if entry is None or text is None:
        return None
    if text in ENDS:
        return Target(ENDS[text])
    if not _TARGET.fullmatch(text):
        here.reader.at(entry.line).error("target_form", target=text)
        return None
    first, _, step = text.partition(".")
    if not step and first in here.steps:
        return Target("step", None, first)
    return Target("step", None if first == here.script and step else first, step or None)


def _when(here: _Here, entry: Entry | None) -> Mapping[str, frozenset[str]]:
    if entry is None:
        return {}
    entries = here.reader.at(entry.line).entries(entry.value, "when")
    return {key: frozenset(here.reader.at(part.line).texts(part.value, key)) for key, part in (entries or {}).items()}


def _silent(here: _Here, entry: Entry | None) -> Silent | None:
    if entry is None:
        return None
    reader = here.reader.at(entry.line)
    entries = reader.entries(entry.value, "silent")
    if entries is None:
        return None
    _keywords(reader, entries, "silent")
    if not reader.needs(entries, "after", "say"):
        return None
    after = reader.text(entries["after"].value, "after")
    say = _say(here, entries["say"])
    found = _AFTER.fullmatch(after or "")
    if after is not None and not found:
        reader.at(entries["after"].line).error("after_form", after=after)
    if say is None or not found:
        return None
    return Silent(timedelta(minutes=int(found[1] or 0), hours=int(found[2] or 0)), say)


def _again(here: _Here, entry: Entry | None) -> bool:
    text = here.reader.text(entry.value, "again") if entry else None
    if entry is not None and text is not None and text not in ("yes", "no"):
        here.reader.at(entry.line).error("again_form", word=text)
    return text == "yes"


def _door(here: _Here, entry: Entry | None) -> int | None:
    text = here.reader.text(entry.value, "door") if entry else None
    if entry is None or text is None:
        return None
    if re.fullmatch(r"[1-9][0-9]?", text):
        return int(text)
    here.reader.at(entry.line).error("door_form", word=text)
    return None


def _new_id(reader: Reader, entry: Entry) -> str | None:
    name = reader.at(entry.line).identifier(entry.value, "id")
    if name in RESERVED:
        reader.at(entry.line).error("id_reserved", id=name)
        return None
    return name


def _ids(nodes: Sequence[Node]) -> list[str]:
    """The step ids of a script before its steps are read, for `goto` forward."""
    entries = [node.entries.get("id") for node in nodes if isinstance(node, Entries)]
    return [entry.value.text.strip() for entry in entries if entry and isinstance(entry.value, Scalar)]


def _unique(reader: Reader, nodes: Sequence[Node], what: str) -> None:
    seen: dict[str, int] = {}
    for node in nodes:
        entry = node.entries.get("id") if isinstance(node, Entries) else None
        if entry is None or not isinstance(entry.value, Scalar):
            continue
        name = entry.value.text.strip()
        if name in seen:
            reader.at(entry.line, name if what == "step" else None).error(f"id_twice_{what}", id=name, first=seen[name])
        seen.setdefault(name, entry.line)


def _keywords(reader: Reader, entries: Mapping[str, Entry], place: str) -> None:
    for key, entry in entries.items():
        if key in PLACES[place]:
            continue
        homes = [home for home, keys in PLACES.items() if key in keys]
        like = suggestion(key, PLACES[place])
        if homes:
            reader.at(entry.line).error(f"keyword_not_{place}", key=key)
        elif isinstance(entry.value, Scalar) and not entry.value.text and not like.endswith("?"):
            reader.at(entry.line).error("key_of_comma", key=key)
        else:
            reader.at(entry.line).error("key_unknown", key=key, like=like)
