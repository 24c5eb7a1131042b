"""What reaches the conversation otherwise than in words: buttons, recordings, pictures, places, cards, codes, edits."""

from bot.engine import answering
from bot.engine.answering import Place, choose, end_text, place, skip
from bot.engine.asking import DONE, SKIP, open_step
from bot.engine.effects import DropMedia, KeepMedia
from bot.engine.events import Chose, CodeTried, Edited, SentContact, SentMedia, SentOther, SentPlace
from bot.engine.hearing import is_away, keep_story, story_from_nothing, welcome_back
from bot.engine.misheard import A_STORY
from bot.engine.reading import ALONE, phone_number
from bot.engine.running import advance, open_script
from bot.engine.safety import check, comfort, listen
from bot.engine.script import Kind
from bot.engine.talk import DARURAT, FOTO, LAPOR, MENU, PLACE, STORY, Talk
from bot.engine.text import empty, word_count

#: More pictures than this wait for one answer only by mistake or malice.
MOST_PICTURES = 30
_SOUND = frozenset({"voice", "audio"})


def chose(talk: Talk, event: Chose) -> None:
    """A button. An old one changes nothing, but for the call for help."""
    talk.set(paused=False)
    here = open_step(talk.scripts, talk.session)
    if here is None or event.shown != talk.session.shown or not _pressed(talk, here, event.choice):
        _stale(talk, event.choice)
    check(talk)


def _pressed(talk: Talk, here: Place, name: str) -> bool:
    _, script, step = here
    choice = talk.lexicon.choices(script.id, step).get(name)
    if step.ask is Kind.CHOICES and choice is not None:
        _tick(talk, name)
        return True
    if step.ask is Kind.CHOICES and name == DONE and talk.session.picked:
        choose(talk, here, talk.session.picked, None)
    elif step.ask is Kind.TEXT and name == DONE:
        end_text(talk, here)
    elif choice is not None:
        choose(talk, here, (name,), None)
    elif name in {DONE, SKIP} and step.ask is not Kind.REVIEW:
        skip(talk, here, None)
    else:
        return False
    advance(talk)
    return True


def _tick(talk: Talk, name: str) -> None:
    picked = talk.session.picked
    if name in picked:
        picked = tuple(other for other in picked if other != name)
    elif name in ALONE:
        picked = (name,)
    else:
        picked = (*(other for other in picked if other not in ALONE), name)
    talk.set(picked=picked)
    talk.asked = talk.ticks = True


def _stale(talk: Talk, name: str) -> None:
    if name == DARURAT:
        open_script(talk, DARURAT)
        advance(talk)
    elif open_step(talk.scripts, talk.session) is not None:
        talk.asked = True
    else:
        talk.say_key("tombol_lama")


def sent_media(talk: Talk, event: SentMedia) -> None:
    """A recording is kept at once; a picture or film is asked about first. Its caption is words like any others."""
    wants_to_die = listen(talk, event.caption)
    away = is_away(talk) and bool(talk.session.stack)
    talk.set(paused=False)
    here = None if away else open_step(talk.scripts, talk.session)
    words = None if empty(event.caption) else event.caption
    if event.kind in _SOUND:
        _recording(talk, here, event.media, words, away=away)
    else:
        _picture(talk, here, event.media, words)
    if wants_to_die:
        talk.raise_alarm()
        comfort(talk)
    check(talk)


def _recording(talk: Talk, here: Place | None, media: str, words: str | None, *, away: bool) -> None:
    if here is not None and here[2].ask is Kind.TEXT:
        answering.told(talk, here, words, media)
        talk.cause(KeepMedia(media, here[2].id))
        talk.say_key("dicatat_teks")
        talk.settle = True
        return
    talk.cause(KeepMedia(media, STORY))
    if here is None and not away:
        story_from_nothing(talk, words, media=media)
        return
    keep_story(talk, words, media=media)
    _seal(talk, away=away)


def _seal(talk: Talk, *, away: bool) -> None:
    """Something was kept outside its question: the question once more, or whether to go on."""
    if away:
        welcome_back(talk)
        return
    talk.say_key("disimpan")
    talk.asked = True


def _picture(talk: Talk, here: Place | None, media: str, words: str | None) -> None:
    if words is not None and here is not None and here[2].ask is Kind.TEXT:
        answering.told(talk, here, words)
    elif words is not None:
        talk.joins = here is None and talk.session.sent != "no"
        keep_story(talk, words)
    already = bool(talk.session.waiting)
    if len(talk.session.waiting) < MOST_PICTURES:
        talk.set(waiting=(*talk.session.waiting, media))
    else:
        talk.cause(DropMedia(media))
        talk.say_key("foto_lepas")
    if here is not None and any(frame.script == FOTO for frame in talk.session.stack):
        # It waits with the others; a danger question that came in between stays where it is.
        talk.asked, talk.settle = True, already
        return
    if not talk.session.stack and talk.session.sent == "no":
        open_script(talk, LAPOR)
    open_script(talk, FOTO)
    advance(talk)


def sent_place(talk: Talk, event: SentPlace) -> None:
    """A location answers the open `place` question; anywhere else it is kept as the place all the same."""
    extra = {"lat": f"{event.latitude:.6f}", "lon": f"{event.longitude:.6f}"}
    away = is_away(talk) and bool(talk.session.stack)
    talk.set(paused=False)
    here = None if away else open_step(talk.scripts, talk.session)
    if here is not None and here[2].ask is Kind.PLACE:
        place(talk, here, None, extra)
        advance(talk)
    else:
        talk.joins = here is None and not away and talk.session.sent != "no"
        talk.keep(PLACE, Kind.PLACE, "nilai", ("ada",), None, talk.label_of(PLACE), extra=extra)
        talk.set(fields={**talk.session.fields, PLACE: "nilai"}, values={**talk.session.values, PLACE: ("ada",)})
        talk.holds("tempat")
        if here is not None or away:
            _seal(talk, away=away)
        elif talk.session.sent != "no":
            talk.say_key("diterima")
        else:
            talk.say_key("disimpan")
            open_script(talk, LAPOR)
            advance(talk)
    check(talk)


def sent_contact(talk: Talk, event: SentContact) -> None:
    """A contact card counts only where a number is being asked for; anywhere else nothing of it is kept."""
    talk.set(paused=False)
    here = open_step(talk.scripts, talk.session)
    number = phone_number(event.phone)
    if here is not None and here[2].ask is Kind.PHONE and number is not None:
        answering.phone(talk, here, number)
        advance(talk)
    else:
        talk.say_key("nomor_salah" if here is not None and here[2].ask is Kind.PHONE else "kontak_ditolak")
        show_again(talk)


def sent_other(talk: Talk, event: SentOther) -> None:
    """A sticker and its like hold no words: said kindly, and the question once more. "too_big": a file too large."""
    talk.say_key("berkas_besar" if event.kind == "too_big" else "tidak_terbaca")
    if is_away(talk) and talk.session.stack:
        welcome_back(talk)
    else:
        show_again(talk)


def show_again(talk: Talk) -> None:
    """The open question once more; the first screen if nothing is open and nothing was sent."""
    if open_step(talk.scripts, talk.session) is not None:
        talk.asked = True
    elif not talk.session.stack and talk.session.sent == "no":
        open_script(talk, MENU)
        advance(talk)


def edited(talk: Talk, event: Edited) -> None:
    """A changed message joins the story as an addition and moves nothing."""
    wants_to_die = listen(talk, event.text)
    if not empty(event.text) and (talk.session.draft or word_count(event.text) >= A_STORY or talk.pending):
        talk.joins = not talk.session.stack and talk.session.sent != "no"
        keep_story(talk, event.text, extra={"ubahan": "ya"})
        talk.say_key("disimpan")
        talk.settle = True
    if wants_to_die:
        talk.raise_alarm()
        comfort(talk)
    check(talk)


def code_tried(talk: Talk, event: CodeTried) -> None:
    """The intake looked a receipt code up."""
    talk.set(paused=False)
    here = open_step(talk.scripts, talk.session)
    if here is not None and here[2].ask is Kind.CODE and event.ok:
        answering.code(talk, here)
        advance(talk)
    else:
        if not event.ok:
            talk.say_key("kode_salah")
        show_again(talk)


def moved(talk: Talk, text: str) -> None:
    """The set changed under an open question: what is said now was meant for another one, so it is only kept."""
    wants_to_die = listen(talk, text)
    if word_count(text) >= A_STORY:
        keep_story(talk, text)
        talk.say_key("disimpan")
    if open_step(talk.scripts, talk.session) is None:
        advance(talk)
    show_again(talk)
    if wants_to_die:
        talk.raise_alarm()
        comfort(talk)
    check(talk)
