"""An answer to the open question: kept under its field, with what it causes, and on to what comes next."""

from collections.abc import Mapping
from datetime import date

from bot.engine.acts import act
from bot.engine.dates import Precision
from bot.engine.effects import Phone, SetSecret, Status
from bot.engine.reading import Reading
from bot.engine.running import follow
from bot.engine.safety import calm
from bot.engine.script import Choice, Kind, Script, Step
from bot.engine.session import Frame
from bot.engine.talk import CEK, DANGER, FOTO, HAPUS, LANJUT, REPLY, TEMANI, Talk, field_name

HAS = ("ada",)
UNKNOWN = "tidak_tahu"
#: KEMBALI does not lead to these: their moment is over.
_NEVER_AGAIN = frozenset({LANJUT, FOTO, HAPUS})
_REPLIES = frozenset({"aman", "pesan", "jangan"})
Place = tuple[Frame, Script, Step]


def choose(talk: Talk, here: Place, ids: tuple[str, ...], words: str | None) -> None:
    """One or several choices of the list; the first chosen `goto` is taken."""
    _, script, step = here
    table = talk.lexicon.choices(script.id, step)
    chosen = [choice for name in ids if (choice := table.get(name)) is not None]
    status: Status = "tidak_tahu" if ids == (UNKNOWN,) else "nilai"
    if step.ask is Kind.CHOICES and len(chosen) > 0:
        talk.say_key("dicatat", jawaban=", ".join(choice.label or choice.id for choice in chosen))
    shown = tuple(choice.label or "" for choice in chosen)
    _record(talk, here, status, ids, words, shown, kept=not step.doors)
    for choice in chosen:
        _carry_out(talk, script, choice)
    follow(talk, step, next((choice.goto for choice in chosen if choice.goto is not None), step.goto))


def _carry_out(talk: Talk, script: Script, choice: Choice) -> None:
    if choice.do is not None:
        act(talk, choice.do)
    talk.say(talk.sentence(choice.say, script))


def skip(talk: Talk, here: Place, words: str | None, *, unknown: bool = False) -> None:
    """`lewati` or "tidak tahu"; an answer that is already there stands until a new one comes."""
    _, script, step = here
    if step.label is not None and step.id in talk.session.fields:
        talk.remember(script.id, step.id)
        talk.set(unclear=0)
        if step.id == DANGER:
            calm(talk)
    elif unknown:
        _record(talk, here, "tidak_tahu", (UNKNOWN,), words, (), kept=not step.doors)
    else:
        _record(talk, here, "dilewati", ("lewati",), words, (), kept=not step.doors)
    follow(talk, step, step.goto)


def value(talk: Talk, here: Place, reading: Reading, words: str) -> None:
    """A date or an age that was read; echoed, so that a wrong guess can be put right."""
    step = here[2]
    extra: dict[str, str] = {}
    table = talk.lexicon.choices(here[1].id, step)
    answer = reading.ids[0]
    if reading.what == "date":
        choice = table.get(answer)
        shown = choice.label or answer if choice is not None else answer
        ids = (answer,) if choice is not None else HAS
        if reading.day is not None:
            extra = {"tanggal": reading.day.isoformat(), "ketelitian": reading.precision or "hari"}
            shown = f"{shown} ({_about(talk, reading.day, reading.precision or 'hari')})"
    else:
        shown, ids = talk.message(f"umur_{answer}") or answer, (answer,)
    talk.say_key("dicatat", jawaban=shown)
    _record(talk, here, "nilai", ids, words, (shown,), extra)
    follow(talk, step, step.goto)


def _about(talk: Talk, day: date, precision: Precision) -> str:
    """The day as precisely as it was told: "minggu lalu" is about a day, "bulan lalu" about a month."""
    days, months = talk.message("hari").split(), talk.message("bulan").split()
    if len(days) != 7 or len(months) != 12:
        return day.isoformat()
    month = f"{months[day.month - 1]} {day.year}"
    if precision == "hari":
        return f"{days[day.weekday()]}, {day.day} {month}"
    shown = {"minggu": f"{day.day} {month}", "bulan": month, "tahun": str(day.year)}[precision]
    return talk.message("sekitar").replace("{tanggal}", shown) or shown


def place(talk: Talk, here: Place, words: str | None, extra: dict[str, str] | None = None) -> None:
    """Where somebody is, in words or as a location."""
    step = here[2]
    _record(talk, here, "nilai", HAS, words, (), extra)
    talk.holds("tempat")
    follow(talk, step, step.goto)


def own_words(talk: Talk, here: Place, words: str) -> None:
    """An answer in the person's own words to a question that has no closed value for it."""
    step = here[2]
    _record(talk, here, "nilai", HAS, words, ())
    talk.holds("cerita")
    follow(talk, step, step.goto)


def phone(talk: Talk, here: Place, number: str) -> None:
    """A number that may be called; it goes its own way and never stands among the answers."""
    step = here[2]
    _record(talk, here, "nilai", HAS, None, ())
    talk.cause(Phone(number))
    follow(talk, step, step.goto)


def secret(talk: Talk, here: Place, word: str) -> None:
    """The kata rahasia: kept at intake, never sent."""
    step = here[2]
    _record(talk, here, "nilai", HAS, None, (), kept=False)
    talk.cause(SetSecret(word))
    follow(talk, step, step.goto)


def code(talk: Talk, here: Place) -> None:
    """A receipt code that the intake knows."""
    step = here[2]
    _record(talk, here, "nilai", HAS, None, (), kept=False)
    follow(talk, step, step.goto)


def told(talk: Talk, here: Place, words: str | None, media: str | None = None) -> None:
    """One message of a `text` answer; the question stays open until SELESAI."""
    _, script, step = here
    name = field_name(script.id, step)
    talk.keep(name, Kind.TEXT, "nilai", HAS, words, step.label or "", media=media)
    talk.tell(name)
    talk.holds("suara" if media else "cerita")
    talk.set(unclear=0)


def end_text(talk: Talk, here: Place) -> None:
    """SELESAI after a `text`: what was told stands; nothing told is skipped."""
    _, script, step = here
    if step.id not in talk.session.told:
        skip(talk, here, None)
        return
    talk.set(fields={**talk.session.fields, step.id: "nilai"})
    talk.remember(script.id, step.id)
    follow(talk, step, step.goto)


def _record(
    talk: Talk,
    here: Place,
    status: Status,
    ids: tuple[str, ...],
    words: str | None,
    shown: tuple[str, ...],
    extra: Mapping[str, str] | None = None,
    *,
    kept: bool = True,
) -> None:
    frame, script, step = here
    name = field_name(script.id, step)
    if kept:
        talk.keep(name, step.ask or Kind.CHOICE, status, ids, words, step.label or "", shown, dict(extra or {}))
    if step.label is not None:
        talk.set(fields={**talk.session.fields, name: status}, values={**talk.session.values, name: ids})
    else:
        done = frame.done if step.id in frame.done else (*frame.done, step.id)
        talk.set_top(values={**frame.values, step.id: ids}, done=done)
    if not step.doors and script.id not in _NEVER_AGAIN:
        talk.remember(script.id, step.id)
    talk.set(unclear=0, picked=())
    _special(talk, script, name, status, ids)


def _special(talk: Talk, script: Script, name: str, status: Status, ids: tuple[str, ...]) -> None:
    """Answers that the engine itself listens to."""
    if name == DANGER or script.id == CEK:
        calm(talk)
    if script.id == TEMANI:
        talk.set(watched=False)
    if name == REPLY:
        talk.set(balas=ids[0] if ids[0] in _REPLIES else None)
    if any(other.vary == name for other in talk.scripts.scripts.values()):
        talk.set(sapaan=ids[0] if status == "nilai" else None)
