"""The open question: what it is, how it is read, and how it is shown together with all that a turn has to say."""

from datetime import timedelta

from bot.engine.effects import Button, Show
from bot.engine.lexicon import ChoiceTable, lexicon
from bot.engine.reading import Question
from bot.engine.running import ahead
from bot.engine.script import Kind, Script, ScriptSet, Step
from bot.engine.session import Frame, Session
from bot.engine.talk import Talk

#: A message fits on both channels with room to spare (FLOWS.md rule 6 and section 6).
LONGEST = 1400
_FOOTERS = {Kind.TEXT: "kaki_teks", Kind.CHOICES: "kaki_beberapa"}
ONE_HOUR = timedelta(hours=1)
DONE, SKIP = "selesai", "lewati"


def open_step(scripts: ScriptSet, session: Session) -> tuple[Frame, Script, Step] | None:
    """The question that is open, or None while nothing is being asked."""
    if not session.stack or session.paused:
        return None
    frame = session.stack[-1]
    script = scripts.scripts.get(frame.script)
    step = next((step for step in script.steps if step.id == frame.at), None) if script is not None else None
    return (frame, script, step) if script is not None and step is not None and step.ask is not None else None


def asking(scripts: ScriptSet, session: Session) -> str | None:
    """ "script.step" of the open question, None if nothing is open."""
    found = open_step(scripts, session)
    return f"{found[1].id}.{found[2].id}" if found else None


def asking_kind(scripts: ScriptSet, session: Session) -> Kind | None:
    """The kind of the open question, None if nothing is open."""
    found = open_step(scripts, session)
    return found[2].ask if found else None


def question(scripts: ScriptSet, session: Session, script: Script, step: Step) -> Question:
    """The question as the readers need it."""
    kind = step.ask or Kind.CHOICE
    items = len(review_fields(session, script)) if kind is Kind.REVIEW else 0
    return Question(kind, lexicon(scripts).choices(script.id, step), items, told=step.id in session.told)


def review_fields(session: Session, script: Script) -> list[Step]:
    """The labelled questions of a script that have an answer, in order: the lines of its review."""
    return [step for step in script.steps if step.ask and step.label and step.id in session.fields]


def show_all(talk: Talk) -> list[Show]:
    """All that the turn says in as few messages as fit: urgent ones alone and first, the question last."""
    urgent = [Show(piece.text, urgent=True) for piece in talk.pieces if piece.urgent]
    texts = [piece.text for piece in talk.pieces if not piece.urgent]
    found = open_step(talk.scripts, talk.session) if talk.asked else None
    if found is None:
        buttons = _done_button(talk) if talk.settle else ()
        shows = [Show(text, buttons, settle=talk.settle, push=talk.push) for text in _joined(texts)]
        return [*urgent, *shows]
    _, script, step = found
    *before, last = _joined([*texts, _asked(talk, script, step)])
    # A question that is shown for the first time never waits for the end of a burst.
    repeated = talk.session.shown == talk.open and not talk.ticks and talk.push is None
    asked = Show(
        last,
        _buttons(talk, script, step),
        repeated and (talk.settle or talk.burst),
        push=talk.push,
        question=f"{script.id}.{step.id}",
        again=talk.ticks,
    )
    return [*urgent, *(Show(text, push=talk.push) for text in before), asked]


def _joined(texts: list[str]) -> list[str]:
    out: list[str] = []
    for text in texts:
        if out and len(out[-1]) + 2 + len(text) <= LONGEST:
            out[-1] = f"{out[-1]}\n\n{text}"
        else:
            out.append(text)
    return out


def _asked(talk: Talk, script: Script, step: Step) -> str:
    said = talk.sentence(step.say, script).replace("{sisa}", str(max(1, ahead(talk))))
    if step.ask is Kind.TEXT and step.id in talk.session.told and not step.again:
        said = talk.message("teruskan") or said
    lines = [said.strip()]
    if step.ask is Kind.REVIEW:
        lines.append(_review(talk, script))
    footer = talk.message(_FOOTERS.get(step.ask or Kind.CHOICE, "kaki"))
    return "\n".join(line for line in (*lines, footer) if line)


def _review(talk: Talk, script: Script) -> str:
    states = {"nilai": "terisi"}
    rows = []
    for number, step in enumerate(review_fields(talk.session, script), 1):
        status = talk.session.fields[step.id]
        rows.append(f"{number} {step.label}: {talk.message(states.get(status, status))}")
    return "\n".join(rows)


def _buttons(talk: Talk, script: Script, step: Step) -> tuple[tuple[Button, ...], ...]:
    table: ChoiceTable = talk.lexicon.choices(script.id, step)
    first = 1 + (len(review_fields(talk.session, script)) if step.ask is Kind.REVIEW else 0)
    rows = tuple(
        (Button(choice.label or "", choice.id, number, choice.id in talk.session.picked),)
        for number, choice in enumerate(table.shown, first)
    )
    several = step.ask is Kind.CHOICES or (step.ask is Kind.TEXT and step.id in talk.session.told)
    return (*rows, *_done_button(talk)) if several else rows


def _done_button(talk: Talk) -> tuple[tuple[Button, ...], ...]:
    label = talk.message("tombol_selesai")
    return ((Button(label, DONE),),) if label else ()
