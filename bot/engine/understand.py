"""What the bot would take a text for (`berani flows understand`), by the very readers that `step` uses."""

from datetime import datetime

from bot.engine.asking import question
from bot.engine.hearing import first
from bot.engine.lexicon import lexicon
from bot.engine.places import find_place
from bot.engine.reading import read
from bot.engine.script import Kind, Script, ScriptSet, Step
from bot.engine.session import new
from bot.engine.talk import STORY, TEMANI, Talk
from bot.engine.text import empty

Meaning = str | list[str] | None


class UnknownQuestion(ValueError):
    """WHAT names no question of the set."""


def understand(scripts: ScriptSet, what: str, text: str, now: datetime) -> Meaning:
    """The meaning of `text`: `what` is "danger", "first" or "FLOW.STEP". Raises UnknownQuestion for any other."""
    if what == "danger":
        return danger(scripts, text)
    if what == "first":
        return opens(scripts, text, now)
    flow, _, name = what.partition(".")
    script = scripts.scripts.get(flow)
    step = next((one for one in script.steps if one.id == name and one.ask), None) if script is not None else None
    if script is None or step is None:
        raise UnknownQuestion(what)
    return _answer(scripts, script, step, text, now)


def danger(scripts: ScriptSet, text: str) -> str:
    """strong (also the wish to die), weak or none."""
    found = lexicon(scripts).danger.find(text)
    if found is None:
        return "none"
    return "weak" if found.tier == "weak" else "strong"


def opens(scripts: ScriptSet, text: str, now: datetime) -> str | None:
    """What a first message opens: a script, "menu", "cerita" for a story, None for a move or nothing at all."""
    talk = Talk(scripts, new(scripts.hash, now), now)
    found = talk.lexicon.danger.find(text)
    opened = first(talk, text)
    if empty(text):
        return None
    return TEMANI if opened == STORY and found is not None and found.tier == "self" else opened


def _answer(scripts: ScriptSet, script: Script, step: Step, text: str, now: datetime) -> Meaning:
    session = new(scripts.hash, now)
    reading = read(lexicon(scripts), question(scripts, session, script, step), text, now)
    if reading.what == "pick" and step.ask is Kind.CHOICES:
        return list(reading.ids)
    if reading.what in {"pick", "control", "opens", "age"}:
        return reading.ids[0]
    if reading.what == "date":
        return reading.day.isoformat() if reading.day is not None else reading.ids[0]
    if reading.what == "words" and step.ask is Kind.PLACE:
        found = find_place(scripts.places, text)
        return "ada" if found is None else found.kelurahan or found.kecamatan
    return _PLAIN.get(reading.what)


_PLAIN: dict[str, str] = {"unknown": "tidak_tahu", "words": "ada", "phone": "ada", "secret": "ada"}
