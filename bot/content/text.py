"""Filling the placeholders of texts: only names we know, never Python's own formatting."""

import re
from collections.abc import Mapping

#: `{jam}`, `{layanan.uptd}`: small letters, one dot at most.
PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)?)\}")

#: Prefix of placeholders that stand for a telephone number of `layanan.yaml`.
SERVICE = "layanan."


def placeholders(text: str) -> tuple[str, ...]:
    """Names of the placeholders in a text, in order, repeats included."""
    return tuple(PLACEHOLDER.findall(text))


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values where their names stand.

    A name that is not among the values stays as it is, and what is put in is not looked through again. A line with a
    `{layanan.KEY}` that has no value (its number is unconfirmed) is left out whole: no wrong number reaches a child.
    """
    lines = [line for line in text.split("\n") if not _lacks_number(line, values)]
    return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), "\n".join(lines))


def _lacks_number(line: str, values: Mapping[str, str]) -> bool:
    return any(name.startswith(SERVICE) and name not in values for name in placeholders(line))
