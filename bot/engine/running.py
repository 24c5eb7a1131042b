"""How scripts run: one step after the other, on a stack (FLOWS.md, rules 1 and 2)."""

from bot.engine.acts import act
from bot.engine.effects import DropMedia, Renew, ToHuman
from bot.engine.script import Effect, Kind, Step, Target
from bot.engine.session import Frame, Session
from bot.engine.talk import FOTO, LAPOR, Talk

#: More than this in one turn is a script gone wild: a human takes over.
MOST_STEPS = 20


def advance(talk: Talk) -> None:
    """Go on until a question is open or nothing is left to do."""
    taken = 0
    while (frame := talk.top) is not None:
        step = talk.step(frame)
        if step is None:
            leave(talk)
            continue
        if not _wanted(talk, frame, step):
            follow(talk, step, None)
            continue
        if _passed(talk, frame, step):
            taken += step.goto is not None
            follow(talk, step, step.goto)
        elif step.ask is not None:
            _open(talk, frame, step)
            return
        else:
            taken += 1
            _tell(talk, frame, step)
        if taken > MOST_STEPS:
            _give_up(talk)
            return
    _let_pictures_go(talk)


def _wanted(talk: Talk, frame: Frame, step: Step) -> bool:
    return all(not allowed.isdisjoint(_value(talk, frame, name)) for name, allowed in step.when.items()) or (
        frame.reask and frame.at == step.id
    )


def _value(talk: Talk, frame: Frame, name: str) -> tuple[str, ...]:
    own = next((step for step in talk.script(frame).steps if step.id == name), None)
    if own is not None and own.label is None:
        return frame.values.get(name, ())
    return talk.session.values.get(name, ())


def _passed(talk: Talk, frame: Frame, step: Step) -> bool:
    """Whether the step was done already, so that one passes over it."""
    if frame.reask:
        return False
    if step.ask is None:
        return step.id in frame.done or not _says_something(talk, step)
    if step.ask is Kind.CHOICE and talk.session.draft_sent and any(c.do is Effect.SUBMIT for c in step.choices):
        return True
    if step.label is not None:
        return step.id in talk.session.fields and not step.again
    # On the way back to the review only what is newly due is asked.
    return frame.until is not None and step.id in frame.done and step.id != frame.until


def _says_something(talk: Talk, step: Step) -> bool:
    """A sentence that counts what is ahead is left out when nothing is."""
    text = (step.say.text or "") if step.say is not None else ""
    return "{sisa}" not in text or step.do is not None or ahead(talk) > 0


def _open(talk: Talk, frame: Frame, step: Step) -> None:
    if frame.until == step.id:
        talk.set_top(until=None)
    talk.set(shown=talk.session.shown + 1, picked=(), hushed=False, unclear=0)
    talk.asked = True
    _let_pictures_go(talk)


def _tell(talk: Talk, frame: Frame, step: Step) -> None:
    talk.set_top(done=(*frame.done, step.id))
    if step.do is not None:
        act(talk, step.do)
    text = talk.sentence(step.say, talk.script(frame)).replace("{sisa}", str(ahead(talk)))
    talk.say(text, urgent=step.do is Effect.ALARM)
    follow(talk, step, step.goto)


def follow(talk: Talk, step: Step, target: Target | None) -> None:
    """Leave a step of the topmost script for where `target` leads; None is the next step."""
    frame = talk.top
    if frame is None:
        return
    steps = [other.id for other in talk.script(frame).steps]
    after = steps[steps.index(step.id) + 1 :]
    talk.set_top(at=after[0] if after else None, reask=False)
    if target is None:
        return
    if target.kind == "back":
        leave(talk)
    elif target.kind == "stop":
        talk.set(stack=())
    elif target.script is None or target.script == frame.script:
        talk.set_top(at=target.step or steps[0])
    else:
        open_script(talk, target.script, target.step, anew=step.doors)


def leave(talk: Talk, *, ended: bool = True) -> None:
    """Leave the topmost script, at its end or (BATAL) before; below it the conversation goes on."""
    frame = talk.session.stack[-1]
    consulting = None if talk.session.consulting == frame.script else talk.session.consulting
    finished = talk.session.finished or (ended and frame.script == LAPOR)
    talk.set(stack=talk.session.stack[:-1], consulting=consulting, finished=finished)


def open_script(talk: Talk, name: str, step: str | None = None, *, anew: bool = False) -> None:
    """Open a script, or go back to it where it is open. `anew`: by a door or a word, so a finished report is left."""
    for frame in talk.session.stack:
        if not _has_left(talk, frame):
            finished = talk.session.finished or frame.script == LAPOR
            talk.set(stack=tuple(other for other in talk.session.stack if other is not frame), finished=finished)
    if name not in talk.scripts.scripts:
        return
    opened = [frame.script for frame in talk.session.stack]
    if name in opened:
        talk.set(stack=talk.session.stack[: opened.index(name) + 1])
    else:
        if anew and name == LAPOR and talk.session.finished and talk.session.draft_sent:
            renew(talk)
        _begin(talk, name)
    if step is not None:
        talk.set_top(at=step, reask=False)
    if name not in talk.session.pintu:
        talk.set(pintu=(*talk.session.pintu, name))


def _begin(talk: Talk, name: str) -> None:
    steps = talk.scripts.scripts[name].steps
    talk.set(
        stack=(*talk.session.stack, Frame(name, steps[0].id if steps else None)),
        finished=talk.session.finished and name != LAPOR,
        # KEMBALI leads through this run, not through an earlier one.
        trail=tuple(entry for entry in talk.session.trail if not entry.startswith(f"{name}.")),
    )


def _has_left(talk: Talk, frame: Frame) -> bool:
    steps = talk.script(frame).steps
    begin = next((at for at, step in enumerate(steps) if step.id == frame.at), len(steps))
    return any(_wanted(talk, frame, step) and not _passed(talk, frame, step) for step in steps[begin:])


def renew(talk: Talk) -> None:
    """A new report begins: fresh answers; how to reply safely is still known."""
    old = talk.session
    fresh = Session(old.set_hash, old.last_at, shown=old.shown, stack=old.stack, balas=old.balas, greeted=old.greeted)
    talk.session = fresh
    if old.balas is not None and (status := old.fields.get("balas")):
        talk.set(fields={"balas": status}, values={"balas": (old.balas,)})
    talk.cause(Renew())


def ahead(talk: Talk) -> int:
    """{sisa}: labelled questions of the topmost script that are still to be asked, an open one with them."""
    frame = talk.top
    if frame is None:
        return 0
    steps = talk.script(frame).steps
    begin = next((at for at, step in enumerate(steps) if step.id == frame.at), len(steps))
    return sum(
        step.ask is not None
        and step.label is not None
        and (step.id not in talk.session.fields or (frame.reask and step.id == frame.at))
        and _wanted(talk, frame, step)
        for step in steps[begin:]
    )


def go_back(talk: Talk) -> bool:
    """KEMBALI: the question answered before this one is open again, first in the script that speaks; False if none."""
    top = talk.top
    trail = [entry for entry in talk.session.trail if _exists(talk, entry)]
    own = [entry for entry in trail if top is not None and entry.startswith(f"{top.script}.")]
    if not trail:
        return False
    entry = (own or trail)[-1]
    at = len(trail) - 1 - trail[::-1].index(entry)
    name, _, step = entry.partition(".")
    talk.set(trail=(*trail[:at], *trail[at + 1 :]))
    opened = [frame.script for frame in talk.session.stack]
    if name in opened:
        talk.set(stack=talk.session.stack[: opened.index(name) + 1])
    else:
        talk.set(stack=(*talk.session.stack, Frame(name, step)))
    talk.set_top(at=step, reask=True, until=None)
    return True


def _exists(talk: Talk, entry: str) -> bool:
    name, _, step = entry.partition(".")
    script = talk.scripts.scripts.get(name)
    return script is not None and any(other.id == step for other in script.steps)


def _let_pictures_go(talk: Talk) -> None:
    """A picture whose question was left without an answer is not kept, and that is said."""
    if talk.session.waiting and all(frame.script != FOTO for frame in talk.session.stack):
        for media in talk.session.waiting:
            talk.cause(DropMedia(media))
        talk.set(waiting=())
        talk.say_key("foto_lepas")


def _give_up(talk: Talk) -> None:
    talk.cause(ToHuman("steps"))
    talk.set(stack=())
    talk.say_key("ke_petugas")
