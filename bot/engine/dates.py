"""Everyday Indonesian dates ("kmrn sore", "2 hr yg lalu", "mggu lalu") -> a day and an answer of a `date` question."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from bot.engine.slang import COURTESY
from bot.engine.text import meant, number_word, plain

Precision = Literal["hari", "minggu", "bulan", "tahun"]
_DAYPARTS = frozenset("pagi siang sore malam petang subuh magrib maghrib dini isya dhuhur zuhur ashar".split())
_FILLERS = frozenset(
    "yang pada sekitar kira pas waktu sejak dari terakhir kejadiannya kejadian itu nya tanggal tepatnya".split()
)
_WEEKDAYS = ("senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "minggu")
_OTHER_WEEKDAYS: Mapping[str, str] = {
    "jum'at": "jumat",
    "jumaat": "jumat",
    "ahad": "minggu",
    "rebo": "rabu",
    "senen": "senin",
}
_MONTHS = "januari februari maret april mei juni juli agustus september oktober november desember".split()
_AGO = frozenset({"lalu", "kemarin", "silam"})
_UNITS: Mapping[str, Precision] = {
    "detik": "hari",
    "menit": "hari",
    "jam": "hari",
    "hari": "hari",
    "minggu": "minggu",
    "bulan": "bulan",
    "tahun": "tahun",
}
_ONE_UNIT: Mapping[str, str] = {f"se{unit}": unit for unit in _UNITS}
#: Phrases that say how often or how long, not when.
_MANNER: Mapping[str, str] = {
    **dict.fromkeys(
        ("sekarang", "masih", "sedang", "lagi terjadi", "sedang terjadi", "masih terjadi", "sekarang ini", "lagi",
         "lagi sekarang", "sampai sekarang", "masih sampai sekarang"),
        "berlangsung",
    ),
    **dict.fromkeys(
        ("sering", "tiap hari", "setiap hari", "tiap malam", "setiap malam", "tiap minggu", "setiap minggu", "terus",
         "terus terusan", "terus menerus", "berkali kali", "selalu", "hampir tiap hari", "hampir setiap hari",
         "sering banget", "berulang ulang", "berulang kali"),
        "berulang",
    ),
    **dict.fromkeys(
        ("lama", "sudah lama", "dulu", "dari dulu", "dulu banget", "lama banget", "sudah lama banget", "bertahun tahun",
         "sudah bertahun tahun", "sejak kecil", "dari kecil", "waktu kecil"),
        "lama",
    ),
}  # fmt: skip
_TODAY = frozenset({"tadi", "barusan", "baru aja", "baru saja", "baru", "hari ini", "tadi barusan"})
_NUMERIC = re.compile(r"^(?:\D*\b)?(\d{1,2})\s*[/.\-]\s*(\d{1,2})(?:\s*[/.\-]\s*(\d{4}|\d{2}))?$")
_ISO = re.compile(r"^(\d{4})-(\d{1,2})-(\d{1,2})$")
_CLOCK = re.compile(r"\b(?:jam|pukul|jm)\s+\d{1,2}(?:\s\d{2})?\b")
_TIME_WORDS = frozenset(
    {
        *_UNITS,
        *_WEEKDAYS,
        *_MONTHS,
        *_ONE_UNIT,
        "kemarin",
        "lalu",
        "tadi",
        "besok",
        "lusa",
        "semalam",
        "dulu",
        "barusan",
    }
) | frozenset({"tidak", "bukan", "belum", "sering", "terus", "tiap", "setiap", "sekarang", "masih", "sedang"})
#: Days back up to which each answer is true; beyond the last it is "lama". Within 3 days counts as fresh (72 h).
_ANSWERS = ((0, "hari_ini"), (3, "tiga_hari"), (6, "minggu_ini"), (27, "bulan_ini"))


@dataclass(frozen=True, slots=True)
class DateFound:
    """What a text says about when. `answer` is a choice id; `day` is None where only how often or how long was said."""

    answer: str
    day: date | None = None
    precision: Precision | None = None


@dataclass(frozen=True, slots=True)
class Ahead:
    """The text names a day that is still to come."""


def read_date(text: str, now: datetime) -> DateFound | Ahead | None:
    """What the text says about when, seen from `now` (in the zone of the site); None if it can't be told.

    Bare numbers are refused ("5" is a choice), and so are days that do not exist ("13/25").
    """
    today = now.date()
    numeric = _numeric(text, today)
    if numeric is not None:
        return numeric
    tokens = [token for token in meant(_split(text)).split() if token not in COURTESY]
    if not tokens or all(number_word(token) is not None for token in tokens):
        return None
    found = _phrase(tokens, now)
    if found is not None:
        return found
    # "kemarin sore pas pulang sekolah": the time stands in front and nothing after it speaks of another.
    for cut in range(len(tokens) - 1, 0, -1):
        rest = tokens[cut:]
        if not _TIME_WORDS.isdisjoint(rest) or any(token.isdigit() for token in rest):
            return None
        if (front := _phrase(tokens[:cut], now)) is not None:
            return front
    return None


def _split(text: str) -> str:
    # "2hr" and "12okt" are two words each.
    return re.sub(r"(\d)([a-z])", r"\1 \2", plain(text))


def _phrase(tokens: list[str], now: datetime) -> DateFound | Ahead | None:
    words = " ".join(tokens)
    if words in _MANNER:
        return DateFound(_MANNER[words])
    core = [token for token in _CLOCK.sub("", words).split() if token not in _FILLERS]
    core = [_OTHER_WEEKDAYS.get(token, token) for token in core]
    parts = [token for token in core if token in _DAYPARTS]
    rest = [token for token in core if token not in _DAYPARTS]
    today = now.date()
    days = _days_back(rest, parts)
    if days is not None:
        return _found(today - timedelta(days=days), today, "hari") if days >= 0 else Ahead()
    if parts and core[0] == "malam" and len(rest) >= 1 and rest[0] in _WEEKDAYS:
        # "malam minggu" is the evening before.
        before = _weekday([_WEEKDAYS[(_WEEKDAYS.index(rest[0]) - 1) % 7], *rest[1:]], today)
        return _found(before, today, "hari") if before else None
    if (day := _weekday(rest, today)) is not None:
        return _found(day, today, "hari")
    return _ago(rest, now) or _calendar(rest, now)


def _days_back(rest: list[str], parts: list[str]) -> int | None:
    words = " ".join(rest)
    if words in {"kemarin lusa", "kemarin dulu", "lusa kemarin", "kemarin lalu"}:
        return 2
    if words in {"semalam", "kemarin", "malam kemarin", "semalam tadi"} or (words == "tadi" and "malam" in parts):
        return 1
    if words in _TODAY or (words in {"ini", "tadi"} and parts):
        return 0
    if words in {"besok", "lusa", "nanti", "besok lusa", "minggu depan", "bulan depan", "tahun depan"}:
        return -1
    return None


def _weekday(rest: list[str], today: date) -> date | None:
    named = rest[1:] if rest[:1] == ["hari"] else rest
    if not named or named[0] not in _WEEKDAYS or (named[0] == "minggu" and rest[0] != "hari" and len(named) > 1):
        return None
    past = bool(named[1:]) and named[1] in _AGO
    if named[1:] and not past and named[1:] != ["ini"]:
        return None
    if named == ["minggu"] and rest[0] != "hari":
        return None
    back = (today.weekday() - _WEEKDAYS.index(named[0])) % 7
    # On a Monday "senin" is the last one: of today one says "hari ini" or "tadi".
    return today - timedelta(days=back or (0 if named[1:] == ["ini"] else 7))


def _ago(rest: list[str], now: datetime) -> DateFound | Ahead | None:
    """ "2 hari lalu", "seminggu lalu", "bulan lalu", "3 jam lalu"."""
    if len(rest) < 2 or rest[-1] not in _AGO:
        return None
    head = rest[:-1]
    if len(head) == 1:
        unit = _ONE_UNIT.get(head[0], head[0])
        count: int | None = 1
    else:
        unit, count = head[-1], number_word(head[0]) if len(head) == 2 else None
        if head[0] == "beberapa":
            count = 3
    if unit not in _UNITS or count is None or count > 400:
        return None
    return _parsed(f"{count} {unit} yang lalu", now, _UNITS[unit])


def _calendar(rest: list[str], now: datetime) -> DateFound | Ahead | None:
    """ "12 oktober", "12 okt 2025", "bulan oktober", "tahun 2024", "awal bulan"."""
    today = now.date()
    words = " ".join(rest)
    if words in {"awal bulan", "awal bulan ini"}:
        return _found(today.replace(day=1), today, "bulan")
    if rest[:1] == ["bulan"] and len(rest) > 1 and _month(rest[1]):
        rest = rest[1:]
    if len(rest) == 1 and (month := _month(rest[0])):
        year = today.year if month <= today.month else today.year - 1
        return _found(date(year, month, 1), today, "bulan", known=month == today.month)
    if rest[:1] == ["tahun"] and len(rest) == 2 and re.fullmatch(r"(?:19|20)\d\d", rest[1]):
        year = int(rest[1])
        return Ahead() if year > today.year else _found(date(year, 1, 1), today, "tahun")
    if len(rest) in {2, 3} and number_word(rest[0]) is not None and _month(rest[1]):
        return _parsed(" ".join([str(number_word(rest[0])), _MONTHS[_month(rest[1]) - 1], *rest[2:]]), now, "hari")
    return None


def _month(token: str) -> int:
    """1 to 12 for a month or its first letters, else 0."""
    if token in {"nop", "nopember"}:
        return 11
    short = len(token) >= 3 and next((at for at, name in enumerate(_MONTHS, 1) if name.startswith(token)), 0)
    return short or {"agt": 8, "ags": 8, "peb": 2, "pebruari": 2}.get(token, 0)


def _parsed(words: str, now: datetime, precision: Precision) -> DateFound | Ahead | None:
    """Let dateparser read what is left: one Indonesian expression, past preferred, day before month."""
    import dateparser  # 0.3 s to load, and most conversations never need it

    base = now.replace(tzinfo=None)
    settings = {"PREFER_DATES_FROM": "past", "DATE_ORDER": "DMY", "RELATIVE_BASE": base}
    found = dateparser.parse(words, languages=["id"], settings=settings)
    if found is None:
        return None
    day = found.date()
    return Ahead() if day > base.date() else _found(day, base.date(), precision)


def _numeric(text: str, today: date) -> DateFound | Ahead | None:
    trimmed = text.strip().lower()
    iso = _ISO.match(trimmed)
    if iso:
        return _on(int(iso[1]), int(iso[2]), int(iso[3]), today)
    match = _NUMERIC.match(trimmed) if len(trimmed) < 24 else None
    if match is None or not re.match(r"^(?:(?:tgl|tanggal|hari)\b\s*)?\d", trimmed):
        return None
    day, month = int(match[1]), int(match[2])
    if match[3] is None:
        this_year = _on(today.year, month, day, today)
        return _on(today.year - 1, month, day, today) if isinstance(this_year, Ahead) else this_year
    return _on(int(match[3]) if len(match[3]) == 4 else 2000 + int(match[3]), month, day, today)


def _on(year: int, month: int, day: int, today: date) -> DateFound | Ahead | None:
    try:
        named = date(year, month, day)
    except ValueError:
        return None
    return Ahead() if named > today else _found(named, today, "hari")


def _found(day: date, today: date, precision: Precision, *, known: bool = False) -> DateFound:
    back = (today - day).days
    if known:
        return DateFound("bulan_ini", day, precision)
    answer = next((name for limit, name in _ANSWERS if back <= limit), "lama")
    return DateFound(answer, day, precision)
