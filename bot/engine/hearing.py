"""What the person writes, at an open question or while nothing is being asked."""

from bot.engine import answering
from bot.engine.acts import submit
from bot.engine.answering import Place, choose, end_text, skip
from bot.engine.asking import ONE_HOUR, open_step, question, review_fields
from bot.engine.effects import Alarm, Clear
from bot.engine.misheard import A_STORY, ask_back, worth_keeping
from bot.engine.reading import Reading, read
from bot.engine.running import advance, follow, go_back, leave, open_script
from bot.engine.safety import check, comfort, listen, only_answered
from bot.engine.script import Kind
from bot.engine.talk import DARURAT, HAPUS, LANJUT, LAPOR, MENU, SALAM, STORY, Talk
from bot.engine.text import forms, number_word, word_count

#: Scripts that hold nothing one could come back to.
_PASSING = frozenset({MENU, SALAM, LANJUT, HAPUS})


def said(talk: Talk, text: str, *, to_officer: bool = False) -> None:
    """A message in words."""
    away = is_away(talk)
    wants_to_die = listen(talk, text)
    if to_officer and _for_officer(talk, text):
        _tell_officer(talk, text)
    elif away and not forms_open(talk, text) and _pending(talk):
        _come_back(talk, text)
    else:
        talk.set(paused=False)
        if away and not _pending(talk):
            talk.set(stack=())
        here = open_step(talk.scripts, talk.session)
        if here is None:
            from_nothing(talk, text, wants_to_die=wants_to_die)
        else:
            _at_question(talk, here, text)
    if wants_to_die:
        talk.raise_alarm()
        comfort(talk)
    check(talk)


def _for_officer(talk: Talk, text: str) -> bool:
    """Whether words written right after an officer's message are meant for the officer, however few they are.

    The report was sent, so no draft waits for them; words that move or open something stay what they are.
    """
    here = open_step(talk.scripts, talk.session)
    message = forms(text)
    moves = talk.lexicon.opener(message) or talk.lexicon.control.one(message)
    return talk.session.draft_sent and not moves and (here is None or here[2].ask is not Kind.TEXT)


def _tell_officer(talk: Talk, text: str) -> None:
    """What is said to the officer joins the case; the question that stood open goes on standing there."""
    talk.set(paused=False)
    talk.joins = True
    keep_story(talk, text)
    talk.say_key("diterima")


def is_away(talk: Talk) -> bool:
    """Whether the person paused, or was silent for an hour."""
    return talk.session.paused or talk.now - talk.session.last_at >= ONE_HOUR


def _pending(talk: Talk) -> bool:
    return any(frame.script not in _PASSING for frame in talk.session.stack)


def forms_open(talk: Talk, text: str) -> bool:
    """Whether the whole message opens a script or leaves at once: that needs no question first."""
    message = forms(text)
    return bool(talk.lexicon.opener(message)) or talk.lexicon.control.one(message) in {"keluar", "kirim"}


def _come_back(talk: Talk, text: str) -> None:
    """The next message after a silence: a real text is sealed without comment, then one question."""
    if word_count(text) >= A_STORY:
        keep_story(talk, text)
    welcome_back(talk)


def welcome_back(talk: Talk) -> None:
    """Ask whether to go on where the conversation stopped."""
    talk.set(paused=False)
    open_script(talk, LANJUT)
    advance(talk)


def keep_story(talk: Talk, words: str | None, *, media: str | None = None, extra: dict[str, str] | None = None) -> None:
    """Something told outside its question: it belongs to the story. Where a case is open it joins it."""
    talk.keep(STORY, Kind.TEXT, "nilai", ("ada",), words, talk.label_of(STORY), extra=extra, media=media)
    talk.tell(STORY)
    talk.holds("suara" if media else "cerita")


def from_nothing(talk: Talk, text: str, *, wants_to_die: bool = False) -> None:
    """Nothing is being asked: what a first message opens (FLOWS.md rule 3)."""
    opens = first(talk, text)
    if opens == STORY:
        story_from_nothing(talk, text)
    elif opens is None:
        _move_from_nothing(talk, talk.lexicon.control.one(forms(text)) or "")
    elif wants_to_die:
        keep_story(talk, text)
    else:
        open_script(talk, opens, anew=True)
        advance(talk)


def first(talk: Talk, text: str) -> str | None:
    """The script that a first message opens, "cerita" for a story, None for a move."""
    message = forms(text)
    if script := talk.lexicon.opener(message):
        return script
    if talk.lexicon.control.one(message):
        return None
    danger = talk.lexicon.danger.find(text)
    if talk.lexicon.greets(message) or not word_count(text) or _is_number(message.tokens):
        return MENU
    if talk.session.sent == "no" and word_count(text) == 1 and danger is None:
        return MENU
    return STORY


def _is_number(tokens: list[str]) -> bool:
    return len(tokens) == 1 and number_word(tokens[0]) is not None


def story_from_nothing(talk: Talk, words: str | None, *, media: str | None = None) -> None:
    """A story or recording that nothing asked for: it joins the open case, or begins a report."""
    if talk.session.sent != "no":
        talk.joins = True
        keep_story(talk, words, media=media)
        talk.say_key("diterima")
        return
    keep_story(talk, words, media=media)
    talk.say_key("disimpan")
    open_script(talk, LAPOR)
    advance(talk)


def _move_from_nothing(talk: Talk, move: str) -> None:
    if move == "keluar":
        _quit(talk)
    elif move == "kirim" and talk.session.draft:
        submit(talk)
    elif move == "simpan":
        talk.say_key("jeda")
    elif move == "kembali" and go_back(talk):
        advance(talk)
    elif talk.session.sent != "no":
        talk.say_key("di_sini")
    else:
        open_script(talk, MENU)
        advance(talk)


def _at_question(talk: Talk, here: Place, text: str) -> None:
    _, script, step = here
    reading = read(talk.lexicon, question(talk.scripts, talk.session, script, step), text, talk.now)
    if reading.what == "control":
        _MOVES[reading.ids[0]](talk, here)
    elif reading.what == "opens":
        if reading.ids[0] == DARURAT and any(frame.script == DARURAT for frame in talk.session.stack):
            # A second call in the same emergency: nobody may think that it was not heard.
            talk.say_key("kuat", urgent=True)
            talk.alarm(Alarm("pintu"))
        open_script(talk, reading.ids[0], anew=True)
        advance(talk)
    elif reading.what == "words" and step.ask is Kind.TEXT:
        answering.told(talk, here, text)
        talk.say_key("dicatat_teks")
        talk.settle = True
    elif reading.what in {"unclear", "many"}:
        _not_understood(talk, here, reading, text)
    else:
        _answered(talk, here, reading, text)
        advance(talk)


def _answered(talk: Talk, here: Place, reading: Reading, text: str) -> None:
    what = reading.what
    if what == "pick":
        only_answered(talk)
        choose(talk, here, reading.ids, text)
    elif what == "item":
        _reopen(talk, here, reading.number)
    elif what == "unknown":
        skip(talk, here, text, unknown=True)
    elif what in {"date", "age"}:
        answering.value(talk, here, reading, text)
    elif what == "phone":
        answering.phone(talk, here, reading.text)
    elif what == "secret":
        answering.secret(talk, here, reading.text)
    elif here[2].ask is Kind.PLACE:
        answering.place(talk, here, text)
    else:
        answering.own_words(talk, here, text)


def _reopen(talk: Talk, here: Place, number: int) -> None:
    """A line of the review is asked again; from there only what is newly due is asked or said."""
    _, script, review = here
    step = review_fields(talk.session, script)[number - 1]
    talk.set_top(at=step.id, reask=True, until=review.id)


def _not_understood(talk: Talk, here: Place, reading: Reading, text: str) -> None:
    step = here[2]
    talk.asked = True
    if step.doors and (word_count(text) >= A_STORY or talk.lexicon.danger.find(text)):
        # The first screen says that a story may be written right there.
        leave(talk, ended=False)
        talk.asked = False
        story_from_nothing(talk, text)
        talk.asked = talk.asked or bool(talk.session.stack)
        return
    if talk.lexicon.greets(forms(text)):
        return
    if worth_keeping(talk, here, text):
        keep_story(talk, text)
        talk.say_key("disimpan")
        return
    ask_back(talk, here, several=reading.what == "many")


def again(talk: Talk, _: Place | None = None) -> None:
    """ULANG: the open question once more."""
    talk.asked = True


def _back(talk: Talk, _: Place) -> None:
    if go_back(talk):
        advance(talk)
    else:
        again(talk)


def _skip(talk: Talk, here: Place) -> None:
    step = here[2]
    if step.ask is Kind.REVIEW:
        again(talk)
        return
    if step.ask is Kind.TEXT:
        _end_story(talk, here)
    else:
        skip(talk, here, None)
        advance(talk)


def _end_story(talk: Talk, here: Place) -> None:
    """The story is told: the danger question, if it waits, comes before anything else."""
    end_text(talk, here)
    check(talk)
    advance(talk)


def _done(talk: Talk, here: Place) -> None:
    step = here[2]
    if step.ask is Kind.TEXT:
        _end_story(talk, here)
    elif step.ask is Kind.CHOICES and talk.session.picked:
        choose(talk, here, talk.session.picked, None)
        advance(talk)
    elif step.ask is Kind.REVIEW and talk.session.draft_sent:
        # Everything is sent already: "sudah" ends the review as KIRIM does.
        follow(talk, step, step.goto)
        advance(talk)
    else:
        # Often still meant for the story before: no reproach, only the question.
        again(talk)


def _send(talk: Talk, here: Place) -> None:
    """KIRIM: wherever `lapor` is open, or a draft is there, what is there goes; the other questions follow."""
    step = here[2]
    if not talk.session.draft and all(frame.script != LAPOR for frame in talk.session.stack):
        _not_understood(talk, here, Reading("unclear"), "")
        return
    submit(talk)
    if step.ask is Kind.TEXT and step.id in talk.session.told:
        _end_story(talk, here)
    else:
        advance(talk)


def _pause(talk: Talk, _: Place) -> None:
    talk.set(paused=True)
    talk.say_key("jeda")


def _quit(talk: Talk, _: Place | None = None) -> None:
    talk.cause(Clear())
    talk.pieces.clear()
    talk.say_key("keluar")
    talk.set(paused=bool(talk.session.stack))


def _cancel(talk: Talk, _: Place) -> None:
    leave(talk, ended=False)
    advance(talk)


def _elsewhere(talk: Talk, _: Place) -> None:
    """BUKA and KODE are answered by the intake; here the question only stays open."""
    again(talk)


_MOVES = {
    "kembali": _back,
    "ulang": again,
    "lewati": _skip,
    "selesai": _done,
    "kirim": _send,
    "simpan": _pause,
    "keluar": _quit,
    "batal": _cancel,
    "buka": _elsewhere,
    "kode": _elsewhere,
}
