"""Whether what is told happens now, or is over ("dulu dipukul, sekarang tidak")."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

NOT = frozenset({"tidak", "bukan", "belum"})
_PAST = frozenset({"dulu", "pernah", "kecil", "lalu"})
_SINCE = frozenset({"sudah", "alhamdulillah", "syukur", "syukurlah", "untungnya"})
_NO_MORE = frozenset({"lagi", "pernah", "sih", "begitu", "gitu"})
_SAFE = frozenset({"aman", "berhenti"})
_NOW, _AGAIN = "sekarang", "lagi"


@dataclass(frozen=True, slots=True)
class Time:
    """`now`: a word says that it happens now. `ended`: the place where every such word was taken back; -1 if none was.

    `past`: a word tells of earlier times.
    """

    now: bool = False
    ended: int = -1
    past: bool = False

    def now_at(self, place: int) -> bool:
        """Whether what stands there happens now: what is told after "sekarang tidak" is told of now."""
        return self.now or 0 <= self.ended < place

    def over_at(self, place: int) -> bool:
        """Whether what stands there is told as past and over."""
        return self.past and not self.now and place < self.ended


def time_of(tokens: Sequence[str], words: Sequence[Sequence[str]], acts: Collection[int]) -> Time:
    """When the text speaks of. `words`: the words that say now; `acts`: the places of danger words in the text."""
    places = [
        (at, len(word))
        for word in words
        for at in range(len(tokens) - len(word) + 1)
        if tokens[at] == word[0] and list(tokens[at : at + len(word)]) == list(word)
    ]
    now = not all(_taken_back(tokens, at, at + length, acts) for at, length in places)
    ended = max((at for at, _ in places), default=-1) if not now else -1
    return Time(now, ended, not _PAST.isdisjoint(tokens))


def _taken_back(tokens: Sequence[str], first: int, after: int, acts: Collection[int]) -> bool:
    """ "sekarang tidak", "sekarang sudah ga pernah", "tidak lagi", "tidak dipukul lagi"; not "sekarang tidak ada"."""
    if first and tokens[first - 1] in NOT:
        return True
    if tokens[first] == _AGAIN:
        # The act and "pernah" may stand between: "tidak dipukul lagi", "ga pernah lagi", "ga pernah dipukul lagi".
        before = first - 1
        while before > 0 and (before in acts or tokens[before] == "pernah"):
            before -= 1
        return 0 <= before < first - 1 and tokens[before] in NOT
    while after < len(tokens) and tokens[after] in _SINCE:
        after += 1
    if after == len(tokens) or after in acts:
        return False
    if tokens[after] in _SAFE:
        return tokens[first] == _NOW
    last = after + 1 == len(tokens)
    return tokens[after] in NOT and (last or tokens[after + 1] in _NO_MORE or after + 1 in acts)
