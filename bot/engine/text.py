"""Texts made comparable: what was typed -> plain lower-case words, and the forms in which a word list is searched."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from bot.engine.slang import COURTESY, MEANT, NUMBERS, SIGNS, collapse

#: Longest text that is compared with word lists as a whole message; anything longer is a story.
MAX_ANSWER = 120

_NOT_WORD = re.compile(r"[^\w]+|_+")
_DOUBLED = re.compile(r"^([a-z]{2,})2$")
_APOSTROPHES = re.compile("['’‘`ʼ]")
_KEYCAP = "\u20e3"


def plain(text: str) -> str:
    """Lower-case words and digits with single spaces; accents, signs, control and direction marks are gone."""
    if not text.isascii():
        text = _to_plain_letters(text)
    return _NOT_WORD.sub(" ", _APOSTROPHES.sub("", text.lower())).strip()


def _to_plain_letters(text: str) -> str:
    for sign, word in SIGNS.items():
        if sign in text:
            text = text.replace(sign, word)
    text = unicodedata.normalize("NFKC", text.replace(_KEYCAP, " ")).casefold()
    return "".join(_letter(sign) for sign in text)


@lru_cache(maxsize=4096)
def _letter(sign: str) -> str:
    category = unicodedata.category(sign)
    if category == "Nd":
        return str(unicodedata.decimal(sign))
    if category in {"Mn", "Me", "Cf", "Sk"}:
        return ""
    if category in {"Cc", "Cs", "Co", "Cn"}:
        return " "
    return sign


def canonical(token: str) -> str:
    """One word as it is meant: slang and repeated letters undone; may become two words ("gatau")."""
    if token in MEANT:
        return MEANT[token]
    short = collapse(token)
    return MEANT.get(short, short)


def meant(words: str) -> str:
    """A plain text as it is meant, word by word; "kira2" becomes "kira kira"."""
    out: list[str] = []
    for token in words.split():
        doubled = _DOUBLED.match(token)
        word = canonical(doubled.group(1) if doubled else token)
        out.extend((word, word) if doubled else (word,))
    return " ".join(out)


def number_word(token: str) -> int | None:
    """A single token read as a number, in digits or letters; None if it is none."""
    if token.isascii() and token.isdigit():
        return int(token) if len(token) < 6 else None
    return NUMBERS.get(token)


def word_count(text: str) -> int:
    """How many words a text has; signs and emoji alone count nothing."""
    return len(plain(text).split())


def empty(text: str) -> bool:
    """Whether nothing visible stands in the text."""
    return not any(unicodedata.category(sign) not in {"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"} for sign in text)


def has_letters(text: str) -> bool:
    """Whether any letter stands in the text."""
    return any(sign.isalpha() for sign in text)


@dataclass(frozen=True, slots=True)
class Forms:
    """One message in the forms in which it is looked up: as typed, as meant, and without courtesies at either end."""

    raw: str
    plain: str
    meant: str
    bare: str

    @property
    def tokens(self) -> list[str]:
        """The words as meant, without courtesies."""
        return self.bare.split()


def forms(text: str) -> Forms:
    """The forms of a message; those of a text too long to be an answer are empty."""
    if len(text) > MAX_ANSWER:
        return Forms("", "", "", "")
    words = plain(text).lstrip("/")
    sense = meant(words)
    return Forms(text.strip().casefold(), words, sense, " ".join(_without_courtesy(sense.split())))


def _without_courtesy(tokens: list[str]) -> list[str]:
    first, last = 0, len(tokens)
    while first < last and tokens[first] in COURTESY:
        first += 1
    while last > first and tokens[last - 1] in COURTESY:
        last -= 1
    return tokens[first:last] or tokens
