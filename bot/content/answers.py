"""Which values an answer can have, by kind of question (FLOWS.md, section 3): what `when` may ask for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.engine.script import Kind, Script, Step

#: Accepted at every question.
ALWAYS = frozenset({"lewati", "tidak_tahu"})
DATES = frozenset({"berlangsung", "hari_ini", "tiga_hari", "minggu_ini", "bulan_ini", "lama", "berulang", "tidak_tahu"})
AGES = frozenset({"di_bawah_5", "5_sampai_12", "13_sampai_17", "dewasa"})
_WORDS = frozenset({"ada"})

#: Values that a kind has beside its choices.
OWN: Mapping[Kind, frozenset[str]] = {
    Kind.CHOICE: frozenset(),
    Kind.CHOICES: frozenset(),
    Kind.TEXT: _WORDS,
    Kind.PLACE: _WORDS,
    Kind.DATE: _WORDS | DATES,
    Kind.AGE: AGES,
    Kind.PHONE: _WORDS,
    Kind.CODE: _WORDS,
    Kind.SECRET: _WORDS,
    Kind.REVIEW: frozenset(),
}
#: Kinds beside which choices may stand.
WITH_CHOICES = frozenset({Kind.CHOICE, Kind.CHOICES, Kind.TEXT, Kind.PLACE, Kind.DATE, Kind.REVIEW})


def values(step: Step) -> frozenset[str]:
    """What a question can be answered with, as `when` sees it."""
    if step.ask is None:
        return frozenset()
    return ALWAYS | OWN[step.ask] | {choice.id for choice in step.choices}


@dataclass(frozen=True, slots=True)
class Fields:
    """The labelled questions of all scripts: field -> its places, and -> every value it can have."""

    places: Mapping[str, tuple[tuple[str, Step], ...]]

    @classmethod
    def of(cls, scripts: Mapping[str, Script]) -> "Fields":
        """Gather them."""
        places: dict[str, tuple[tuple[str, Step], ...]] = {}
        for script, step in labelled(scripts):
            places[step.id] = (*places.get(step.id, ()), (script.id, step))
        return cls(places)

    def __contains__(self, field: object) -> bool:
        return field in self.places

    def values(self, field: str) -> frozenset[str]:
        """Every value that some question of this field can give."""
        return frozenset().union(*(values(step) for _, step in self.places.get(field, ())))


def labelled(scripts: Mapping[str, Script]) -> Iterator[tuple[Script, Step]]:
    """Every labelled question, in the order of the scripts."""
    for script in scripts.values():
        for step in script.steps:
            if step.ask is not None and step.label is not None:
                yield script, step
