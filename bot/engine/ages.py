"""Ages as people write them ("5 thn", "kls 3 sd", "smp", "bayi", "8 bln") -> one of four bands."""

import re
from collections.abc import Mapping

from bot.engine.slang import COURTESY
from bot.engine.text import canonical, number_word, plain

UNDER_5, TO_12, TO_17, ADULT = "di_bawah_5", "5_sampai_12", "13_sampai_17", "dewasa"

_WORDS: Mapping[str, str] = {
    **dict.fromkeys("bayi balita batita orok paud kb newborn".split(), UNDER_5),
    **dict.fromkeys("tk sd mi".split(), TO_12),
    **dict.fromkeys("smp mts sltp sma smk ma slta stm man smu remaja".split(), TO_17),
    **dict.fromkeys("dewasa kuliah mahasiswa mahasiswi".split(), ADULT),
}
_ROMAN: Mapping[str, int] = {name: at for at, name in enumerate("i ii iii iv v vi vii viii ix x xi xii".split(), 1)}
#: Who left a school, or is not in it yet, may be of any band: asked back.
_UNSURE = frozenset("lulus tamat lulusan belum bukan tidak mantan".split())
_NEARLY = frozenset({"hampir", "mau", "jalan", "menuju"})
_FILLERS = frozenset(
    (
        "umur umurku umurnya umurmu usia usianya usiaku sekitar kira kayaknya mungkin an a dia anak anaknya aku "
        "saya masih baru sudah sekolah kelas tahun tahunan tahunnya lebih kurang setengah ya itu atau antara sampai dan"
    ).split()
)
_YOUNG_UNITS: Mapping[str, int] = {"bulan": 12, "minggu": 52, "hari": 365}
_OLDEST = 110


def read_age(text: str) -> str | None:
    """The band that the text names, or None if it names none or several."""
    if len(text) > 60 or text.strip().startswith("-"):
        return None
    tokens = [word for token in _split(text) for word in canonical(token).split() if word not in COURTESY]
    if not tokens or not _UNSURE.isdisjoint(tokens):
        return None
    numbers = [value for token in tokens if (value := _number(token)) is not None]
    if "kelas" in tokens:
        return _school(tokens, numbers)
    return _school(tokens, numbers) or _small(tokens, numbers) or _years(tokens, numbers)


def _split(text: str) -> list[str]:
    halves = re.sub(r"(\d)[.,]5\b", r"\1", re.sub(r"(?i)\bkira2\b", "kira kira", text))
    return re.sub(r"(\d)([a-z])", r"\1 \2", re.sub(r"([a-z])(\d)", r"\1 \2", plain(halves))).split()


def _number(token: str) -> int | None:
    return number_word(token)


def _school(tokens: list[str], numbers: list[int]) -> str | None:
    bands = {_WORDS[token] for token in tokens if token in _WORDS}
    if bands:
        plainly = all(token in _WORDS or token in _FILLERS or _in_class(token) for token in tokens)
        return bands.pop() if len(bands) == 1 and plainly else None
    if "kelas" not in tokens:
        return None
    classes = [value for token in tokens if (value := _in_class(token))]
    if len(classes) != 1 or classes[0] > 12 or len(numbers) > 1:
        return None
    return TO_12 if classes[0] <= 6 else TO_17


def _in_class(token: str) -> int:
    return _number(token) or _ROMAN.get(token, 0)


def _small(tokens: list[str], numbers: list[int]) -> str | None:
    if "baru" in tokens and "lahir" in tokens:
        return UNDER_5
    unit = next((_YOUNG_UNITS[token] for token in tokens if token in _YOUNG_UNITS), None)
    if unit is None or "tahun" in tokens or len(numbers) != 1:
        return None
    return _band(numbers[0] // unit)


def _years(tokens: list[str], numbers: list[int]) -> str | None:
    known = {*_FILLERS, *_NEARLY, *_YOUNG_UNITS}
    if not 1 <= len(numbers) <= 3 or not all(token in known or _number(token) is not None for token in tokens):
        return _spelled(tokens)
    if _spelled(tokens):
        return _spelled(tokens)
    if "tahun" in tokens and "bulan" in tokens:
        numbers = numbers[:1]
    less = 0 if _NEARLY.isdisjoint(tokens) else 1
    bands = {_band(number - less) for number in numbers}
    return bands.pop() if len(bands) == 1 else None


def _spelled(tokens: list[str]) -> str | None:
    """ "tiga belas tahun", "dua puluh"."""
    words = [token for token in tokens if token not in _FILLERS]
    if len(words) == 2 and words[1] == "belas" and (ones := number_word(words[0])):
        return _band(10 + ones)
    if len(words) in {2, 3} and words[1] == "puluh" and (tens := number_word(words[0])):
        return _band(10 * tens)
    return None


def _band(years: int) -> str | None:
    if years < 0 or years > _OLDEST:
        return None
    return UNDER_5 if years < 5 else TO_12 if years <= 12 else TO_17 if years <= 17 else ADULT
