"""Danger words in any text, by tier; masked spellings are seen through. They only ever raise."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from rapidfuzz import fuzz, process

from bot.engine.harmless import Harmless, inside
from bot.engine.nowness import NOT, Time, time_of
from bot.engine.slang import collapse
from bot.engine.text import canonical, plain

RANK: Mapping[str | None, int] = {None: 0, "weak": 1, "strong": 2, "self": 3}
#: Endings that change nothing: dipukulin, dikunciin, takutan, tolonglah.
_ENDINGS = frozenset("nya ku mu in i an kan lah kah n".split())
#: After the wish to die the verb endings are left out: "mau matiin lampu" is no wish to die.
_WISH_ENDINGS = frozenset("nya ku lah kah".split())
_BETWEEN = frozenset({"pernah", "sampai", "akan", "bakal", "jadi", "lagi"})
#: "hp mau mati", "mati lampu": the battery, not the child.
_THINGS = frozenset(
    "hp hape hpku batre baterai batrai lampu listrik laptop tv motor mesin kuota mobil wifi api kipas".split()
)
#: Letters people put in place of others (p3rkosa, bunvh).
_MASKS = str.maketrans("431057@$!", "aeiostasi")
#: Near a danger word by their letters, far from it by their sense.
_OTHER_WORDS = frozenset(
    (
        "diajar diajari diajarin dibayar dihantar dikurang disikapi menentang merasa memikul dipikul menyisa "
        "dikuncir kelar"
    ).split()
)
_SHORT = 5


@dataclass(frozen=True, slots=True)
class Danger:
    """What was found. `fear`: a call for help or an act now, not only violence that was told."""

    tier: Literal["self", "strong", "weak"]
    fear: bool


@dataclass(frozen=True, slots=True)
class _Phrase:
    tier: str
    joined: str
    spaced: str


class _Text:
    """A text as tokens and as one string without spaces, with the places where tokens begin and end."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.joined = "".join(tokens)
        self.begins: dict[int, int] = {}
        self.ends: dict[int, int] = {}
        place = 0
        for index, token in enumerate(tokens):
            self.begins[place] = index
            place += len(token)
            self.ends[place] = index

    def places(self, phrase: _Phrase) -> list[tuple[int, int]]:
        """First and last token of every place where the phrase stands, however it is spaced."""
        found = []
        at = self.joined.find(phrase.joined)
        while at >= 0:
            last = self._last(at + len(phrase.joined), _WISH_ENDINGS if phrase.tier == "self" else _ENDINGS)
            if at in self.begins and last is not None and self._spaced_like(phrase, self.begins[at], last):
                found.append((self.begins[at], last))
            at = self.joined.find(phrase.joined, at + 1)
        return found

    def _last(self, end: int, endings: frozenset[str]) -> int | None:
        if end in self.ends:
            return self.ends[end]
        beyond = next((place for place in range(end + 1, end + 4) if place in self.ends), None)
        return self.ends[beyond] if beyond is not None and self.joined[end:beyond] in endings else None

    def _spaced_like(self, phrase: _Phrase, first: int, last: int) -> bool:
        # Short words are taken only as they are: "s o s" could be anything.
        return len(phrase.joined) >= _SHORT or " ".join(self.tokens[first : last + 1]) == phrase.spaced


class DangerWords:
    """The danger list of a set, ready to be looked for."""

    def __init__(self, danger: Mapping[str, tuple[str, ...]]) -> None:
        self._now = tuple(tokens for word in danger.get("now", ()) if (tokens := _tokens(word)))
        self._harmless = Harmless(_tokens(sentence) for sentence in danger.get("harmless", ()))
        self._phrases = tuple(
            _Phrase(tier, "".join(tokens), " ".join(tokens))
            for tier in ("self", "strong", "violence", "weak")
            for word in danger.get(tier, ())
            if (tokens := _tokens(word))
        )
        self._by_width: dict[int, tuple[list[str], list[_Phrase]]] = {}
        for phrase in self._phrases:
            width = phrase.spaced.count(" ") + 1
            # Short words have too many neighbours to be guessed.
            if len(phrase.spaced) >= (6 if width == 1 else 8):
                words, phrases = self._by_width.setdefault(width, ([], []))
                words.append(phrase.spaced)
                phrases.append(phrase)

    def find(self, text: str) -> Danger | None:
        """The highest tier that stands in the text, or None."""
        base = plain(text).split()
        if not base:
            return None
        readings = [_Text(_tokens_of(base))]
        unmasked = _tokens_of([_unmask(token) for token in _joined_letters(base)])
        if unmasked != readings[0].tokens:
            readings.append(_Text(unmasked))
        found = [danger for reading in readings for danger in self._in(reading)]
        if not found:
            return None
        tier = max((danger.tier for danger in found), key=RANK.__getitem__)
        return Danger(tier, any(danger.fear for danger in found))

    def _in(self, text: _Text) -> list[Danger]:
        hits = [
            (phrase, first, last)
            for phrase in self._phrases
            if phrase.joined in text.joined
            for first, last in text.places(phrase)
            if not _false_friend(phrase, text.tokens, first, last)
        ]
        similar = self._similar(text)
        if not hits and not similar:
            return []
        time = time_of(text.tokens, self._now, {at for _, first, last in hits for at in range(first, last + 1)})
        found = [
            (_judged(phrase.tier, time, first, negated=_negated(text.tokens, first)), first, last)
            for phrase, first, last in hits
        ]
        return self._weighed(text, [*found, *similar])

    def _weighed(self, text: _Text, found: list[tuple[Danger, int, int]]) -> list[Danger]:
        """What stands in an everyday sentence only asks, unless any other danger word stands beside it."""
        if all(danger.tier == "weak" for danger, _, _ in found):
            return [danger for danger, _, _ in found]
        spans = self._harmless.spans(text.tokens, text.joined)
        if spans and all(inside(first, last, spans) for _, first, last in found):
            return [Danger("weak", fear=False)]
        return [danger for danger, _, _ in found]

    def _similar(self, text: _Text) -> list[tuple[Danger, int, int]]:
        """Slips of the pen. What only resembles a danger word asks; it never alarms, but for the wish to die."""
        found = []
        for width, (words, phrases) in self._by_width.items():
            cutoff = 85 if width == 1 else 88
            starts = range(len(text.tokens) - width + 1)
            for window, first in {" ".join(text.tokens[at : at + width]): at for at in starts}.items():
                for word, score, at in process.extract(window, words, scorer=fuzz.ratio, score_cutoff=cutoff, limit=3):
                    phrase = phrases[at]
                    if word != window and _same_words(word, window) and not _false_friend(phrase, text.tokens, 0, -1):
                        sure = phrase.tier == "self" and width > 1 and score >= 90
                        danger = Danger("self" if sure else "weak", fear=phrase.tier != "violence")
                        found.append((danger, first, first + width - 1))
        return found


def _same_words(phrase: str, window: str) -> bool:
    """Every word resembles its partner ("tidak ada" is no typo of "tidak sadar"), and none is a word of its own."""
    pairs = list(zip(phrase.split(), window.split(), strict=True))
    return all(one == other or (other not in _OTHER_WORDS and fuzz.ratio(one, other) >= 80) for one, other in pairs)


def _judged(tier: str, time: Time, place: int, *, negated: bool) -> Danger:
    if tier == "self":
        return Danger("self", fear=True)
    if tier == "violence":
        now = time.now_at(place) and not negated
        return Danger("strong", fear=True) if now else Danger("weak", fear=False)
    over = time.over_at(place)
    return Danger("weak" if negated or over or tier == "weak" else "strong", fear=not over)


def _negated(tokens: list[str], first: int) -> bool:
    before = tokens[max(0, first - 2) : first]
    if not before:
        return False
    return before[-1] in NOT or (len(before) == 2 and before[0] in NOT and before[1] in _BETWEEN)


def _false_friend(phrase: _Phrase, tokens: list[str], first: int, last: int) -> bool:
    if "mati" not in phrase.spaced.split() and not phrase.spaced.startswith("dimati"):
        return False
    around = tokens if last < 0 else [*tokens[max(0, first - 2) : first], *tokens[last + 1 : last + 2]]
    return any(token.removesuffix("nya").removesuffix("ku") in _THINGS for token in around)


def _tokens(text: str) -> list[str]:
    return _tokens_of(plain(text).split())


def _tokens_of(tokens: list[str]) -> list[str]:
    return [word for token in tokens for word in canonical(token).split()]


def _unmask(token: str) -> str:
    if token.isdigit() or not any(sign.isdigit() or sign == "v" for sign in token):
        return token
    doubled = token[:-1] if token.endswith("2") and token[:-1].isalpha() else token
    return collapse(doubled.translate(_MASKS).replace("v", "u"))


def _joined_letters(tokens: list[str]) -> list[str]:
    """Letters that stand alone in a row are one word: "b u n u h" -> "bunuh"."""
    out: list[str] = []
    run: list[str] = []
    for token in [*tokens, ""]:
        if len(token) == 1:
            run.append(token)
            continue
        out.extend(["".join(run)] if len(run) > 2 else run)
        run = []
        if token:
            out.append(token)
    return out
