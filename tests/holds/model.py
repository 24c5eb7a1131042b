"""What the service owes people, on a page: which words it took, which of them must open at the desk, what may be lost.

A word is a unique marker inside what somebody told. Intake owes it from the commit that keeps it; the desk, once a
letter for its thread is written. A restored store has forgotten exactly what it did not know when it was copied; what
the other side still holds (letters stay 8 days) comes back, so both copies are all that decides.
"""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Final, Literal

Kind = Literal["text", "other", "file"]
Letter = Literal["consult", "alarm", "submit", "more"]
_RANK: Final = {"no": 0, "more": 0, "consult": 1, "alarm": 2, "submit": 3}


@dataclass(frozen=True)
class Word:
    """Something that somebody told. `edited`: it came as a change of an earlier message."""

    thread: str
    kind: Kind
    edited: bool = False
    sent: bool = False


@dataclass
class Intake:
    """What intake's store must know: updates and letters it took, words it keeps, how far threads were sent."""

    taken: set[str] = field(default_factory=set)
    letters: set[bytes] = field(default_factory=set)
    words: dict[str, Word] = field(default_factory=dict)
    level: dict[str, str] = field(default_factory=dict)

    def keep(self, marker: str, word: Word) -> None:
        """Kept in a draft, or on its way at once if a letter of the same turn takes it."""
        self.words[marker] = word

    def send(self, thread: str, letter: Letter) -> None:
        """A letter takes everything of its thread; a consultation only texts."""
        self.level[thread] = max(letter, self.level.get(thread, "no"), key=_RANK.__getitem__)
        for marker, word in self.words.items():
            if word.thread == thread and (word.kind == "text" or self.level[thread] != "consult"):
                self.words[marker] = replace(word, sent=True)

    def erase(self, thread: str) -> set[str]:
        """Nothing of it that is unsent is owed any more; returns that."""
        gone = {mark for mark, word in self.words.items() if not word.sent and word.thread == thread}
        self.forget(gone)
        return gone

    def forget(self, erased: set[str]) -> None:
        """These are owed no more."""
        self.words = {mark: word for mark, word in self.words.items() if mark not in erased}


@dataclass
class Desk:
    """What the desk's store must know: words and reports that it opened; replies called back; letters."""

    words: set[str] = field(default_factory=set)
    threads: set[str] = field(default_factory=set)
    called_back: set[str] = field(default_factory=set)
    letters: set[bytes] = field(default_factory=set)


class Model:
    """Both sides, and what is true for good, whatever is restored."""

    def __init__(self) -> None:
        self.intake, self.desk = Intake(), Desk()
        self.told: dict[str, Word] = {}  # every word ever kept, the latest of each
        self.erased: set[str] = set()  # what somebody erased before it was sent: no copy brings it back
        self.left: set[str] = set()  # threads of which a letter ever left
        self.speaks_in: dict[int, set[str]] = {}  # threads by chat

    def kept(self, chat: int, marker: str, word: Word) -> None:
        """Words were kept in a thread of this chat."""
        self.told[marker] = word
        self.speaks_in.setdefault(chat, set()).add(word.thread)
        self.intake.keep(marker, word)

    def sent(self, chat: int, thread: str, letter: Letter) -> None:
        """A letter for a thread of this chat was written."""
        self.left.add(thread)
        self.speaks_in.setdefault(chat, set()).add(thread)
        self.intake.send(thread, letter)

    def wiped(self, thread: str) -> None:
        """Its reporter erased a draft."""
        self.erased |= self.intake.erase(thread)

    def owed(self) -> set[str]:
        """Words that open at the desk once everything has come to rest."""
        return self.desk.words | {marker for marker, word in self.intake.words.items() if word.sent}

    def reports(self) -> set[str]:
        """Threads that are one case each once everything has come to rest."""
        return self.desk.threads | set(self.intake.level)

    def opened(self, words: Iterable[str], threads: Iterable[str]) -> None:
        """The desk shows these: from now on it owes them itself."""
        self.desk.words |= set(words)
        self.desk.threads |= set(threads)

    def side(self, actor: Literal["intake", "desk"]) -> Intake | Desk:
        """What one store knows; a copy of it is what a backup knows."""
        return self.intake if actor == "intake" else self.desk

    def restore(self, known: Intake | Desk) -> None:
        """A side knows only what its backup knew."""
        if isinstance(known, Intake):
            self.intake = deepcopy(known)
            self.intake.forget(self.erased)
        else:
            self.desk = deepcopy(known)
