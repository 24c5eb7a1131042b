"""A conversation moves to another script set (FLOWS.md rule 7): answers are never dropped, also to removed fields."""

from dataclasses import replace

from bot.engine.script import Script, ScriptSet
from bot.engine.session import Frame, Session
from bot.engine.talk import MENU


def migrate(old: ScriptSet | None, live: ScriptSet, session: Session) -> Session:
    """The session in the live set; `old` is the set it began with, None if that can't be had.

    Same script and step; step gone: the next old step that still exists; script gone: the one below; nothing left: the
    first screen. A question that is not the one the person saw is shown before anything is taken for its answer.
    """
    if session.set_hash == live.hash:
        return session
    stack = tuple(_frame(old, live, session, frame) for frame in session.stack if frame.script in live.scripts)
    if session.stack and not stack and MENU in live.scripts:
        stack = (Frame(MENU, _first(live.scripts[MENU])),)
    same = bool(stack) == bool(session.stack) and (
        not stack or (stack[-1].script, stack[-1].at) == (session.stack[-1].script, session.stack[-1].at)
    )
    # The number moves on in any case: the buttons may have changed under the same step.
    return replace(
        session,
        set_hash=live.hash,
        stack=stack,
        shown=session.shown + 1,
        picked=(),
        moved=session.moved or not same,
        consulting=session.consulting if session.consulting in live.scripts else None,
    )


def _first(script: Script) -> str | None:
    return script.steps[0].id if script.steps else None


def _frame(old: ScriptSet | None, live: ScriptSet, session: Session, frame: Frame) -> Frame:
    steps = [step.id for step in live.scripts[frame.script].steps]
    until = frame.until if frame.until in steps else None
    if frame.at is None or frame.at in steps:
        return replace(frame, until=until)
    return replace(frame, at=_next(old, live, session, frame, steps), reask=False, until=until)


def _next(old: ScriptSet | None, live: ScriptSet, session: Session, frame: Frame, steps: list[str]) -> str | None:
    before = old.scripts.get(frame.script) if old is not None else None
    if before is not None:
        order = [step.id for step in before.steps]
        rest = order[order.index(frame.at) + 1 :] if frame.at in order else order
        return next((name for name in rest if name in steps), None)
    # Without the old set: one step beyond the last that was said or answered; what is answered is passed over anyway.
    labelled = {step.id for step in live.scripts[frame.script].steps if step.label is not None}
    passed = [
        at for at, name in enumerate(steps) if name in frame.done or (name in labelled and name in session.fields)
    ]
    after = steps[passed[-1] + 1 :] if passed else steps
    return after[0] if after else None
