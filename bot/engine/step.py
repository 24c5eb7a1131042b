"""The engine: one event, one turn. Pure: the same set, session, event and time give the same turn."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.engine import events, receiving
from bot.engine.asking import asking, asking_kind, open_step, show_all
from bot.engine.effects import Keep, Outcome, Show, ToHuman
from bot.engine.hearing import said
from bot.engine.migrate import migrate
from bot.engine.misheard import A_STORY
from bot.engine.running import advance
from bot.engine.script import Kind, ScriptSet
from bot.engine.session import Session, new
from bot.engine.talk import DARURAT, SALAM, STORY, TEMANI, Talk
from bot.engine.text import word_count
from bot.engine.waiting import elapse, waited, wake_at


@dataclass(frozen=True, slots=True)
class Turn:
    """What one event makes of a session. `effects` in the order to carry them out; `wake_at`: when to send `Waited`."""

    session: Session
    effects: tuple[Outcome, ...]
    wake_at: datetime | None


def step(scripts: ScriptSet, session: Session, event: events.Event, now: datetime) -> Turn:
    """The turn that `event` makes; `now` is aware, in the zone in which "kemarin" is meant. Raises for no event.

    Trouble of the engine's own ends at a human: the words are kept, the draft stays, no script is open any more.
    """
    try:
        return _turn(scripts, migrate(None, scripts, session), event, now)
    except Exception as trouble:  # noqa: BLE001 - whatever it is, a person is waiting for an answer
        return _troubled(scripts, session, event, now, type(trouble).__name__)


def _turn(scripts: ScriptSet, session: Session, event: events.Event, now: datetime) -> Turn:
    talk = Talk(scripts, session, now)
    if isinstance(event, events.Waited):
        waited(talk)
    else:
        elapse(talk)
        _before(talk)
        _handle(talk, event)
        _greet(talk, session)
        talk.set(last_at=now.astimezone(UTC), flagged=False, moved=False)
    talk.raise_alarm()
    talk.more()
    shows = show_all(talk)
    if not shows and not isinstance(event, events.Waited | events.Edited):
        talk.say_key("di_sini")
        shows = show_all(talk)
    return Turn(talk.session, (*talk.effects, *shows), wake_at(scripts, talk.session))


def _before(talk: Talk) -> None:
    """A session that came from another set may stand between two questions."""
    if talk.session.stack and not talk.session.paused and open_step(talk.scripts, talk.session) is None:
        talk.set(moved=True)
        advance(talk)


def _greet(talk: Talk, before: Session) -> None:
    """The first words of a conversation, but never before help: only sentences, never a question."""
    if before.greeted:
        return
    helped = any(frame.script in {DARURAT, TEMANI} for frame in talk.session.stack)
    if SALAM in talk.scripts.scripts and not helped:
        script = talk.scripts.scripts[SALAM]
        said_first = [talk.sentence(one.say, script) for one in script.steps if one.ask is None]
        others, talk.pieces = talk.pieces, []
        for text in said_first:
            talk.say(text)
        talk.pieces.extend(others)
    talk.set(greeted=True)


def _handle(talk: Talk, event: events.Event) -> None:
    match event:
        case events.Said(text, to_officer):
            receiving.moved(talk, text) if talk.session.moved else said(talk, text, to_officer=to_officer)
        case events.Chose():
            receiving.chose(talk, event)
        case events.SentMedia():
            receiving.sent_media(talk, event)
        case events.SentPlace():
            receiving.sent_place(talk, event)
        case events.SentContact():
            receiving.sent_contact(talk, event)
        case events.SentOther():
            receiving.sent_other(talk, event)
        case events.Edited():
            receiving.edited(talk, event)
        case events.CodeTried():
            receiving.code_tried(talk, event)


def _troubled(scripts: ScriptSet, session: Session, event: events.Event, now: datetime, what: str) -> Turn:
    words = getattr(event, "text", "")
    effects: list[Outcome] = []
    if isinstance(words, str) and word_count(words) >= A_STORY:
        effects.append(Keep(STORY, Kind.TEXT, "nilai", ("ada",), words, scripts.messages.get(STORY, "")))
    effects.append(ToHuman(what))
    if text := scripts.messages.get("ke_petugas", ""):
        effects.append(Show(text))
    calm = replace(session, stack=(), paused=False, check=False, draft=True, last_at=now.astimezone(UTC))
    return Turn(calm, tuple(effects), wake_at(scripts, calm))


__all__ = ["Turn", "asking", "asking_kind", "migrate", "new", "step"]
