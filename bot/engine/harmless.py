"""Everyday sentences in which a danger word is no danger: mosquitoes are killed, fish is grilled, games are lost."""

from collections.abc import Iterable, Sequence

from bot.engine.slang import collapse

#: May stand between the words of a harmless sentence ("nyamuk yang tadi dibunuh", "dibunuh musuh di game").
_BETWEEN = frozenset(
    (
        "yang itu ini tadi sudah terus pun juga di ke dari pas waktu main sama oleh karena soalnya gara buat untuk "
        "banyak musuh lawan rumah luar nya ya deh banget online lagi sedang"
    ).split()
)
_MOST_BETWEEN = 3
#: No verb endings: "ga sadar diri" scolds, "ga sadarkan diri" has fainted.
_ENDINGS = frozenset({"", "nya", "ku", "mu", "in", "2"})
#: Wherever one of these stands beside it, no sentence is harmless.
_SERIOUS = frozenset(
    (
        "marah mengamuk amuk teriak jerit menjerit kejar ngejar mengejar dikejar ancam paksa dipaksa mabuk nangis "
        "menangis tangis bertengkar berantem berkelahi kelahi ribut luka terluka sakit kesakitan darah mati mampus "
        "bunuh lari kabur jahat kasar ampun sadis kamar kamarku nyari mencari cari udahan menyerah nyerah"
    ).split()
)
#: "aku sama ayam dikurung", "kayak ayam dikurung": then it is said of a person.
_LIKENED = frozenset("sama dengan dan bareng kayak kaya kek seperti macam ibarat".split())


class Harmless:
    """The harmless sentences of a set, as words; each holds the danger word that it makes harmless."""

    def __init__(self, sentences: Iterable[Sequence[str]]) -> None:
        self._sentences = tuple(tuple(words) for words in sentences if words)

    def spans(self, tokens: Sequence[str], joined: str) -> list[tuple[int, int]]:
        """First and last token of every place where a harmless sentence stands; none if the rest is serious.

        `joined`: the tokens without spaces.
        """
        found = [
            (at, last)
            for sentence in self._sentences
            if all(word in joined for word in sentence)
            for at in range(len(tokens))
            if (last := _end(tokens, at, sentence)) is not None and (at == 0 or tokens[at - 1] not in _LIKENED)
        ]
        rest = [token for at, token in enumerate(tokens) if not inside(at, at, found)]
        return found if _SERIOUS.isdisjoint(rest) else []


def inside(first: int, last: int, spans: Iterable[tuple[int, int]]) -> bool:
    """Whether the tokens from `first` to `last` lie within one of the spans."""
    return any(begin <= first and last <= end for begin, end in spans)


def _end(tokens: Sequence[str], at: int, sentence: Sequence[str]) -> int | None:
    """The last token of the sentence if it begins at `at`."""
    for number, word in enumerate(sentence):
        between = 0
        while not (taken := _taken(tokens, at, word)):
            if number == 0 or between == _MOST_BETWEEN or at >= len(tokens) or tokens[at] not in _BETWEEN:
                return None
            at, between = at + 1, between + 1
        at += taken
    return at - 1


def _taken(tokens: Sequence[str], at: int, word: str) -> int:
    """How many tokens the word takes here: one, two if it was divided ("di bakar"), none if it does not stand here."""
    if at < len(tokens) and tokens[at].startswith(word):
        # "ikannya" has lost its second n where repeated letters are undone.
        return int(any(tokens[at] in {word + ending, collapse(word + ending)} for ending in _ENDINGS))
    return 2 if at + 1 < len(tokens) and tokens[at] + tokens[at + 1] == word else 0
