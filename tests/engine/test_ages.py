"""Ages as people write them."""

import pytest

from bot.engine.ages import read_age
from tests.engine.play import MONDAY

BANDS = {
    "di_bawah_5": ("1", "4", "bayi", "balita", "paud", "3 bln", "8 bulan", "2 minggu", "baru lahir",
        "2 tahun 3 bulan", "4,5 tahun",
                   "hampir 5", "empat tahun", "2,5 tahun", "2.5 thn", "18 bulan", "18 bln", "lahir 2024",
                   "lahir thn 2023", "4 menuju 5", "4 mau 5", "balita 3 tahun", "paud umur 4", "bayi 8 bulan",
                   "masih paud", "tk tapi umur 4", "belum sekolah umur 4", "kira2 3 thn"),
    "5_sampai_12": ("5", "12", "5 th", "5thn", "7 th kak", "umur 10", "10 tahun", "sepuluh", "dua belas tahun",
        "kls 3 sd", "sd kelas 4",
                    "kelas vi sd", "kls 6", "sd", "tk", "10 atau 11", "sekitar 8 th", "anaknya 7 tahun", "mau 13",
                    "7,5", "kls 5 umur 11", "kelas 5, 11 tahun", "11 th kls 5 sd", "kira2 7 tahun", "tk b", "tk a",
                    "TK besar", "tk nol besar", "baru masuk sd", "sd kelas 1", "mau 8 thn", "7 menuju 8", "7 mau 8",
                    "lahir 2016", "lahir thn 2016", "kelahiran 2016", "lahir tahun 2016 kak", "thn 2017", "2016",
                    "kelas 3 sd 9 tahun", "naik kelas 4", "umur 12 kls 7", "8-9 tahun", "9an", "12 th lebih",
                    "lahir 12 mei 2016", "dia kelas 2 sd umurnya 8 tahun", "baru kelas 1", "mau 13 tahun kelas 6"),
    "13_sampai_17": ("13", "17", "smp", "kls 2 smp", "smp kelas 1", "kelas 7", "kelas XI", "sma", "11 sma", "smk",
        "remaja",
                     "tiga belas", "14 thn kelas 8", "14 tahun, kelas 8 smp", "kelas 8 14", "14an", "14-an",
                     "lahir 2011", "lahir 2012", "smp 14 tahun", "13 kelas 6", "16 thn kls 10 sma", "baru masuk smp",
                     "15 tahun sudah tidak sekolah"),
    "dewasa": ("18", "20 tahun", "dua puluh tahun", "dewasa", "kuliah", "lahir 1990", "lahir thn 2000",
               "19 thn kelas 12", "19 tahun lulus sma"),
}  # fmt: skip
ASKED_BACK = ("200", "-1", "0", "umur -1", "umur 200", "lahir 2030", "lahir 1800", "kelas 6 7", "-1 tahun",
    "2 anak, 7 dan 14",
    "3 tahun lulus sma", "sudah 2 tahun tidak sekolah", "belum 12 tahun sekolah", "kelas", "belum masuk sd",
    "2014 2020", "12-13", "3 dan 8", "lulus sma", "belum sekolah", "belasan", "tidak muda", "anak anak", "", "😭",
    "kelas 13",
              "aku takut pulang ke rumah", "1" * 50)  # fmt: skip


@pytest.mark.parametrize(("text", "band"), [(text, band) for band, texts in BANDS.items() for text in texts])
def test_band(text: str, band: str) -> None:
    assert read_age(text, MONDAY) == band


@pytest.mark.parametrize("text", ASKED_BACK)
def test_what_names_no_band_or_two_is_asked_back(text: str) -> None:
    assert read_age(text, MONDAY) is None


def test_a_year_of_birth_is_counted_from_today() -> None:
    assert read_age("lahir 2013", MONDAY) == "13_sampai_17"
    assert read_age("lahir 2013", MONDAY.replace(month=2)) == "5_sampai_12"
