"""Joining and padding: nothing can be read two ways, nothing but the bucket shows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.framing import Unreadable, ctx, pad, parts_of, unpad

PARTS = st.lists(st.binary(max_size=6), max_size=4)


@given(PARTS, PARTS)
def test_different_lists_never_join_to_the_same_bytes(a: list[bytes], b: list[bytes]) -> None:
    assert (ctx(*a) == ctx(*b)) == (a == b)


@given(st.binary(max_size=12), st.integers(0, 12), st.integers(0, 12))
def test_moving_the_border_between_parts_changes_what_is_joined(data: bytes, one: int, other: int) -> None:
    one, other = min(one, len(data)), min(other, len(data))
    assert (ctx(data[:one], data[one:]) == ctx(data[:other], data[other:])) == (one == other)


@given(PARTS)
def test_what_was_joined_comes_apart_again(parts: list[bytes]) -> None:
    assert parts_of(ctx(*parts), len(parts)) == parts


@given(PARTS, st.binary(min_size=1, max_size=3))
def test_joined_bytes_with_a_remainder_are_refused(parts: list[bytes], rest: bytes) -> None:
    with pytest.raises(Unreadable):
        parts_of(ctx(*parts) + rest, len(parts))


@given(st.lists(st.binary(max_size=6), min_size=1, max_size=4), st.data())
def test_joined_bytes_cut_short_are_refused(parts: list[bytes], draw: st.DataObject) -> None:
    joined = ctx(*parts)
    cut = joined[: draw.draw(st.integers(len(joined) - 4 - len(parts[-1]) + 1, len(joined) - 1))]
    with pytest.raises(Unreadable):
        parts_of(cut, len(parts))


@given(PARTS)
def test_another_number_of_parts_is_refused(parts: list[bytes]) -> None:
    with pytest.raises(Unreadable):
        parts_of(ctx(*parts), len(parts) + 1)


@given(st.binary(max_size=40_000))
def test_padding_is_taken_off_again(data: bytes) -> None:
    assert unpad(pad(data)) == data


@pytest.mark.parametrize(
    ("length", "padded"),
    [
        (0, 512),
        (508, 512),
        (509, 2048),
        (2044, 2048),
        (2045, 8192),
        (8189, 32768),
        (32765, 131072),
        (131068, 131072),
        (131069, 262144),
        (262141, 393216),
    ],
)
def test_only_the_bucket_shows(length: int, padded: int) -> None:
    assert len(pad(b"x" * length)) == padded
    assert unpad(pad(b"x" * length)) == b"x" * length


@given(st.binary(max_size=400), st.data())
def test_padding_that_is_not_all_zero_is_refused(data: bytes, draw: st.DataObject) -> None:
    padded = bytearray(pad(data))
    at = draw.draw(st.integers(4 + len(data), len(padded) - 1))
    padded[at] ^= 1
    with pytest.raises(Unreadable):
        unpad(bytes(padded))


@given(st.binary(max_size=600))
def test_bytes_that_were_never_padded_are_refused(data: bytes) -> None:
    with pytest.raises(Unreadable):
        unpad(data)


def test_a_bucket_larger_than_needed_is_refused() -> None:
    with pytest.raises(Unreadable):
        unpad(pad(b"x").ljust(2048, b"\0"))
