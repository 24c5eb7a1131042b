"""What the checks look at: everything read so far, and the sheet to write on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.content.answers import Fields
from bot.content.desk_files import Record
from bot.content.finding import Sheet, Where
from bot.content.lines import Lines
from bot.content.message_file import Messages
from bot.content.services import Service
from bot.engine.script import Choice, Say, Script, Step, Words
from bot.engine.text import meant, plain


@dataclass(frozen=True, slots=True)
class Material:
    """All scripts with their lines, and the other files as far as scripts depend on them."""

    scripts: Mapping[str, Script]
    lines: Lines
    words: Words
    umum: Messages
    push: Messages
    staff: Messages
    services: Mapping[str, Service]
    record: Record
    fields: Fields
    sheet: Sheet

    def steps(self) -> Iterator[tuple[Script, Step]]:
        """Every step of every script."""
        for script in self.scripts.values():
            for step in script.steps:
                yield script, step

    def choices(self) -> Iterator[tuple[Script, Step, Choice]]:
        """Every choice of every step."""
        for script, step in self.steps():
            for choice in step.choices:
                yield script, step, choice

    def says(self) -> Iterator[tuple[Script, Step, Say, Where]]:
        """Everything that is said by a step, a choice or after a silence, with its place."""
        for script, step in self.steps():
            if step.say is not None:
                yield script, step, step.say, self.lines.at(script.id, step.id, "say")
            if step.silent is not None:
                yield script, step, step.silent.say, self.lines.at(script.id, step.id, "silent")
            for choice in step.choices:
                if choice.say is not None:
                    yield script, step, choice.say, self.lines.at(script.id, step.id, "choices", choice.id, "say")


def sentences_of(say: Say) -> tuple[str, ...]:
    """The texts of a `say`: one, or one for each variant."""
    return (say.text,) if say.text is not None else tuple(say.variants.values())


def heard(word: str) -> str:
    """A whole message as the engine compares it: `Nggak!` and `tdk` are the same; signs stand for themselves."""
    return meant(plain(word)) or word.strip().casefold()
