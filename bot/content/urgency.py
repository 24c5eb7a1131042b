"""How urgent a case is, by rules that the office may edit: read from the top, the first that fits wins."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

#: What holds where no rule fits. `rendah` is a human's decision only.
DEFAULT = ("sedang", "bawaan")
#: Value of a field that was never asked.
NEVER_ASKED = "belum"


@dataclass(frozen=True, slots=True)
class UrgencyRule:
    """One rule: the level, what must hold (field -> any of these values; all fields), and why, for the card."""

    level: str
    when: Mapping[str, frozenset[str]]
    why: str


def urgency(
    rules: Sequence[UrgencyRule], fields: Mapping[str, frozenset[str]], pintu: AbstractSet[str], kata: str | None
) -> tuple[str, str]:
    """Level (`darurat`, `tinggi`, `sedang`) and reason.

    In: the rules, the values answered so far by field, the scripts that were opened, the highest tier of danger words
    (`self`, `strong`, `weak`) or None.
    """
    for rule in rules:
        if all(values & _given(name, fields, pintu, kata) for name, values in rule.when.items()):
            return rule.level, rule.why
    return DEFAULT


def _given(
    name: str, fields: Mapping[str, frozenset[str]], pintu: AbstractSet[str], kata: str | None
) -> AbstractSet[str]:
    if name == "pintu":
        return pintu
    if name == "kata":
        return frozenset({kata} if kata else ())
    return fields.get(name) or frozenset({NEVER_ASKED})
