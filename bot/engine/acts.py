"""The eight effects of scripts as functions on the turn (FLOWS.md section 4); each may come twice and acts once."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.engine.effects import Alarm, Clear, Consult, DropMedia, Erase, Flag, KeepMedia, Receipt, Submit
from bot.engine.script import Effect, Kind
from bot.engine.session import Session
from bot.engine.talk import REPLY, STORY, Talk


def act(talk: Talk, effect: Effect) -> None:
    """Carry out an effect of a step or a choice."""
    _ACTS[effect](talk)


def _alarm(talk: Talk) -> None:
    talk.alarm(Alarm("pintu"))


def submit(talk: Talk) -> None:
    """Send what is there, even nothing, and say truthfully whether that is new."""
    new = talk.session.sent in {"no", "consult"}
    if talk.session.sent != "submit":
        talk.cause(Submit())
        talk.set(sent="submit", content=())
    talk.say_key("tersimpan" if new else "sudah_terkirim")


def _consult(talk: Talk) -> None:
    talk.cause(Consult())
    top = talk.top
    told = tuple(what for what in talk.session.content if what == "tempat")
    sent = "consult" if talk.session.sent == "no" else talk.session.sent
    talk.set(sent=sent, content=told, consulting=top.script if top is not None else None)


def _erase(talk: Talk) -> None:
    session = talk.session
    for media in session.waiting:
        talk.cause(DropMedia(media))
    if session.sent != "no":
        talk.cause(Flag("hapus"))
    if not session.draft_sent:
        talk.cause(Erase())
    if not session.draft_sent:
        talk.say_key("dihapus")
    if session.sent != "no":
        talk.say_key("hapus_petugas")
    talk.session = erased(session)


def erased(session: Session) -> Session:
    """The session after its answers were erased; what a case already holds is not forgotten here."""
    fresh = Session(session.set_hash, session.last_at, shown=session.shown, stack=session.stack)
    if session.sent == "no":
        return fresh
    still = replace(fresh, greeted=True, sent=session.sent, balas=session.balas, finished=session.finished, draft=True)
    if not session.draft_sent:
        return replace(still, draft=False)
    values = {name: value for name, value in session.values.items() if name == REPLY}
    return replace(
        still, fields=session.fields, values=values, told=session.told, pintu=session.pintu, kata=session.kata
    )


def _receipt(talk: Talk) -> None:
    talk.cause(Receipt())


def _clear(talk: Talk) -> None:
    talk.cause(Clear())


def _keep(talk: Talk) -> None:
    # Nothing below the question about the picture: it joins the case that is open.
    talk.joins = talk.joins or (talk.session.sent != "no" and len(talk.session.stack) == 1)
    for media in talk.session.waiting:
        talk.keep(STORY, Kind.TEXT, "nilai", ("ada",), None, talk.label_of(STORY), media=media)
        talk.cause(KeepMedia(media, STORY))
    if talk.session.waiting:
        talk.tell(STORY)
        talk.holds("cerita")
    talk.set(waiting=())


def _drop(talk: Talk) -> None:
    for media in talk.session.waiting:
        talk.cause(DropMedia(media))
    talk.set(waiting=())


_ACTS: Mapping[Effect, Callable[[Talk], None]] = {
    Effect.ALARM: _alarm,
    Effect.SUBMIT: submit,
    Effect.CONSULT: _consult,
    Effect.ERASE: _erase,
    Effect.RECEIPT: _receipt,
    Effect.CLEAR: _clear,
    Effect.KEEP: _keep,
    Effect.DROP: _drop,
}
