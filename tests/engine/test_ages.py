"""Ages as people write them."""

import pytest

from bot.engine.ages import read_age

BANDS = {
    "di_bawah_5": ("1", "4", "bayi", "balita", "paud", "3 bln", "8 bulan", "2 minggu", "baru lahir",
        "2 tahun 3 bulan", "4,5 tahun",
                   "hampir 5", "empat tahun"),
    "5_sampai_12": ("5", "12", "5 th", "5thn", "7 th kak", "umur 10", "10 tahun", "sepuluh", "dua belas tahun",
        "kls 3 sd", "sd kelas 4",
                    "kelas vi sd", "kls 6", "sd", "tk", "10 atau 11", "sekitar 8 th", "anaknya 7 tahun", "mau 13",
                    "7,5"),
    "13_sampai_17": ("13", "17", "smp", "kls 2 smp", "smp kelas 1", "kelas 7", "kelas XI", "sma", "11 sma", "smk",
        "remaja",
                     "tiga belas"),
    "dewasa": ("18", "20 tahun", "dua puluh tahun", "dewasa", "kuliah"),
}  # fmt: skip
ASKED_BACK = ("200", "12-13", "3 dan 8", "lulus sma", "belum sekolah", "belasan", "tidak muda", "anak anak", "", "😭",
    "kelas 13",
              "aku takut pulang ke rumah", "1" * 50)  # fmt: skip


@pytest.mark.parametrize(("text", "band"), [(text, band) for band, texts in BANDS.items() for text in texts])
def test_band(text: str, band: str) -> None:
    assert read_age(text) == band


@pytest.mark.parametrize("text", ASKED_BACK)
def test_what_names_no_band_or_two_is_asked_back(text: str) -> None:
    assert read_age(text) is None
