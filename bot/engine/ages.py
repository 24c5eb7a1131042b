"""Ages as people write them ("5 thn", "kls 3 sd", "smp", "bayi", "8 bln", "lahir 2014") -> one of four bands."""

import re
from collections.abc import Mapping
from datetime import datetime

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
_SCHOOL_FILLERS = frozenset("b nol besar kecil masuk naik duduk di bangku masih".split())
_SCHOOLS = frozenset({*_WORDS, "sekolah"})
_AGED = frozenset("umur umurku umurnya umurmu usia usianya usiaku".split())
#: A child of the first class is about seven (compulsory school age in Indonesia: seven years).
_FIRST_CLASS_AT = 6
_HALF_YEAR = 6
_YOUNG_UNITS: Mapping[str, int] = {"bulan": 12, "minggu": 52, "hari": 365}
_OLDEST = 110


def read_age(text: str, now: datetime) -> str | None:
    """The band that the text names, seen from `now`; None if it names none or several.

    Where age and class are both told ("14 thn kelas 8") the age counts.
    """
    if len(text) > 60 or re.search(r"(?:^|\s)-\s*\d", text):
        return None
    tokens = [word for token in _split(text) for word in canonical(token).split() if word not in COURTESY]
    if not tokens:
        return None
    if (years := _beside_class(tokens)) is not None:
        return _band(years)
    if not _UNSURE.isdisjoint(tokens):
        return None
    numbers = [value for token in tokens if (value := _number(token)) is not None]
    if (years := _since_birth(tokens, numbers, now)) is not None:
        return _band(years)
    if "kelas" in tokens:
        return _school(tokens, numbers)
    return _school(tokens, numbers) or _small(tokens, numbers) or _years(tokens, numbers)


def _split(text: str) -> list[str]:
    halves = re.sub(r"(\d)[.,]5\b", r"\1", re.sub(r"(?i)\bkira2\b", "kira kira", text))
    return re.sub(r"(\d)([a-z])", r"\1 \2", re.sub(r"([a-z])(\d)", r"\1 \2", plain(halves))).split()


def _number(token: str) -> int | None:
    return number_word(token)


def _beside_class(tokens: list[str]) -> int | None:
    """The age in years that stands beside a class, a school or a school left; None if no age does."""
    at = tokens.index("kelas") if "kelas" in tokens else -1
    in_class = _in_class(tokens[at + 1]) if 0 <= at < len(tokens) - 1 else 0
    rest = [*tokens[:at], *tokens[at + 2 :]] if in_class else tokens
    found = [at for at, token in enumerate(rest) if _number(token) is not None]
    if len(found) != 1 or not (in_class or _SCHOOLS.intersection(tokens)):
        return None
    years, before = _number(rest[found[0]]) or 0, rest[: found[0]][-1:]
    aged = not _AGED.isdisjoint(before)
    # "3 tahun lulus sma" and "2 tahun tidak sekolah" tell how long.
    if not aged and (not _UNSURE.isdisjoint(before) or (years < 10 and not _UNSURE.isdisjoint(tokens))):
        return None
    # "kelas 6 7" names two classes; a bare number is an age only if it goes with the class.
    known = aged or rest[found[0] + 1 : found[0] + 2] == ["tahun"]
    if not (known or (in_class and abs(years - _FIRST_CLASS_AT - in_class) <= 2)):
        return None
    return years - (0 if _NEARLY.isdisjoint(before) else 1)


def _since_birth(tokens: list[str], numbers: list[int], now: datetime) -> int | None:
    """Years since a year of birth ("lahir 2014"), as they most likely are: half of a year's children had their day."""
    born = [number for number in numbers if now.year - _OLDEST <= number <= now.year]
    if len(born) != 1 or not ("lahir" in tokens or "kelahiran" in tokens or {*tokens} <= {"tahun", str(born[0])}):
        return None
    return now.year - born[0] - (0 if now.month > _HALF_YEAR else 1) if born[0] < now.year else 0


def _school(tokens: list[str], numbers: list[int]) -> str | None:
    bands = {_WORDS[token] for token in tokens if token in _WORDS}
    if bands:
        known = {*_WORDS, *_FILLERS, *_SCHOOL_FILLERS}
        plainly = all(token in known or _in_class(token) for token in tokens)
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
    if less and len(numbers) == 2 and numbers[1] == numbers[0] + 1:
        # "4 menuju 5": the first is the age, the second what comes next.
        numbers, less = numbers[:1], 0
    if numbers == [0] and len(tokens) == 1:
        return None
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
