"""What silence does (FLOWS.md rules 4 and 5): every deadline of a conversation, and what happens when it has passed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.engine.acts import erased
from bot.engine.asking import ONE_HOUR, open_step
from bot.engine.effects import Alarm, DropMedia, Erase, Flag, Submit
from bot.engine.safety import check
from bot.engine.script import Kind, ScriptSet
from bot.engine.session import Frame, Session
from bot.engine.talk import DARURAT, FOTO, REPLY, Talk

ONE_MINUTE, THREE_MINUTES, ONE_DAY = timedelta(minutes=1), timedelta(minutes=3), timedelta(hours=24)


def wake_at(scripts: ScriptSet, session: Session) -> datetime | None:
    """When `Waited` should come next, UTC; None if silence changes nothing any more."""
    return min((due for due, _ in _deadlines(scripts, session)), default=None)


def _deadlines(scripts: ScriptSet, session: Session) -> Iterator[tuple[datetime, str]]:
    last = session.last_at
    found = open_step(scripts, session)
    if found is not None:
        step = found[2]
        if step.silent is not None and session.balas == "aman" and not session.hushed:
            yield last + step.silent.after, "hush"
        if session.check and step.ask is Kind.TEXT:
            yield last + ONE_MINUTE, "check"
    emergency = any(frame.script == DARURAT and frame.at is not None for frame in session.stack)
    if not session.flagged and (emergency or session.watched):
        yield last + THREE_MINUTES, "flag"
    if session.quiet:
        yield last + THREE_MINUTES, "alarm"
    if _dying(scripts, session) or session.alarmed or session.check or session.watched:
        yield last + ONE_HOUR, "forget"
    if session.waiting or (session.draft and not session.draft_sent):
        yield last + ONE_DAY, "day"


def elapse(talk: Talk) -> None:
    """What has fallen due and is not said: done late rather than not at all, also before a message is read."""
    _run(talk, _SILENT)


def waited(talk: Talk) -> None:
    """A due time has come: what is due, and what is said unasked."""
    if talk.session.last_at > talk.now:
        # The clock was put back: silence is counted from now, not from a time that has not come.
        talk.set(last_at=talk.now.astimezone(UTC))
    _run(talk, _SILENT | _SPOKEN)


def _run(talk: Talk, what: Mapping[str, Callable[[Talk], None]]) -> None:
    done: set[str] = set()
    while due := [
        (moment, name)
        for moment, name in _deadlines(talk.scripts, talk.session)
        if moment <= talk.now and name in what and name not in done
    ]:
        name = min(due)[1]
        done.add(name)
        what[name](talk)


def _hush(talk: Talk) -> None:
    found = open_step(talk.scripts, talk.session)
    if found is None or found[2].silent is None:
        return
    talk.set(hushed=True)
    if talk.now - talk.session.last_at >= ONE_HOUR:
        # A tick that comes this late, after an outage, would only startle.
        return
    talk.push = "masih_ada"
    talk.say(talk.sentence(found[2].silent.say, found[1]))


def _check(talk: Talk) -> None:
    talk.push = "ada_pesan"
    check(talk, after_silence=True)


def _flag(talk: Talk) -> None:
    talk.set(flagged=True)
    talk.cause(Flag("diam"))


def _alarm(talk: Talk) -> None:
    """Silence after a call for help. Nothing is shown: somebody else may hold the phone."""
    talk.alarm(Alarm("diam", talk.session.kata or "weak"))


def _dying(scripts: ScriptSet, session: Session) -> bool:
    kept = _living(scripts)
    return any(name not in kept for name in session.values) or any(frame.values for frame in session.stack)


def _living(scripts: ScriptSet) -> set[str]:
    return {REPLY, *(script.vary for script in scripts.scripts.values() if script.vary is not None)}


def _forget(talk: Talk) -> None:
    """Closed values die; what was answered stays answered."""
    kept = _living(talk.scripts)
    stack = tuple(_without_values(frame) for frame in talk.session.stack)
    values = {name: value for name, value in talk.session.values.items() if name in kept}
    talk.set(values=values, stack=stack, alarmed=(), check=False, watched=False)


def _day(talk: Talk) -> None:
    """A draft that holds a story, a recording or a place goes to a human as it is; any other is erased."""
    if talk.session.waiting:
        _forget_pictures(talk)
    if not talk.session.draft or talk.session.draft_sent:
        return
    if talk.session.has_content:
        talk.cause(Submit(unfinished=True))
        talk.set(sent="submit", content=())
        return
    talk.cause(Erase())
    talk.session = erased(talk.session)
    talk.set(stack=())


def _forget_pictures(talk: Talk) -> None:
    """Nobody said whether a picture may be kept: it is forgotten, and its question with it."""
    for media in talk.session.waiting:
        talk.cause(DropMedia(media))
    stack = tuple(frame for frame in talk.session.stack if frame.script != FOTO)
    # Buttons of that question must not answer the one below it.
    talk.set(waiting=(), stack=stack, shown=talk.session.shown + 1, hushed=True)


def _without_values(frame: Frame) -> Frame:
    return replace(frame, values={})


_SILENT: dict[str, Callable[[Talk], None]] = {"flag": _flag, "alarm": _alarm, "forget": _forget, "day": _day}
_SPOKEN: dict[str, Callable[[Talk], None]] = {"hush": _hush, "check": _check}
