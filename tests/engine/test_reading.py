"""What an answer is taken for at an open question: rows of (what is typed, what it means there)."""

import pytest

from bot.engine.reading import phone_number
from bot.engine.understand import Meaning, UnknownQuestion, understand
from tests.engine.play import MONDAY, shipped

AT: dict[str, dict[str, Meaning]] = {
    "lapor.bahaya": {
        # button words, numbers, numbers in words
        **dict.fromkeys(
            ("ya", "Ya, sekarang", "YA SEKARANG!!", "1", "1.", "(1)", "1)", "no 1", "nomor satu", "yang 1"), "ya"
        ),
        **dict.fromkeys(
            ("y", "iya", "iyaa", "iyaaaaa", "iya kak", "bujur", "iya pang", "oke", "👍", "1️⃣", "yang pertama"), "ya"
        ),
        **dict.fromkeys(
            ("tidak", "2", "dua", "nomer dua", "ga", "gk", "g", "ndak", "kada", "tdk", "engga", "👎", "٢"), "tidak"
        ),
        **dict.fromkeys(("tida", "tidk", "nggak kok", "2 tidak", "tidak tidak"), "tidak"),
        **dict.fromkeys(("3", "tidak tahu", "ga tau", "gatau", "gtw", "entah", "lupa"), "tidak_tahu"),
        # typos
        **dict.fromkeys(("ya skarang", "ya, sekarng"), "ya"),
        # asked back: ambiguous, two answers, beyond the list, only alike
        **dict.fromkeys(
            ("13", "4", "1,3", "1 dan 3", "ya ga", "ya kadang", "1 tidak", "saya", "dia", "tolong saya", "mati"), None
        ),
        **dict.fromkeys(("tidak sekarang", "ga bahaya", "ga bahaya sekarang", "", "\x00", "😭"), None),
        # moves and scripts
        "0": "lewati",
        "-": "lewati",
        "kembali": "kembali",
        "x": "keluar",
        "kluar": "keluar",
        "keluarga": None,
        "batall": "batal",
        "menu": "menu",
        "DARURAT": "darurat",
        "petugas": "petugas",
    },
    "lapor.balas": {
        "ya": None,
        "tidak": "jangan",
        "aman": "aman",
        "tidak aman": "jangan",
        "ga aman": "jangan",
        "aman hpku sendiri": "aman",
        "tulis ada pesan": "pesan",
        "jangan dibalas": "jangan",
    },
    "lapor.siapa": {
        "saya": "aku",
        "aq": "aku",
        "temenku": "teman",
        "adek": "keluarga",
        "anak tetangga": "tetangga",
        "1,2": None,
    },
    "lapor.jenis": {
        "1,3": ["dipukul", "dibully"],
        "3,1": ["dipukul", "dibully"],
        "1 dan 3": ["dipukul", "dibully"],
        "1 3": ["dipukul", "dibully"],
        "1 sama 3": ["dipukul", "dibully"],
        "satu dan tiga": ["dipukul", "dibully"],
        "nomor 1 dan 2": ["dipukul", "diancam"],
        "1&3": ["dipukul", "dibully"],
        "1️⃣3️⃣": ["dipukul", "dibully"],
        "13": None,
        "1-3": None,
        "1,2,11": None,
        "1,0": None,
        "10": ["ragu"],
        "dipukul": ["dipukul"],
        "dipukul, diancam": ["dipukul", "diancam"],
        "dipukul dan dibulli": None,
        "dipukkul sama diancamm": ["dipukul", "diancam"],
        "1, dipukul": ["dipukul"],
        "Diancam, dihina": ["diancam"],
        "tidak tahu": "tidak_tahu",
        "0": "lewati",
    },
    "lapor.khusus": {
        "tidak ada": ["tidak_ada"],
        "kadada": ["tidak_ada"],
        "1,6": None,
        "tidak ada, jalan": None,
        "mendengar dan jalan": ["dengar", "jalan"],
    },
    # a typo never submits and never erases; the exact word does
    "lapor.kirim": {
        "kirim sekarang": "sekarang",
        "ya": "sekarang",
        "krim sekarang": None,
        "kirm sekarang": None,
        "lanjut dulu": "nanti",
        "lanjt dulu": "nanti",
        "kirim": "kirim",
        "hapus": "hapus",
    },
    "hapus.yakin": {"ya, hapus": "ya", "ya, hapos": None, "iya hapuz": None, "jangan hapus": "tidak", "tidak": "tidak"},
    "lapor.orangnya": {
        "papa": "kandung",
        "papaku": "kandung",
        "bpk tiri": "tiri",
        "bapak tirinya": "tiri",
        "ortu": "kandung",
        "pak guru": "guru",
        "pacr": "pacar",
    },
    "lapor.cerita": {
        "halo": "ada",
        "1": "ada",
        "😭": "ada",
        "dia kembali lagi": "ada",
        "aku ga bisa keluar": "ada",
        "kembali": "kembali",
        "selesai": "selesai",
        "itu aja": "selesai",
        "keluar": "keluar",
        "petugas": "petugas",
        "": None,
        "\u202e\u200b": None,
    },
    "lapor.periksa": {"kirim": "kirim", "krim": None, "0": "lewati"},
    "darurat.telepon": {
        "081234567890": "ada",
        "+62 812-3456-7890": "ada",
        "nomorku 0812 3456 7890": "ada",
        "112": None,
        "081234567890 atau 082345678901": None,
        "0": "lewati",
    },
    "lapor.kata": {"mawar": "ada", "": None, "0": "lewati"},
    "status.kode": {"abc": None, "0": "lewati"},
}
ROWS = [(what, text, meaning) for what, rows in AT.items() for text, meaning in rows.items()]


@pytest.mark.parametrize(("what", "text", "meaning"), ROWS, ids=[f"{what}-{text!r}" for what, text, _ in ROWS])
def test_answer(what: str, text: str, meaning: Meaning) -> None:
    assert understand(shipped(), what, text, MONDAY) == meaning


FIRST: dict[str | None, tuple[str, ...]] = {
    "menu": ("halo", "p", "kak", "halo kak", "tes tes", "selamat malam kak", "assalamualaikum wr wb", "1", "2",
        "asdf", "/start",
             "/start poster7", "/menu", "😭", "makasih"),
    "lapor": ("lapor", "mau cerita", "kak mau lapor", "/lapor@BotKu"),
    "darurat": ("darurat", "DARURAT!!", "🆘"),
    "petugas": ("petugas",),
    "hapus": ("hapus",),
    "temani": ("aku mau mati", "bunvh dri"),
    "cerita": ("min tolong", "aku dipukul papa", "tolong", "dicekik", "aku takut", "p kak tolong"),
    None: ("keluar", "0", "", "\x00"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "opens"), [(text, opens) for opens, texts in FIRST.items() for text in texts])
def test_first_message(text: str, opens: str | None) -> None:
    assert understand(shipped(), "first", text, MONDAY) == opens


@pytest.mark.parametrize("what", ["", "lapor", "lapor.makasih", "x.y", "danger.x"])
def test_a_question_that_is_none_is_refused(what: str) -> None:
    with pytest.raises(UnknownQuestion):
        understand(shipped(), what, "ya", MONDAY)


def test_telephone_numbers_are_kept_as_digits() -> None:
    assert phone_number("nomorku +62 812-3456-7890 ya") == "+6281234567890"
    assert phone_number("٠٨١٢٣٤٥٦٧٨٩٠") == "081234567890"
    assert phone_number("1234567890123456789") is None
