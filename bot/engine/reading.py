"""What a message means at an open question, in the order of FLOWS.md section 3; `step` and `understand` read here."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from rapidfuzz import fuzz

from bot.engine.ages import read_age
from bot.engine.dates import Ahead, Precision, read_date
from bot.engine.lexicon import DONT_KNOW, ChoiceTable, Lexicon
from bot.engine.script import Choice, Effect, Kind
from bot.engine.slang import COURTESY, JOINTS, NEGATIONS, NUMBER_LEADS, ORDINALS
from bot.engine.text import Forms, empty, forms, has_letters, meant, number_word, plain

#: Below 80 nothing is a typo, and the runner-up must be 15 lower.
SURE, MARGIN, SHORTEST = 80.0, 15.0, 3
#: What a text must reach whose words are divided otherwise ("hpku").
RESPACED = 88.0
#: Endings that only say whose: "bapak tirinya".
OWNERS = frozenset({"", "nya", "ku", "mu"})
#: Leaving must be easy, so these two moves are met with a typo too; 88 keeps "keluarga" out.
EXITS, EXIT_SURE = ("keluar", "batal"), 88.0
#: What must never happen by resemblance.
NEVER_FUZZY = frozenset({Effect.SUBMIT, Effect.ERASE})
#: Answers that exclude every other one.
ALONE = frozenset({"tidak_ada", DONT_KNOW})
_RANGE = re.compile(r"\d\s*[-–—]\s*\d")
_PARTS = re.compile(r"[,;/+&\n]|\bdan\b|\bsama\b")
_PHONE = re.compile(r"\+?\d[\d\s().-]{6,20}\d")
_SECRET_LONGEST = 64

What = Literal[
    "pick", "item", "control", "opens", "unknown", "words", "date", "age", "phone", "secret", "many", "unclear"
]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a message was taken for.

    pick: `ids` of choices · item: `number` of a line of the review · control: the move in `ids` · opens: the script in
    `ids` · unknown: "tidak tahu" · words: only kept · date: `ids` holds the answer, `day` the date if one was named ·
    age: the band in `ids` · phone, secret: the number or word in `text` · many: several where one is asked, or some
    that exclude each other · unclear: asked back.
    """

    what: What
    ids: tuple[str, ...] = ()
    number: int = 0
    text: str = ""
    day: date | None = None
    precision: Precision | None = None


UNCLEAR = Reading("unclear")
MANY = Reading("many")
WORDS = Reading("words")


@dataclass(frozen=True, slots=True)
class Question:
    """The open question as a reader needs it. `items`: numbered lines of the review. `told`: a text is begun."""

    kind: Kind
    table: ChoiceTable
    items: int = 0
    told: bool = False


def read(lexicon: Lexicon, question: Question, text: str, now: datetime) -> Reading:
    """What the message means here; `now` in the zone of the site."""
    message = forms(text)
    if exact := _exact(question, message):
        return exact
    if move := lexicon.control.one(message):
        return Reading("control", (move,))
    if not question.told and lexicon.unknown.one(message):
        return Reading("unknown")
    if script := lexicon.opener(message):
        return Reading("opens", (script,))
    if listed := _listed(question, message, text):
        return listed
    if question.kind is not Kind.TEXT and (similar := _similar(lexicon, question, message, text)):
        return similar
    return _OWN[question.kind](text, now)


def _exact(question: Question, message: Forms) -> Reading | None:
    found = question.table.words.find(message)
    if found:
        return Reading("pick", tuple(found)) if len(found) == 1 else MANY
    number = _number(message.tokens) if message.plain else None
    return None if number is None else _numbered(question, number)


def _number(tokens: Iterable[str]) -> int | None:
    """ "2", "nomor dua", "yang ke 2", "kedua"; None if the message is not one number."""
    rest = list(tokens)
    while len(rest) > 1 and rest[0] in NUMBER_LEADS:
        rest = rest[1:]
    if len(rest) != 1:
        return None
    value = number_word(rest[0])
    return ORDINALS.get(rest[0]) if value is None else value


def _numbered(question: Question, number: int) -> Reading | None:
    shown = question.table.shown
    if 1 <= number <= question.items:
        return Reading("item", number=number)
    if question.items < number <= question.items + len(shown):
        return Reading("pick", (shown[number - 1 - question.items].id,))
    return UNCLEAR if number and question.kind in {Kind.CHOICES, Kind.REVIEW} else None


def _listed(question: Question, message: Forms, text: str) -> Reading | None:
    """Several answers in one message, no word left over: "1,3", "1 dan 3", "dipukul, diancam", "2 tidak"."""
    if question.kind not in {Kind.CHOICE, Kind.CHOICES} or not message.plain or _RANGE.search(text):
        return None
    if _begin_alike(question.table, message.bare):
        return MANY
    picked = _segments(question.table, message.meant.split())
    if not picked:
        return None
    if question.kind is Kind.CHOICES:
        return several(question.table, picked)
    return Reading("pick", tuple(picked)) if len(set(picked)) == 1 else MANY


def _begin_alike(table: ChoiceTable, word: str) -> bool:
    """A word with which several labels begin ("ya" where "Ya, serumah" and "Ya, sering ketemu" stand)."""
    return sum(meant(plain(choice.label or "")).split()[:1] == [word] for choice in table.choices) > 1


def several(table: ChoiceTable, picked: Iterable[str]) -> Reading:
    """The ids in the order in which they are shown; some exclude the others."""
    ids = tuple(choice.id for choice in table.choices if choice.id in set(picked))
    return MANY if len(ids) > 1 and not ALONE.isdisjoint(ids) else Reading("pick", ids)


def _segments(table: ChoiceTable, tokens: list[str]) -> list[str]:
    """The choices that the tokens spell out one after the other; empty if a token is left over."""
    picked: list[str] = []
    at = 0
    while at < len(tokens):
        for end in range(len(tokens), at, -1):
            found = _segment(table, tokens[at:end])
            if found:
                picked.append(found)
                at = end
                break
        else:
            if tokens[at] not in JOINTS and tokens[at] not in COURTESY and tokens[at] not in NUMBER_LEADS:
                return []
            at += 1
    return list(dict.fromkeys(picked))


def _segment(table: ChoiceTable, tokens: list[str]) -> str | None:
    if len(tokens) == 1 and (number := number_word(tokens[0])) is not None:
        return table.shown[number - 1].id if 1 <= number <= len(table.shown) else None
    found = table.words.meant.get(" ".join(tokens), frozenset())
    return next(iter(found)) if len(found) == 1 else None


def _similar(lexicon: Lexicon, question: Question, message: Forms, text: str) -> Reading | None:
    choice = closest(question.table, message.bare)
    if choice is not None:
        return UNCLEAR if choice.do in NEVER_FUZZY else Reading("pick", (choice.id,))
    if question.kind is Kind.CHOICES and (picked := _similar_parts(question.table, text)):
        return several(question.table, picked)
    return _exit(lexicon, message)


def closest(table: ChoiceTable, query: str) -> Choice | None:
    """The choice that the words are a typo of, if no other comes near and nothing turns the sense round."""
    if len(query) < SHORTEST:
        return None
    best: dict[str, float] = {}
    for form, ids in table.words.meant.items():
        score = fuzz.ratio(query, form) if len(form) >= SHORTEST and _comparable(query, form) else 0.0
        if _word_by_word(query, form, score):
            for name in ids:
                best[name] = max(score, best.get(name, 0.0))
    ranked = sorted(best.items(), key=lambda row: -row[1])
    if not ranked or ranked[0][1] < SURE or (len(ranked) > 1 and ranked[1][1] > ranked[0][1] - MARGIN):
        return None
    return table.get(ranked[0][0])


def _word_by_word(query: str, form: str, score: float) -> bool:
    """Each word must resemble its partner ("ya kadang" is not "ya pang"); other spacing needs a closer match."""
    one, other = query.split(), form.split()
    if len(one) != len(other):
        return score >= RESPACED
    if len(one) == 1:
        return score > 0
    return all(
        left.removeprefix(right) in OWNERS or fuzz.ratio(left, right) >= SURE
        for left, right in zip(one, other, strict=True)
    )


def _comparable(query: str, form: str) -> bool:
    """A "tidak" or a number more or less is no typo: "tidak sekarang" must not become "ya, sekarang"."""
    one, other = set(query.split()), set(form.split())
    if len(one) == len(other) == 1:
        return True
    numbers = {token for token in one ^ other if number_word(token) is not None}
    return not numbers and (one & NEGATIONS) == (other & NEGATIONS)


def _similar_parts(table: ChoiceTable, text: str) -> list[str]:
    """Several answers with typos between commas; every part must be met."""
    parts = [forms(part) for part in _PARTS.split(text.lower()) if plain(part)]
    if len(parts) < 2 or len(parts) > 12:
        return []
    picked = []
    for part in parts:
        found = table.words.one(part) or next(iter(_segments(table, part.meant.split())), None)
        choice = table.get(found) if found else closest(table, part.bare)
        if choice is None or choice.do in NEVER_FUZZY:
            return []
        picked.append(choice.id)
    return picked


def _exit(lexicon: Lexicon, message: Forms) -> Reading | None:
    if len(message.bare) < SHORTEST or " " in message.bare:
        return None
    scores = {
        move: max(fuzz.ratio(message.bare, form) for form, moves in lexicon.control.meant.items() if move in moves)
        for move in EXITS
        if any(move in moves for moves in lexicon.control.meant.values())
    }
    sure = [move for move, score in scores.items() if score >= EXIT_SURE]
    return Reading("control", (sure[0],)) if len(sure) == 1 else None


def _own_text(text: str, _: datetime) -> Reading:
    return UNCLEAR if empty(text) else WORDS


def _own_place(text: str, _: datetime) -> Reading:
    return WORDS if has_letters(text) else UNCLEAR


def _own_date(text: str, now: datetime) -> Reading:
    found = read_date(text, now) if len(text) <= 200 else None
    if isinstance(found, Ahead):
        return WORDS if len(plain(text).split()) >= 3 else UNCLEAR
    if found is not None:
        return Reading("date", (found.answer,), day=found.day, precision=found.precision)
    return WORDS if has_letters(text) else UNCLEAR


def _own_age(text: str, now: datetime) -> Reading:
    band = read_age(text, now)
    return Reading("age", (band,)) if band else UNCLEAR


def _own_phone(text: str, _: datetime) -> Reading:
    number = phone_number(text)
    return Reading("phone", text=number) if number else UNCLEAR


def phone_number(text: str) -> str | None:
    """The one telephone number in the text (8 to 15 digits, E.164's limit), digits with a leading + if it was typed."""
    found = _PHONE.findall(text[:400])
    if len(found) != 1:
        return None
    digits = "".join(
        str(int(sign)) if sign.isdecimal() else sign for sign in found[0] if sign.isdecimal() or sign == "+"
    )
    return digits if 8 <= len(digits.lstrip("+")) <= 15 else None


def _own_secret(text: str, _: datetime) -> Reading:
    word = text.strip()
    return UNCLEAR if empty(text) or len(word) > _SECRET_LONGEST or "\n" in word else Reading("secret", text=word)


def _none(_: str, __: datetime) -> Reading:
    return UNCLEAR


_OWN: dict[Kind, Callable[[str, datetime], Reading]] = {
    Kind.CHOICE: _none,
    Kind.CHOICES: _none,
    Kind.REVIEW: _none,
    Kind.CODE: _none,
    Kind.TEXT: _own_text,
    Kind.PLACE: _own_place,
    Kind.DATE: _own_date,
    Kind.AGE: _own_age,
    Kind.PHONE: _own_phone,
    Kind.SECRET: _own_secret,
}
