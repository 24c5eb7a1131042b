"""Every kind of message and update that the Bot API describes, wherever it may come: a kind answer or silence.

Nothing escapes a turn, nothing becomes a teknis case, nothing moves a conversation that should stand, and nothing of it
reaches the group.
"""

import inspect
import itertools
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import telegram

from tests.conftest import Bench, Clock, Keys
from tests.e2e.harness import label, sentence
from tests.e2e.stage import GROUP, REPORTER, WORKER
from tests.holds import corpus
from tests.holds.hardened import Copies, HardenedStage, prepared

KINDS = corpus.messages()
AT_ONCE = 8
"""Messages of one batch: what they cause is less than a second's worth of what Telegram takes."""
PLACES = {
    # Where a person stands: what was said to get there, and a good message with what its answer holds.
    "nothing": ((), "lapor", "bahaya sekarang?"),
    "first question": (("lapor",), "tidak", "balas ke HP ini"),
    "a choice": (("lapor", "tidak", "aman"), "aku", "di mana"),
    "the story": (("lapor", "tidak", "aman", "aku", "0"), "selesai", ""),
}
ANSWERS = {
    "unreadable": sentence("umum", "tidak_terbaca"),
    "card": sentence("umum", "kontak_ditolak"),
    "large": sentence("umum", "berkas_besar"),
    "film": "badan tanpa baju",
}
PLAYED = [(kind, "message") for kind in KINDS] + [(kind, "edited_message") for kind in KINDS[::3]]
"""Each once as it was sent, and some as they were changed."""
_people = itertools.count(7_500_000_001)


@pytest.fixture(scope="module")
def copies(request: pytest.FixtureRequest, keys: Keys) -> Iterator[Copies]:
    with prepared(request, "sqlite", keys) as made:
        yield made


@pytest.fixture
async def stage(copies: Copies, keys: Keys) -> AsyncIterator[HardenedStage]:
    with copies() as databases:
        made = HardenedStage(databases, keys, Clock())
        yield made
        assert not await made.teknis()
        group = "\n".join(note.text for note in made.private.chats[GROUP])
        assert not [marker for marker in corpus.markers() if marker in group]
        await made.close()


def test_the_corpus_has_every_field_of_a_message_and_every_kind_of_update() -> None:
    fields = set(inspect.signature(telegram.Message.__init__).parameters)
    envelope = {"self", "message_id", "date", "chat", "from_user", "api_kwargs"}
    assert not fields - envelope - {name for kind in KINDS for name in kind.body}
    updates = set(inspect.signature(telegram.Update.__init__).parameters)
    played = {name for kind in corpus.updates() for name in kind.body}
    assert not updates - {"self", "update_id", "api_kwargs", "message", "edited_message"} - played
    origins = {kind.body["forward_origin"]["type"] for kind in KINDS if "forward_origin" in kind.body}
    assert origins == {"user", "hidden_user", "chat", "channel"}


@pytest.mark.parametrize("edited", [False, True], ids=["sent", "edited"])
@pytest.mark.parametrize("place", PLACES)
async def test_a_reporter_may_send_anything_anywhere(
    stage: HardenedStage, place: str, edited: bool, bench: Bench
) -> None:
    there, good, answer = PLACES[place]
    people = {next(_people): kind for kind in (KINDS[:: bench.rounds(3, 1)] if edited else KINDS)}
    await _all(stage, {person: [{"message": {"text": word}} for word in there] for person in people})
    before = {person: len(stage.public.chats[person]) for person in people}
    form = "edited_message" if edited else "message"
    await _all(stage, {person: [{form: kind.body}] for person, kind in people.items()})
    wrong = []
    for person, kind in people.items():
        said = "\n".join(note.text for note in stage.public.chats[person][before[person] :])
        silent = kind.expect == "service" or (edited and not (kind.body.get("text") or kind.body.get("caption")))
        wanted = "" if edited else ANSWERS.get(kind.expect, "")
        if bool(said) == silent or wanted not in said or len(said) > 2000:
            wrong.append(f"{kind.name}: {said!r}")
    assert not wrong, "\n".join(wrong)
    # The conversation goes on where it stood.
    stood = {person for person, kind in people.items() if edited or kind.expect in ("service", "unreadable", "card")}
    before = {person: len(stage.public.chats[person]) for person in people}
    await _all(stage, {person: [{"message": {"text": good}}] for person in people})
    for person, kind in people.items():
        said = "\n".join(note.text for note in stage.public.chats[person][before[person] :])
        assert said, kind.name
        assert person not in stood or answer in said, f"{kind.name}: {said!r}"


async def test_a_changed_message_answers_nothing(stage: HardenedStage) -> None:
    person = next(_people)
    await _all(stage, {person: [{"message": {"text": "lapor"}}]})
    for text in ("tidak", "ya", "1", "hapus", "kirim", "petugas", "darurat"):
        assert not await stage.turn("intake", _update(stage, person, "edited_message", {"text": text}), chat=person)
    said = await stage.turn("intake", stage.message(person, "tidak"), chat=person)
    assert "balas ke HP ini" in said[-1].text
    assert not await stage.cases()


async def test_whoever_waits_for_an_officer_may_send_anything(stage: HardenedStage) -> None:
    person = next(_people)
    await _all(stage, {person: [{"message": {"text": word}} for word in ("petugas", "halo kak ini aku", "selesai")]})
    for kind, form in PLAYED:
        said = "\n".join(
            note.text for note in await stage.turn("intake", _update(stage, person, form, kind.body), chat=person)
        )
        edited = form == "edited_message"
        silent = kind.expect == "service" or (edited and not (kind.body.get("text") or kind.body.get("caption")))
        assert bool(said) != silent, f"{kind.name}: {said!r}"
        assert edited or ANSWERS.get(kind.expect, "") in said
        if kind.expect == "film" and not edited:
            assert await stage.turn("intake", stage.message(person, "tidak"), chat=person)
    [(_case, read)] = await stage.cases()
    kept = [page.body["words"] for page in read if page.kind == "answer"]
    told = [kind for kind, _ in PLAYED if kind.body.get("text") or kind.body.get("caption")]
    assert len([words for words in kept if words and "ceritapenanda20" in words]) == len(told)


async def _all(stage: HardenedStage, updates: dict[int, list[dict[str, Any]]]) -> None:
    """Updates of each of these people, in order; a few people at a time."""
    waiting = list(updates.items())
    while waiting:
        batch, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
        made = [
            _update(stage, person, form, body) for person, many in batch for one in many for form, body in one.items()
        ]
        if made:
            await stage.feed("intake", *made)
            await stage.drain()


def _update(stage: HardenedStage, person: int, form: str, body: dict[str, Any]) -> dict[str, Any]:
    """`body` as a message of this person in private."""
    return {form: {**stage.message(person)["message"], "text": None, **body}}


# --- groups, and the desk ---------------------------------------------------------------------------------------------


async def test_the_public_bot_says_one_sentence_in_a_group_and_leaves(stage: HardenedStage) -> None:
    group = -1_001_900_000_777
    for kind, form in PLAYED:
        update = {form: stage.message(REPORTER, "", group)["message"] | {"text": None} | kind.body}
        said = await stage.turn("intake", update, chat=group)
        spoken = form == "message" and bool(kind.body.get("text"))
        assert [note.text for note in said] == [sentence("umum", "bukan_grup")] * spoken, kind.name
        assert len(stage.public.left) == spoken  # type: ignore[attr-defined]
        stage.public.left.clear()  # type: ignore[attr-defined]
    assert not stage.public.chats[REPORTER]


@pytest.mark.parametrize("busy", [None, "tombol_balas", "tombol_catatan"], ids=["nothing", "a reply", "a note"])
async def test_staff_may_send_anything_and_only_words_are_filed(stage: HardenedStage, busy: str | None) -> None:
    for word in ("lapor", "tidak", "aman", "aku", "0", "sekolahku sepi sekali", "selesai", "kirim"):
        await stage.feed("intake", stage.message(REPORTER, word))
    await stage.drain()
    await stage.press_label(label("tombol_ambil"), GROUP)
    await stage.press_label(label("tombol_buka"))
    asked = busy and KINDS[::6]
    for kind, form in (played for played in PLAYED if not asked or played[0] in asked):
        words = kind.body.get("text")
        if busy:
            await stage.press_label(label(busy))
        update = {form: stage.message(WORKER)["message"] | {"text": None} | kind.body}
        said = "\n".join(note.text for note in await stage.turn("desk", update, chat=WORKER))
        if form == "edited_message":
            wanted = sentence("petugas", "ubahan_tidak_ikut") if words or kind.body.get("caption") else ""
        elif words:
            wanted = sentence("petugas", "balasan" if busy == "tombol_balas" else "dicatat")
        else:
            wanted = "" if kind.expect == "service" else sentence("petugas", "hanya_teks")
        assert (wanted in said) if wanted else not said, f"{kind.name}: {said!r}"
    await stage.passes_by(15)
    [(_, pages)] = await stage.cases()
    filed = [page.body["text"] for page in pages if page.kind in ("note", "reply")]
    assert filed == [kind.body["text"] for kind in asked or KINDS if kind.body.get("text")]


async def test_strangers_at_the_desk_and_everybody_in_its_group_hear_nothing(stage: HardenedStage) -> None:
    stranger = next(_people)
    moves = [kind for kind in KINDS if "migrate_to_chat_id" in kind.body]
    assert len(moves) == 1
    for kind, form in PLAYED:
        update = {form: stage.message(stranger)["message"] | {"text": None} | kind.body}
        assert not await stage.turn("desk", update, chat=stranger), kind.name
        if kind not in moves:
            for person in (stranger, WORKER):
                there = {form: stage.message(person, "", GROUP)["message"] | {"text": None} | kind.body}
                assert not await stage.turn("desk", there, chat=GROUP), kind.name
    assert not stage.private.chats[WORKER]
