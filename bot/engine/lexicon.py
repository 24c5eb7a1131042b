"""Word tables of a script set, compiled once per set: which message is which choice, move or script."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.engine.danger import DangerWords
from bot.engine.script import Choice, ScriptSet, Step, Target, Words
from bot.engine.slang import BLESSINGS, COURTESY
from bot.engine.text import Forms, forms, has_letters, meant, plain

DONT_KNOW = "tidak_tahu"
# Beside thanks and greetings; alone it may answer a question ("iya").
_NODS = COURTESY | BLESSINGS | {"ya"}
# What colours or joins emoji, and the space between them.
_INVISIBLE = frozenset({"Mn", "Sk", "Cf", "Zs"})
_LONGEST_THANKS = 4
_PAYLOAD = re.compile(r"^\s*/(\w+)(?:@\w+)?(?:\s|$)")


@dataclass
class WordTable:
    """Word -> ids, in three depths: as typed, as meant, and signs that hold no letters ("-")."""

    typed: dict[str, frozenset[str]] = field(default_factory=dict)
    meant: dict[str, frozenset[str]] = field(default_factory=dict)

    def add(self, words: Iterable[str], name: str) -> None:
        """Let every one of the words mean `name`."""
        for word in words:
            # "/start" and "start" are the same word; "-" has no plain form and stands for itself.
            key = plain(word) or word.strip().casefold()
            if key:
                self.typed[key] = self.typed.get(key, frozenset()) | {name}
                self.meant[meant(key)] = self.meant.get(meant(key), frozenset()) | {name}

    def find(self, message: Forms) -> frozenset[str]:
        """The ids that the whole message means; several if it is ambiguous."""
        if not message.plain:
            return self.typed.get(message.raw, frozenset())
        for table, key in ((self.typed, message.plain), (self.meant, message.meant), (self.meant, message.bare)):
            if found := table.get(key):
                return found
        return frozenset()

    def one(self, message: Forms) -> str | None:
        """The only id that the whole message means, or None."""
        found = self.find(message)
        return next(iter(found)) if len(found) == 1 else None


@dataclass(frozen=True)
class ChoiceTable:
    """The choices of one question, in order, with their words."""

    choices: tuple[Choice, ...]
    words: WordTable

    @property
    def shown(self) -> tuple[Choice, ...]:
        """Those that have a button and a number."""
        return tuple(choice for choice in self.choices if choice.label is not None)

    def get(self, name: str) -> Choice | None:
        """The choice of that id."""
        return next((choice for choice in self.choices if choice.id == name), None)


class Lexicon:
    """All word tables of one set. Make it with `lexicon(scripts)`, which keeps one per set."""

    def __init__(self, scripts: ScriptSet) -> None:
        self._scripts = scripts
        self._tables: dict[tuple[str, str], ChoiceTable] = {}
        self.danger = DangerWords(scripts.words.danger)
        self.control = WordTable()
        for move, words in scripts.words.control.items():
            self.control.add((move, *words), move)
        self.openers = WordTable()
        for script in scripts.scripts.values():
            # A door's own name opens it too, wherever it is written.
            named = (script.label,) if script.door is not None else ()
            self.openers.add((*named, *script.words), script.id)
        self.unknown = WordTable()
        self.unknown.add(("tidak tahu", *scripts.words.choices.get(DONT_KNOW, ())), DONT_KNOW)
        self.greetings = frozenset(meant(plain(word)) for word in scripts.words.greetings)
        thanks = scripts.words.thanks
        self._polite = self.greetings | {meant(plain(word)) for word in thanks if has_letters(word)}
        self._smiles = frozenset("".join(word for word in thanks if not has_letters(word)))

    def choices(self, script: str, step: Step) -> ChoiceTable:
        """The choices of a question with everything that means them."""
        key = (script, step.id)
        if key not in self._tables:
            choices = doors(self._scripts) if step.doors else step.choices
            self._tables[key] = ChoiceTable(choices, _choice_words(choices, self._scripts.words))
        return self._tables[key]

    def opener(self, message: Forms) -> str | None:
        """The script that the whole message opens; a command may carry a payload ("/start x") or a bot's name."""
        command = _PAYLOAD.match(message.raw)
        if command:
            return self.openers.one(message) or self.openers.one(forms(command.group(1)))
        if found := self.openers.one(message):
            return found
        greeted = self._greeted(message)
        return self.openers.one(forms(" ".join(message.meant.split()[greeted:]))) if greeted else None

    def greets(self, message: Forms) -> bool:
        """Whether the message only greets, in one or several words."""
        return bool(message.meant) and self._greeted(message) == len(message.meant.split())

    def only_polite(self, message: Forms) -> bool:
        """Whether the message says nothing but thanks, a greeting or a nod ("iya makasih kak", "ok", "🙏")."""
        if not has_letters(message.raw):
            smiles = [sign for sign in message.raw if unicodedata.category(sign) not in _INVISIBLE]
            return bool(smiles) and self._smiles.issuperset(smiles)
        tokens, at, polite = message.meant.split(), 0, False
        while at < len(tokens):
            lengths = range(_LONGEST_THANKS, 0, -1)
            longest = next((n for n in lengths if " ".join(tokens[at : at + n]) in self._polite), 0)
            if not longest and tokens[at] not in _NODS:
                return False
            polite = polite or bool(longest)
            at += longest or 1
        return polite

    def _greeted(self, message: Forms) -> int:
        """How many words at the beginning only greet ("selamat malam kak, saya mau lapor": three)."""
        tokens = message.meant.split()
        at = 0
        while at < len(tokens):
            longest = next((n for n in (3, 2, 1) if self._is_greeting(tokens[at : at + n], n)), 0)
            if not longest and not (at and (tokens[at] in BLESSINGS or tokens[at] in COURTESY)):
                break
            at += longest or 1
        return at

    def _is_greeting(self, tokens: list[str], words: int) -> bool:
        return len(tokens) == words and " ".join(tokens) in self.greetings


def _choice_words(choices: tuple[Choice, ...], words: Words) -> WordTable:
    table = WordTable()
    for choice in choices:
        own = (choice.id, choice.id.replace("_", " "), *choice.words, *words.choices.get(choice.id, ()))
        table.add(own if choice.label is None else (choice.label, *own), choice.id)
    return table


def doors(scripts: ScriptSet) -> tuple[Choice, ...]:
    """The first screen: one choice for every script that has a door, in the order of their numbers."""
    placed = sorted((script.door, script.id) for script in scripts.scripts.values() if script.door is not None)
    found = (scripts.scripts[name] for _, name in placed)
    return tuple(Choice(script.id, script.label, script.words, goto=Target("step", script.id)) for script in found)


def lexicon(scripts: ScriptSet) -> Lexicon:
    """The tables of a set, compiled the first time they are asked for."""
    found: Lexicon | None = scripts.memo.get("lexicon")
    if found is None:
        found = scripts.memo["lexicon"] = Lexicon(scripts)
    return found
