"""Placeholders: only known names are filled, and what is put in is never looked through again."""

from hypothesis import given
from hypothesis import strategies as st

from bot.content.text import fill, placeholders


def test_known_names_are_filled_and_others_stay() -> None:
    assert fill("{jam} {entah} {jam!r} {0} {jam.x}", {"jam": "pukul 8"}) == "pukul 8 {entah} {jam!r} {0} {jam.x}"


def test_a_line_with_an_unconfirmed_number_is_left_out_whole() -> None:
    assert fill("Telepon 112.\nAtau {layanan.kantor}.\nSudah.", {}) == "Telepon 112.\nSudah."
    assert fill("Atau {layanan.kantor}.", {"layanan.kantor": "112"}) == "Atau 112."


@given(st.text(), st.text())
def test_what_is_put_in_comes_out_as_it_is(before: str, value: str) -> None:
    text = before.replace("{", "").replace("}", "")
    assert fill(text + "{pesan}", {"pesan": value}) == text + value


def test_placeholders_are_named_in_order() -> None:
    assert placeholders("{b} {a} {layanan.x} {B}") == ("b", "a", "layanan.x")
