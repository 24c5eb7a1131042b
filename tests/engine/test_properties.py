"""What holds for every conversation, whatever is said, pressed, sent or waited."""

import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.engine import effects as fx
from bot.engine import events as ev
from bot.engine.lexicon import lexicon
from bot.engine.script import Kind, ScriptSet
from bot.engine.session import Session, new
from bot.engine.step import asking, asking_kind, migrate, step
from bot.engine.text import forms, word_count
from tests.engine.play import MONDAY, Player, shipped, without

SET = shipped()
#: The same scripts with holes in them, as an edit might leave them.
OTHERS = (
    without(SET, "lapor", "luka", "jenis", "siapa"),
    without(SET, "lapor", *(one.id for one in SET.scripts["lapor"].steps if one.id != "tutup")),
    without(SET, "cek", "bahaya_lagi"),
)
COMMANDS = (
    "halo lapor darurat menu petugas tanya hapus status kembali ulang lewati 0 selesai kirim simpan keluar batal buka "
    "ya tidak 1 2 3 4 5 1,3 13 12 kmrn aman jangan aku lanjut tolong"
)
WORDS = (
    *COMMANDS.split(),
    "aku takut pulang ke rumah",
    "papa pukul aku tadi malam",
    "aku dipukul sekarang",
    "dia bawa pisau dan marah",
    "aku pengen mati aja",
    "ga tau",
    "dekat pasar sepinggan",
    "besok dia datang lagi kesini",
    "081234567890",
    "kls 3 sd",
    "\U0001f62d\U0001f62d",
    "",
    "\x00",
    "\ud800 satu dua tiga",
    "\u202eterbalik semua kata ini",
    "x" * 4096,
    "kata " * 819,
    "*tebal* {sisa} {jawaban} {kanal}",
)
CHOICES = (
    "ya",
    "tidak",
    "tidak_tahu",
    "selesai",
    "lewati",
    "darurat",
    "lapor",
    "disentuh",
    "ragu",
    "sekarang",
    "hapus",
    "kirim",
    "?",
)

words = st.sampled_from(WORDS) | st.text(st.characters(), max_size=40)
media = st.integers(0, 10**6).map(str)
events: st.SearchStrategy[ev.Event] = st.one_of(
    st.builds(ev.Said, words),
    st.builds(ev.Said, words),
    st.builds(ev.Chose, st.integers(-1, 60), st.sampled_from(CHOICES)),
    st.builds(ev.SentMedia, media, st.sampled_from(("voice", "audio", "photo", "video", "document")), words),
    st.builds(ev.SentPlace, st.floats(-90, 90), st.floats(-180, 180)),
    st.builds(ev.SentContact, st.sampled_from(("+6281234567890", "", "abc"))),
    st.just(ev.SentOther("sticker")),
    st.builds(ev.Edited, words),
    st.builds(ev.CodeTried, st.booleans()),
    st.just(ev.Waited()),
)
#: A press of the open question's own button, by its place; what a person does most.
moves = st.one_of(events, st.integers(0, 11))
pauses = st.sampled_from((0, 1, 5, 20, 61, 190, 3700, 3700, 90000, -50))
talks = st.lists(st.tuples(moves, pauses), max_size=25)


def play(talk: list[tuple[ev.Event | int, int]], player: Player) -> Player:
    for move, seconds in talk:
        event, before = _event(player, move), player.session
        player.send(event, seconds=seconds)
        _holds_after(player, event, before)
    return player


def _event(player: Player, move: ev.Event | int) -> ev.Event:
    if not isinstance(move, int):
        return move
    buttons = [button for show in player.shows for row in show.buttons for button in row]
    return ev.Chose(player.session.shown, buttons[move % len(buttons)].choice if buttons else "selesai")


def _holds_after(player: Player, event: ev.Event, before: Session) -> None:
    turn = player.turn
    if before.draft_sent and player.kept() and not player.did(fx.Renew):
        assert any(player.did(letter) for letter in (fx.More, fx.Alarm, fx.Submit)), "an answer did not join the case"
    assert not player.did(fx.ToHuman), player.log[-3:]
    for show in player.shows:
        assert show.text.strip()
        assert len(show.text) <= 1400
        assert "{sisa}" not in show.text
        assert all(len(button.choice) <= 40 and button.label for row in show.buttons for button in row)
    if not isinstance(event, ev.Waited | ev.Edited):
        assert player.shows, "a person was left without an answer"
    names = [type(effect) for effect in turn.effects]
    if fx.Show in names:
        assert all(name is fx.Show for name in names[names.index(fx.Show) :])
    assert len(json.dumps(turn.session.to_json())) < 6000
    if turn.wake_at is not None:
        assert turn.wake_at > turn.session.last_at


@settings(max_examples=200, deadline=None)
@given(talks)
def test_no_sequence_of_events_crashes_the_engine_or_leaves_a_person_unanswered(
    talk: list[tuple[ev.Event | int, int]],
) -> None:
    play(talk, Player())


@settings(max_examples=300, deadline=None)
@given(talks)
def test_every_text_of_three_words_is_kept(talk: list[tuple[ev.Event | int, int]]) -> None:
    player = Player()
    for move, seconds in talk:
        event = _event(player, move)
        told = player.session
        kind = asking_kind(player.scripts, told)
        player.send(event, seconds=seconds)
        if isinstance(event, ev.Said | ev.Edited) and word_count(event.text) >= 3:
            secret = kind in {Kind.SECRET, Kind.CODE, Kind.PHONE}
            control = isinstance(event, ev.Said) and not player.kept() and _is_a_command(event.text)
            assert secret or control or any(keep.words == event.text for keep in player.kept()), (
                event,
                player.log[-3:],
            )


def _is_a_command(text: str) -> bool:
    words = lexicon(SET)
    return bool(words.control.one(forms(text)) or words.opener(forms(text)))


@settings(max_examples=100, deadline=None)
@given(talks)
def test_from_everywhere_a_guaranteed_path_leads_to_sent(talk: list[tuple[ev.Event | int, int]]) -> None:
    player = play(talk, Player())
    player.say("menu", "lapor")
    for _ in range(60):
        if player.session.sent == "submit":
            break
        player.say("kirim" if player.asking == "lapor.periksa" else "lewati")
    assert player.session.sent == "submit", player.log[-5:]


@settings(max_examples=100, deadline=None)
@given(talks)
def test_the_same_event_makes_the_same_turn(talk: list[tuple[ev.Event | int, int]]) -> None:
    player = Player()
    for move, seconds in talk:
        event = _event(player, move)
        before, now = player.session, player.now + timedelta(seconds=seconds)
        player.send(event, seconds=seconds)
        assert step(player.scripts, before, event, now) == player.turn


@settings(max_examples=100, deadline=None)
@given(talks, st.sampled_from(OTHERS), st.booleans(), talks)
def test_what_was_answered_survives_a_change_of_the_scripts(
    before: list[tuple[ev.Event | int, int]],
    live: ScriptSet,
    known: bool,
    after: list[tuple[ev.Event | int, int]],
) -> None:
    player = play(before, Player())
    old = player.session
    player.migrate(live, known=known)
    now = player.session
    assert (now.fields, now.values, now.told, now.content, now.sent) == (
        old.fields,
        old.values,
        old.told,
        old.content,
        old.sent,
    )
    play(after, player)


@settings(max_examples=100, deadline=None)
@given(talks)
def test_a_session_holds_no_words_and_survives_json(talk: list[tuple[ev.Event | int, int]]) -> None:
    player = play([(ev.Said("rahasiaku besar sekali"), 1), *talk, (ev.Said("rahasiaku besar sekali"), 1)], Player())
    stored = json.dumps(player.session.to_json())
    assert "rahasiaku" not in stored
    assert Session.from_json(json.loads(stored)) == player.session


@settings(max_examples=100, deadline=None)
@given(talks)
def test_silence_ends_by_itself(talk: list[tuple[ev.Event | int, int]]) -> None:
    player = play(talk, Player())
    held = player.session.has_content
    for _ in range(20):
        if player.turn.wake_at is None:
            break
        player.wait(hours=25)
    assert player.turn.wake_at is None
    assert player.session.draft_sent or not held, "a story was left lying"


def test_a_session_of_another_set_never_raises() -> None:
    session = new("gone", MONDAY)
    turn = step(SET, migrate(None, SET, session), ev.Said("halo"), MONDAY)
    assert asking(SET, turn.session) == "menu.pintu"


@pytest.mark.parametrize(
    "wrong", [ev.Chose(10**18, "\ud800"), ev.SentMedia("", "photo", "\x00"), ev.SentContact("\ud800")]
)
def test_odd_values_are_answered_calmly(wrong: ev.Event) -> None:
    player = Player().say("lapor").send(wrong)
    assert player.shows
    assert not player.did(fx.ToHuman)
