"""Files that only the desk reads: urgency.yaml (rules), record.yaml (codes of the official record)."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.content.answers import Fields
from bot.content.finding import Where
from bot.content.nodes import Entries, Entry
from bot.content.shape import Reader, suggestion
from bot.content.urgency import NEVER_ASKED, UrgencyRule
from bot.engine.script import Script

#: What a rule may give. `rendah` is left to humans.
LEVELS = ("darurat", "tinggi", "sedang")
#: Tiers of danger words as a session keeps them.
KATA = frozenset({"self", "strong", "weak"})


@dataclass(frozen=True, slots=True)
class Record:
    """Codes by field and choice, and where each field's line is."""

    codes: Mapping[str, Mapping[str, str]]
    places: Mapping[str, Where]


def parse_urgency(
    root: Entries, reader: Reader, fields: Fields, scripts: Mapping[str, Script]
) -> tuple[UrgencyRule, ...]:
    """The rules in their order; fields and values that no script has are findings."""
    reader.only(root.entries, ("urgency",))
    if not reader.needs(root.entries, "urgency"):
        return ()
    rules: list[UrgencyRule] = []
    ended = False
    for node in reader.items(root.entries["urgency"].value, "urgency"):
        within = reader.at(node.line)
        entries = within.entries(node, "urgency")
        if entries is None or not within.needs(entries, "level", "why"):
            continue
        within.only(entries, ("level", "when", "why"))
        if ended:
            within.error("urgency_after_last")
        level = within.text(entries["level"].value, "level") or ""
        if level and level not in LEVELS:
            within.error("urgency_level", level=level, like=suggestion(level, LEVELS))
        when = _when(within, entries.get("when"), fields, scripts)
        ended = "when" not in entries
        rules.append(UrgencyRule(level, when, within.text(entries["why"].value, "why") or ""))
    return tuple(rules)


def _when(
    reader: Reader, entry: Entry | None, fields: Fields, scripts: Mapping[str, Script]
) -> Mapping[str, frozenset[str]]:
    if entry is None:
        return {}
    when: dict[str, frozenset[str]] = {}
    for name, line, words in reader.at(entry.line).lists(entry.value, "when"):
        within = reader.at(line)
        known = _known(name, fields, scripts)
        if known is None:
            within.error("field_unknown", field=name, like=suggestion(name, (*fields.places, "pintu", "kata")))
            continue
        for word in words:
            if word not in known:
                within.error("value_unknown", value=word, field=name, like=suggestion(word, known))
        when[name] = frozenset(words)
    return when


def _known(name: str, fields: Fields, scripts: Mapping[str, Script]) -> frozenset[str] | None:
    if name == "pintu":
        return frozenset(scripts)
    if name == "kata":
        return KATA
    return fields.values(name) | {NEVER_ASKED} if name in fields else None


def parse_record(root: Entries, reader: Reader, fields: Fields) -> Record:
    """The codes; a field or choice that no script has is a finding."""
    reader.only(root.entries, ("record",))
    codes: dict[str, dict[str, str]] = {}
    places: dict[str, Where] = {}
    if not reader.needs(root.entries, "record"):
        return Record(codes, places)
    for name, entry in (reader.entries(root.entries["record"].value, "record") or {}).items():
        within = reader.at(entry.line)
        entries = within.entries(entry.value, name) or {}
        places[name] = within.where
        if name not in fields:
            within.error("field_unknown", field=name, like=suggestion(name, fields.places))
            continue
        codes[name] = {}
        for choice, part in entries.items():
            if choice not in fields.values(name):
                within.at(part.line).error(
                    "value_unknown", value=choice, field=name, like=suggestion(choice, fields.values(name))
                )
            codes[name][choice] = within.at(part.line).text(part.value, choice) or ""
    return Record(codes, places)
