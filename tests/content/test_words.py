"""The shipped word lists, heard with the engine's own ears: what alarms, what only asks, what is left alone."""

from datetime import UTC, datetime

import pytest

from bot.content.parse import parse, read_dir
from bot.engine.understand import understand
from tests.content.sets import FLOWS

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
CONTENT = parse(read_dir(FLOWS)).content
assert CONTENT is not None
SCRIPTS = CONTENT.scripts


def heard(what: str, text: str) -> object:
    return understand(SCRIPTS, what, text, NOW)


@pytest.mark.parametrize(
    "text",
    [
        "aku mau dibunuh papa", "papa bawa parang", "aku dikunci di kamar", "adikku pingsan", "tangannya berdarah",
        "badarah kapalanya", "lagi dipukul mama", "dia sedang digebuk", "aku pengen mati aja", "mau bundir",
        "pgn ngilang aja", "capek hidup", "handak mati ja aku", "mending mati", "aku d1cekik", "lagi diperkosa",
        "ga bisa keluar kak dikunciin", "aku disekap", "bapak mau bunuh aku", "sesak napas habis dipukul",
    ],
)  # fmt: skip
def test_a_threat_to_life_or_the_wish_to_die_alarms(text: str) -> None:
    assert heard("danger", text) == "strong"


@pytest.mark.parametrize(
    "text",
    [
        "tolong", "tulung aku kak", "aku takut", "takutan aku pulang", "dipukul papa kemarin", "dulu pernah diraba om",
        "digebuk bapak tiap pulang", "ditampiling abah", "disuruh buka baju", "aku diancam", "bahaya", "ngumpet di wc",
    ],
)  # fmt: skip
def test_help_fear_and_what_was_done_ask_whether_there_is_danger(text: str) -> None:
    assert heard("danger", text) == "weak"


@pytest.mark.parametrize(
    "text",
    [
        "halo kak", "kaina kita kena macet", "barangnya larang banar", "sakit kepala", "mati lampu di rumah",
        "patah hati", "rumahnya dijual", "pukul 10 malam", "lawan tim sebelah", "nyaman banar makanannya", "hp mati",
        "aku mau tanya", "temanku sering sendirian", "gang masjid gunung sari", "kls 5 sd", "terima kasih",
    ],
)  # fmt: skip
def test_everyday_words_and_false_friends_are_left_alone(text: str) -> None:
    assert heard("danger", text) == "none"


@pytest.mark.parametrize(
    ("text", "opens"),
    [
        ("p", "menu"), ("assalamualaikum kak", "menu"), ("min", "menu"), ("/start", "menu"), ("mau lapor", "lapor"),
        ("ini aman ga?", "aman"), ("aman gak", "aman"), ("siapa yg baca", "siapa_tahu"), ("ini rahasia?", "siapa_tahu"),
        ("kamu siapa", "siapa_tahu"), ("terus gimana", "terus_gimana"), ("kapan dibalas", "terus_gimana"),
        ("DARURAT!!", "darurat"), ("mau bicara dengan orang", "petugas"), ("bantuan", "bantuan"), ("hapus", "hapus"),
        ("aku dipukul papa", "cerita"), ("anak sebelah nangis terus tiap malam", "cerita"),
    ],
)  # fmt: skip
def test_a_first_message_opens_what_was_meant(text: str, opens: str) -> None:
    assert heard("first", text) == opens


@pytest.mark.parametrize(
    ("what", "text", "meaning"),
    [
        ("lapor.bahaya", "iya pang", "ya"), ("lapor.bahaya", "kada", "tidak"),
        ("lapor.bahaya", "kada tahu", "tidak_tahu"), ("lapor.bahaya", "nggih", "ya"),
        ("lapor.bahaya", "ora", "tidak"), ("lapor.bahaya", "👍", "ya"), ("lapor.balas", "tidak", "jangan"),
        ("lapor.balas", "ya", None), ("lapor.siapa", "adikku", "keluarga"), ("lapor.orangnya", "abah", "kandung"),
        ("lapor.orangnya", "amang", "keluarga"), ("lapor.kelamin", "cwok", "laki"),
        ("lapor.kirim", "boleh", "sekarang"), ("lapor.umur", "kls 3 sd", "5_sampai_12"),
        ("lapor.luka", "dikit", "sedikit"), ("lapor.tempat", "deket pasar klandasan ilir", "Klandasan Ilir"),
        ("lapor.bahaya", "ga mau jawab", "lewati"), ("lapor.bahaya", "ya ga", None),
        ("lapor.bahaya", "ya kadang", None),
        ("lapor.bahaya", "ga bahaya", None), ("lapor.kunci", "ga mau", "tidak"), ("lapor.kunci", "mau", "ya"),
        ("temani.ngobrol", "jangan dulu", "tidak"),
    ],
)  # fmt: skip
def test_local_answers_are_understood(what: str, text: str, meaning: str | None) -> None:
    assert heard(what, text) == meaning
