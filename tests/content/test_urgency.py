"""Urgency by rule: read from the top, the first that fits wins; unknown answers never lower."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content.content import Content
from bot.content.parse import parse, read_dir
from bot.content.urgency import urgency
from tests.content.sets import FLOWS

ORDER = ["sedang", "tinggi", "darurat"]


def shipped() -> Content:
    content = parse(read_dir(FLOWS)).content
    assert content is not None
    return content


RULES = shipped().urgency

CASES = [
    ({}, set(), None, "sedang"),
    ({"bahaya": "ya"}, set(), None, "darurat"),
    ({}, {"darurat"}, None, "darurat"),
    ({}, {"temani"}, "self", "darurat"),
    ({}, {"lapor"}, "strong", "darurat"),
    ({"bahaya": "lewati"}, {"lapor"}, "strong", "darurat"),
    ({"bahaya": "tidak"}, {"lapor"}, "strong", "tinggi"),
    ({"bahaya": "tidak"}, {"lapor"}, "weak", "sedang"),
    ({"jenis": "disentuh", "kapan": "tiga_hari"}, set(), None, "darurat"),
    ({"jenis": "foto", "kapan": "berulang"}, set(), None, "darurat"),
    ({"jenis": "dijual", "kapan": "lama"}, set(), None, "tinggi"),
    ({"jenis": "disentuh"}, set(), None, "tinggi"),
    ({"jenis": "dipukul", "kapan": "hari_ini"}, set(), None, "sedang"),
    ({"dekat": "serumah"}, set(), None, "tinggi"),
    ({"umur": "di_bawah_5"}, set(), None, "tinggi"),
    ({"luka": "dokter"}, set(), None, "tinggi"),
]


@pytest.mark.parametrize(("fields", "pintu", "kata", "level"), CASES)
def test_the_shipped_rules_say_what_the_design_says(
    fields: dict[str, str], pintu: set[str], kata: str | None, level: str
) -> None:
    given_fields = {name: frozenset({value}) for name, value in fields.items()}
    assert urgency(RULES, given_fields, pintu, kata)[0] == level


@given(st.sampled_from(CASES), st.sampled_from(["bahaya", "jenis", "kapan", "dekat", "umur", "luka"]), st.booleans())
def test_saying_that_one_does_not_know_never_lowers(
    case: tuple[dict[str, str], set[str], str | None, str], name: str, skipped: bool
) -> None:
    fields, pintu, kata, _ = case
    known = {field: frozenset({value}) for field, value in fields.items() if field != name}
    unknown = known | {name: frozenset({"lewati" if skipped else "tidak_tahu"})}
    before, after = (urgency(RULES, one, pintu, kata)[0] for one in (known, unknown))
    assert ORDER.index(after) >= ORDER.index(before)


def test_several_answers_count_each() -> None:
    fields = {"jenis": frozenset({"dipukul", "disentuh"}), "kapan": frozenset({"hari_ini"})}
    assert urgency(RULES, fields, set(), None) == ("darurat", "seksual atau dipaksa dalam 3 hari")


def test_no_rule_at_all_is_medium() -> None:
    assert urgency((), {}, set(), None)[0] == "sedang"
