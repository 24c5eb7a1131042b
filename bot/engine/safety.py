"""Danger words in a turn: what they raise and open, and when the danger question may be asked (FLOWS.md rule 4)."""

from datetime import UTC, timedelta

from bot.engine.asking import open_step
from bot.engine.danger import RANK
from bot.engine.effects import Alarm
from bot.engine.running import advance, open_script
from bot.engine.script import Kind
from bot.engine.session import Frame
from bot.engine.talk import CEK, DANGER, DARURAT, TEMANI, Talk

#: Where help is called or the question itself is being asked, it is not asked again.
_CALLED = frozenset({DARURAT, TEMANI, CEK})
#: For this long after the danger question was answered, a merely weak word ("takut", "tolong") does not ask it again.
CALM_FOR = timedelta(minutes=30)


def listen(talk: Talk, text: str) -> bool:
    """Look for danger words in what the person wrote; True if they want to die or hurt themselves.

    A strong word alarms in this turn, after the words were kept; a weak one lets the danger question wait.
    """
    talk.before = (talk.session.check, talk.session.quiet)
    found = talk.lexicon.danger.find(text)
    if found is None:
        return False
    if RANK[found.tier] > RANK[talk.session.kata]:
        talk.set(kata=found.tier)
    cause = f"kata:{found.tier}"
    if found.tier != "weak" and cause not in talk.session.alarmed:
        talk.set(alarmed=(*talk.session.alarmed, cause))
        talk.pending = Alarm("kata", found.tier)
        if found.tier == "strong":
            talk.say_key("kuat", urgent=True)
    if found.tier != "weak" and all(frame.script != DARURAT for frame in talk.session.stack):
        talk.set(watched=True)
    if found.tier == "self":
        return True
    # Violence told after an alarm is the story of it, not a new danger; a call for help always is.
    told = not found.fear and talk.session.sent == "alarm"
    answered = found.tier == "weak" and _calmed(talk)
    called = talk.top is not None and talk.top.script in _CALLED - {CEK}
    if not (told or answered or called):
        talk.set(check=True, quiet=talk.session.quiet or (found.tier == "weak" and talk.pending is None))
    return False


def only_answered(talk: Talk) -> None:
    """The whole message was one of the answers offered: its words count like the button, which asks nothing either."""
    if talk.pending is None:
        check_before, quiet_before = talk.before
        talk.set(check=check_before, quiet=quiet_before)


def comfort(talk: Talk) -> None:
    """Open `temani`, at once and over everything else."""
    talk.set(check=False, quiet=False)
    # Whatever the message was taken for, only this is said to it.
    talk.pieces = [piece for piece in talk.pieces if piece.urgent]
    talk.settle = False
    open_script(talk, TEMANI)
    talk.set(paused=False)
    advance(talk)


def calm(talk: Talk) -> None:
    """The danger question was answered, whatever the answer.

    It holds for later words only if a word of danger had been heard by then: what is said for the first time is new.
    """
    calmed = talk.now.astimezone(UTC) if talk.session.kata is not None else None
    talk.set(check=False, quiet=False, watched=False, calmed=calmed)


def _calmed(talk: Talk) -> bool:
    answered = talk.session.calmed
    return answered is not None and timedelta(0) <= talk.now - answered < CALM_FOR


def check(talk: Talk, *, after_silence: bool = False) -> None:
    """Ask the danger question if it waits and this is the moment: never in mid-story, nor where it is being asked."""
    if not talk.session.check or talk.session.paused:
        return
    found = open_step(talk.scripts, talk.session)
    if (talk.top is not None and talk.top.script in _CALLED) or (found is not None and found[2].id == DANGER):
        talk.set(check=False)
        return
    if found is not None and found[2].ask is Kind.TEXT and not after_silence:
        return
    talk.set(check=False)
    if CEK in talk.scripts.scripts and all(frame.script != CEK for frame in talk.session.stack):
        steps = talk.scripts.scripts[CEK].steps
        pintu = talk.session.pintu if CEK in talk.session.pintu else (*talk.session.pintu, CEK)
        talk.set(stack=(*talk.session.stack, Frame(CEK, steps[0].id if steps else None)), pintu=pintu)
        advance(talk)
