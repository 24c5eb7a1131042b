"""One part that cannot be read costs nothing but itself."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.raw_json import DEEPEST, loads

any_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**64), 2**64) | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(any_json)
def test_what_is_ordinary_is_read_as_ever(value: Any) -> None:
    assert loads(json.dumps(value)) == value


@pytest.mark.parametrize("opening", ["[", '{"[]": ', '[{"\\"]": '])
def test_what_is_nested_too_deeply_is_null_and_its_neighbours_are_read(opening: str) -> None:
    closing = "".join(
        {"[": "]", "{": "}"}[c] for c in reversed(opening.replace("[]", "").replace("]", "")) if c in "[{"
    )
    deep = opening * 50_000 + "1" + closing * 50_000
    found = loads(f'[{{"a": "[["}}, {deep}, [[2], "}}"]]')
    assert (found[0], found[2]) == ({"a": "[["}, [[2], "}"])
    level, inner = 0, found[1]
    while inner is not None:
        level, inner = level + 1, inner[0] if isinstance(inner, list) else next(iter(inner.values()))
    assert level == DEEPEST - 1


def test_a_number_of_any_length_is_read() -> None:
    assert loads("[1, " + "9" * 10_000 + "]") == [1, math.inf]


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "]" * 5, '"', "[1,", "nul"])
def test_what_is_no_json_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        loads(text)
