"""Everyday dates, seen from Monday 23 November 2026, ten in the morning in Balikpapan."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.engine.dates import Ahead, DateFound, read_date
from bot.engine.understand import understand
from tests.engine.play import MONDAY, WITA, at, shipped

DAYS = {
    "2026-11-23": ("tadi", "td", "barusan", "tadi pagi", "3 jam yang lalu", "sejam lalu", "tadi siang jam 2"),
    "2026-11-22": ("kemarin", "kmrn", "kmaren", "kemarin kak", "tadi malam", "tadi malem", "semalam", "smlm",
        "kmrn sore", "kemarin sore",
                   "kemarin malam", "kemarin jam 8 malam", "hari minggu", "kemarin sore pas pulang sekolah"),
    "2026-11-21": ("2 hari yang lalu", "2 hr yg lalu", "2hr lalu", "dua hari lalu", "dua hari yang lalu",
        "kemarin lusa", "kemarin dulu",
                   "malam minggu", "sabtu kemarin"),
    "2026-11-20": ("jumat", "jumat lalu", "jumat malam", "kira2 3 hari lalu", "2026-11-20", "20/11", "20-11-2026"),
    "2026-11-19": ("malam jumat",),
    "2026-11-16": ("senin", "hari senin", "senin kemarin", "minggu lalu", "mggu lalu", "minggu kemarin",
        "seminggu lalu",
                   "seminggu yang lalu"),
    "2026-11-09": ("2 minggu lalu", "sekitar 2 minggu lalu"),
    "2026-11-01": ("awal bulan",),
    "2026-10-23": ("bulan lalu", "bln lalu", "sebulan lalu", "sebulan yang lalu", "bulan kemarin"),
    "2026-10-12": ("12/10", "12-10-2026", "12 oktober", "tgl 12 okt", "12 okt 2026"),
    "2026-08-17": ("17 agustus",),
    "2026-10-01": ("oktober", "bulan oktober"),
    "2025-11-23": ("tahun lalu", "setahun lalu"),
    "2025-12-31": ("31/12", "31 desember"),
    "2024-01-01": ("tahun 2024",),
}  # fmt: skip
MANNERS = {
    "berlangsung": ("sekarang", "skrg", "lg terjadi", "masih", "sampe skrg"),
    "berulang": ("sering", "tiap hari", "terus"),
    "lama": ("udah lama", "dulu", "sejak kecil"),
    "tidak_tahu": ("lupa", "ga tau"),
    "hari_ini": ("hari ini", "hr ini"),
    "bulan_ini": ("5", "bulan ini"),
    "ada": ("pas lebaran", "besok dia datang lagi", "30 februari"),
}
REFUSED = ("13/25", "32/1", "besok", "lusa", "nanti malam", "2027", "99", "1/1/2099", "😭", "")
ANSWERS = {"barusan": "hari_ini", "kmrn": "tiga_hari", "3 hari lalu": "tiga_hari", "4 hari lalu": "minggu_ini",
    "minggu lalu": "bulan_ini",
           "3 minggu lalu": "bulan_ini", "bulan lalu": "lama", "tahun lalu": "lama"}  # fmt: skip


@pytest.mark.parametrize(("text", "day"), [(text, day) for day, texts in DAYS.items() for text in texts])
def test_a_day_that_was_named(text: str, day: str) -> None:
    assert understand(shipped(), "lapor.kapan", text, MONDAY) == day


@pytest.mark.parametrize(("text", "answer"), [(text, answer) for answer, texts in MANNERS.items() for text in texts])
def test_how_often_or_how_long(text: str, answer: str) -> None:
    assert understand(shipped(), "lapor.kapan", text, MONDAY) == answer


@pytest.mark.parametrize("text", REFUSED)
def test_bare_numbers_and_days_to_come_are_refused(text: str) -> None:
    assert not isinstance(read_date(text, MONDAY), DateFound)
    assert understand(shipped(), "lapor.kapan", text, MONDAY) in {None, "ada"}


@pytest.mark.parametrize(("text", "answer"), ANSWERS.items())
def test_a_day_is_mapped_to_one_of_the_answers(text: str, answer: str) -> None:
    found = read_date(text, MONDAY)
    assert isinstance(found, DateFound)
    assert found.answer == answer


def test_a_day_to_come_is_told_from_nonsense() -> None:
    assert isinstance(read_date("besok", MONDAY), Ahead)
    assert read_date("kapan ya", MONDAY) is None


def test_yesterday_is_that_of_the_site_not_of_greenwich() -> None:
    early = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    found = read_date("kemarin", early.astimezone(WITA))
    assert isinstance(found, DateFound)
    assert found.day == date(2026, 11, 22)


def test_a_date_is_echoed_and_the_own_words_are_kept() -> None:
    player = at("lapor", "0", "0", "0", "0", "0", "0", "0", "0", "kmrn sore")
    kept = player.kept()[0]
    assert (kept.field, kept.value, kept.words) == ("kapan", ("tiga_hari",), "kmrn sore")
    assert kept.extra == {"tanggal": "2026-11-22", "ketelitian": "hari"}
    assert "Minggu, 22 November 2026" in player.text


@pytest.mark.parametrize("days", range(1, 400, 13))
def test_any_number_of_days_ago(days: int) -> None:
    found = read_date(f"{days} hari yang lalu", MONDAY)
    assert isinstance(found, DateFound)
    assert found.day == (MONDAY - timedelta(days=days)).date()
