"""Danger words: tiers, masks, negations, and words that only look like danger."""

import pytest

from bot.engine.danger import DangerWords
from bot.engine.understand import danger
from tests.engine.play import shipped

TIERS = {
    "strong": (
        "aku dipukul papa sampai berdarah", "DIKUNCI", "di kunci", "dik unci", "dikunciin", "d1kunci",
        "aku ga bisa keluar", "gk bs keluar",
        "dia bawa pisau", "mo dibunuh", "dibunuuuh", "dicekkik", "dipukul sekarang", "di pukul skrg", "dipukul lagi",
        "dipukulin barusan",
        "d1pukul skrg", "dipukul\ntadi\nsekarang", "p3rkosa skrg",
        # the wish to die
        "bunuh diri", "bunvh dri", "bunuhdiri", "b u n u h d i r i", "b.u.n.u.h d.i.r.i", "bunnuh diri",
        "aku takut, pengen bunuh dri", "bundir",
        "aku mau mati aja",
        "pgn mati", "gantung diri", "ga mau hidup lagi", "kada handak hidup",
    ),
    "weak": (
        "aku dipukul papa", "p3rkosa", "ditampar2", "tolong", "tolooong", "tlg", "minta tolong dong", "aku takut",
        "takutan", "bahaya",
        # negated, or only alike: asks, never alarms
        "ga bahaya", "ga dikunci", "tidak pernah dikunci", "dicekek",
    ),
    "none": (
        "halo", "", "\x00", "😭", "tidak ada", "hp mau mati", "mau mati lampu", "mau matiin hp", "pengen mandi",
        "pengen makan", "PR ga bisa kelar", "bawa pisang",
        "dikuncir", "diajar guru", "merasa sedih", "dibayar lunas", "kena marah", "larang", "nyaman", "lawan",
        "sakit", "tadi malam dia teriak lagi",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "tier"), [(text, tier) for tier, texts in TIERS.items() for text in texts])
def test_tier(text: str, tier: str) -> None:
    assert danger(shipped(), text) == tier


def test_the_wish_to_die_is_told_from_danger_by_others() -> None:
    words = DangerWords(shipped().words.danger)
    wish, knife = words.find("aku mau mati"), words.find("dia bawa pisau")
    assert wish is not None
    assert knife is not None
    assert (wish.tier, knife.tier) == ("self", "strong")


def test_every_word_of_the_list_is_found_as_it_stands() -> None:
    lists = shipped().words.danger
    words = DangerWords(lists)
    least = {"self": {"self"}, "strong": {"strong", "self"}, "violence": {"weak", "strong"}, "weak": {"weak", "strong"}}
    for tier, accepted in least.items():
        for word in lists[tier]:
            found = words.find(f"kak {word} kak")
            assert found is not None, word
            assert found.tier in accepted, word


def test_a_longer_story_hides_nothing() -> None:
    words = DangerWords(shipped().words.danger)
    story = "aku pulang sekolah terus main sama teman " * 90
    assert words.find(story) is None
    found = words.find(story + "terus dia bawa pisau")
    assert found is not None
    assert found.tier == "strong"
