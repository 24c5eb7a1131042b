"""Reads JSON from outside so that no number and no nesting in one part of it makes all of it unreadable."""

import json
import math
import re
from typing import Any

DEEPEST = 64
"""Levels that are read; an update of the Bot API has about ten."""
_LONGEST_NUMBER = 40
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


def loads(text: str) -> Any:
    """As json.loads, but a number too long to be one is infinite, and what is nested too deeply is null.

    Raises ValueError for what is no JSON. Python itself refuses integers of more than 4,300 digits and gives up on deep
    nesting, each for the whole text: one such update would hold up all that came with it, for ever.
    """
    try:
        return json.loads(text, parse_int=_integer)
    except RecursionError:
        return json.loads(_shallow(text), parse_int=_integer)


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) < _LONGEST_NUMBER else math.inf


def _shallow(text: str) -> str:
    """`null` in the place of every array or object below DEEPEST levels."""
    kept: list[str] = []
    depth = start = 0
    for found in _STRING_OR_BRACKET.finditer(text):
        if found[0] in "[{":
            depth += 1
            if depth == DEEPEST + 1:
                kept.append(text[start : found.start()] + "null")
                start = len(text)
        elif found[0] in "]}":
            depth -= 1
            if depth == DEEPEST:
                start = found.end()
    return "".join(kept) + text[start:]
