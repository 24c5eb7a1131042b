"""Malformed updates in good batches, forged and old buttons, mutated JSON: only what is broken is lost, and counted."""

import asyncio
import copy
import itertools
import json
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from bot.channels import raw_json
from bot.channels.inbound import Bot, Inbound
from bot.channels.telegram_poll import Poller
from handoff import invites, people, staff
from handoff.words import StaffRole
from tests.conftest import Bench, Clock, Keys
from tests.e2e.harness import label, sentence
from tests.e2e.stage import GROUP, REPORTER, WORKER, Note
from tests.holds import corpus
from tests.holds.hardened import Copies, HardenedStage, prepared

STRANGER, SECOND = 7_000_003, 7_000_004
_people = itertools.count(7_800_000_001)


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
        await made.close()


# --- malformed updates ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bot", ["intake", "desk"])
async def test_one_malformed_update_costs_its_neighbours_nothing_and_is_counted(bot: Bot, clock: Clock) -> None:
    handled: list[Inbound] = []
    reports: list[str] = []
    numbers, messages = itertools.count(1), itertools.count(1)

    async def handle(inbound: Inbound) -> None:
        handled.append(inbound)

    poller = Poller(bot, None, handle, reports.append, clock.monotonic)  # type: ignore[arg-type]
    for raw in corpus.malformed():
        first, middle, last = (next(numbers) for _ in range(3))
        good = [
            json.dumps({"update_id": number, "message": message(next(messages), person)})
            for number, person in ((first, REPORTER), (last, STRANGER))
        ]
        batch = raw_json.loads(f"[{good[0]}, {raw.numbered(middle)}, {good[1]}]")
        handled.clear()
        reports.clear()
        assert await poller.take(batch), raw.name
        assert len(handled) == 2 + (raw.expect == "read"), raw.name
        assert reports == ["update_malformed"] * (raw.expect == "malformed"), raw.name
        assert poller._next_offset() == last + 1, raw.name


def message(number: int, person: int) -> dict[str, Any]:
    chat = {"id": person, "type": "private"}
    return {"message_id": number, "date": 1_795_400_000, "chat": chat, "from": {"id": person}, "text": "halo"}


async def test_what_only_accompanies_words_never_costs_them(stage: HardenedStage) -> None:
    read = [raw for raw in corpus.malformed() if raw.expect == "read" and "sekali kak" in raw.text]
    for word in ("lapor", "tidak", "aman", "aku", "0"):
        await stage.feed("intake", stage.message(5001, word))
    for number, raw in enumerate(read):
        text = raw.numbered(stage.number()).replace('"message_id": 61', f'"message_id": {6100 + number}')
        assert await stage.pollers["intake"].take([raw_json.loads(text)])
    await stage.turn("intake", stage.message(5001, "petugas"), chat=5001)
    [(_, pages)] = await stage.cases()
    assert [page.body.get("words") for page in pages].count("aku takut sekali kak") == len(read) > 15


# --- buttons ----------------------------------------------------------------------------------------------------------

FORGED = [
    "", "q", "q1", "q1:", ":", "-", "q1:ya", "q-1:ya", "q1:ya:ya", "q٣:ya", "q99999999999999999999:ya", "x" * 64,
    "x" * 5000, "\0", "\ud800", "ambil", "A" * 22, "_" * 22, "{kode}", "q1:{kode}", "../x", "q1:" + "y" * 61,
]  # fmt: skip


async def test_no_forged_or_old_button_answers_a_question(stage: HardenedStage) -> None:
    await stage.turn("intake", stage.message(REPORTER, "lapor"), chat=REPORTER)
    question = stage.public.chats[REPORTER][-1]
    assert "bahaya sekarang?" in question.text
    old = next(iter(question.buttons.values()))
    await stage.turn("intake", stage.message(REPORTER, "tidak"), chat=REPORTER)
    # One that would fit the open question, were it not for the number of an earlier one.
    for data in (*FORGED, old, f"{old.partition(':')[0]}:aman"):
        said = await stage.turn("intake", stage.press(REPORTER, question, data), chat=REPORTER)
        assert "balas ke HP ini" in said[-1].text, data[:30]
    for note in (Note(0, "", {}), Note(2**40, "", {})):
        said = await stage.turn("intake", stage.press(REPORTER, note, old), chat=REPORTER)
        assert "balas ke HP ini" in said[-1].text
    assert not await stage.cases()
    # Twenty presses at once are one answer.
    here = stage.public.chats[REPORTER][-1]
    pressed = [stage.press(REPORTER, here, here.buttons["Jangan balas"]) for _ in range(20)]
    said = await stage.turn("intake", *pressed, chat=REPORTER)
    assert "tentang siapa" in said[-1].text.lower()
    said = await stage.turn("intake", stage.message(REPORTER, "aku"), chat=REPORTER)
    assert "di mana" in said[-1].text


async def test_every_kind_of_update_that_holds_no_message_is_silent_or_asks_again(stage: HardenedStage) -> None:
    person = 7_300_000_091
    await stage.turn("intake", stage.message(person, "lapor"), chat=person)
    for bot, kind in itertools.product(("intake", "desk"), corpus.updates()):
        stage.handled.clear()
        said = await stage.turn(bot, kind.body, chat=person)  # type: ignore[arg-type]
        assert bool(stage.handled) == (kind.expect != "unserved"), kind.name
        assert bool(said) == (bot == "intake" and kind.expect == "stale"), kind.name
        assert all("bahaya sekarang?" in note.text for note in said)


async def test_no_button_of_the_desk_works_for_whom_it_was_not_made(copies: Copies, keys: Keys, bench: Bench) -> None:
    with copies() as databases:
        stage = HardenedStage(databases, keys, Clock())
        code = await stage.desk_store.write(partial(_invite, stage, "caseworker"))
        await stage.turn("desk", stage.message(SECOND, f"/start {code}"), chat=SECOND)
        for word in ("lapor", "tidak", "aman", "aku", "0", "sekolahku sepi sekali", "selesai", "kirim"):
            await stage.feed("intake", stage.message(REPORTER, word))
        await stage.drain()
        card = next(note for note in reversed(stage.private.chats[GROUP]) if "Ambil" in note.buttons)
        claim = card.buttons["Ambil"]
        for data in FORGED:
            await stage.feed("desk", stage.press(WORKER, card, data, GROUP))
        await stage.feed("desk", stage.press(STRANGER, card, claim, GROUP))
        await stage.drain()
        assert (await stage.cases())[0][0].owner is None
        assert sentence("petugas", "bukan_petugas") in stage.private.windows
        # Twenty presses at once, from two people: one owner, everybody is answered.
        answered = len(stage.private.windows)
        who = [WORKER, SECOND] * 10
        await stage.feed("desk", *(stage.press(person, card, claim, GROUP) for person in who))
        await stage.drain()
        assert len(stage.private.windows) == answered + 20
        owner, other = (WORKER, SECOND) if stage.private.chats[WORKER] else (SECOND, WORKER)
        await stage.press_label(label("tombol_buka"), owner, owner)
        mine = {data for note in stage.private.chats[owner] for data in note.buttons.values()}
        assert len(mine) > 4
        await stage.close()
        # After a restart they still work for their owner, and for nobody else anywhere.
        stage = HardenedStage(databases, keys, stage.clock)
        note = Note(1, "", {})
        for data in mine:
            await stage.feed("desk", stage.press(other, note, data), stage.press(other, note, data, GROUP))
            await stage.feed("desk", stage.press(STRANGER, note, data), stage.press(STRANGER, note, data, GROUP))
            await stage.feed("intake", stage.press(REPORTER, note, data))
        await stage.drain()
        assert not stage.private.chats[other] and not stage.private.chats[STRANGER]
        assert not [one for one in stage.private.chats[GROUP] if "sekolahku" in one.text]

        def leave(conn: Any) -> None:
            work = stage.work(conn)
            found = people.by_sender(work, owner)
            assert found is not None
            staff.remove(work, found)

        await stage.desk_store.write(leave)
        await stage.drain()
        told = len([one for one in stage.private.chats[owner] if one.text])
        for data in mine:
            await stage.feed("desk", stage.press(owner, note, data), stage.press(owner, note, data, GROUP))
        await stage.drain()
        assert len([one for one in stage.private.chats[owner] if one.text]) == told
        [(case, _)] = await stage.cases()
        assert case.owner is None
        await stage.close()


def _invite(stage: HardenedStage, role: StaffRole, conn: Connection) -> str:
    return invites.invite(stage.work(conn), "Budi", role)


async def test_only_the_second_person_who_was_asked_can_consent(stage: HardenedStage) -> None:
    roles: dict[int, StaffRole] = {SECOND: "coordinator", STRANGER: "caseworker"}
    for person, role in roles.items():
        code = await stage.desk_store.write(partial(_invite, stage, role))
        await stage.turn("desk", stage.message(person, f"/start {code}"), chat=person)
    for word in ("darurat", "0", "0", "aman", "tolong kak"):
        await stage.turn("intake", stage.message(REPORTER, word), chat=REPORTER)
    await stage.press_label(label("tombol_ambil"), GROUP)
    await stage.press_label(label("tombol_buka"))
    await stage.press_label(label("tombol_tutup"))
    await stage.press_label(label("hasil_ditangani"))
    await stage.turn("desk", stage.message(WORKER, "sudah aman"), chat=WORKER)
    asked = next(note for note in reversed(stage.private.chats[SECOND]) if label("tombol_setuju") in note.buttons)
    for person in (STRANGER, WORKER):
        for name in ("tombol_belum", "tombol_setuju"):
            await stage.turn("desk", stage.press(person, asked, asked.buttons[label(name)]), chat=person)
        [(case, _)] = await stage.cases()
        assert case.state != "closed"
    await stage.turn("desk", stage.press(SECOND, asked, asked.buttons[label("tombol_setuju")]), chat=SECOND)
    [(case, _)] = await stage.cases()
    assert case.state == "closed"


# --- mutated JSON -----------------------------------------------------------------------------------------------------

ODD: list[Any] = [
    None, True, False, 0, -1, 7.5, 2**31, 2**63, 2**70, -(2**70), float("nan"), float("inf"), "", "x", "5001",
    "\0", "\ud800", [], {}, [None], {"": None}, {"id": 1}, [[[[]]]], {"a": {"a": {"a": {}}}},
]  # fmt: skip


def nodes(value: Any) -> list[tuple[Any, Any]]:
    """Every (holder, key) in a JSON value."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [found for key in keys for found in [(value, key), *nodes(value[key])]]


@st.composite
def mutated(draw: st.DrawFn, bases: list[dict[str, Any]]) -> dict[str, Any]:
    """A good update of which one to three parts are deleted, replaced, exchanged or nested."""
    update: dict[str, Any] = copy.deepcopy(draw(st.sampled_from(bases)))
    for _ in range(draw(st.integers(1, 3))):
        places = nodes(update)
        if not places:
            break
        holder, key = draw(st.sampled_from(places))
        how = draw(st.sampled_from(["delete", "replace", "replace", "swap", "nest"]))
        if how == "delete":
            del holder[key]
        elif how == "replace":
            holder[key] = copy.deepcopy(draw(st.sampled_from(ODD)))
        elif how == "nest":
            holder[key] = draw(st.sampled_from([[holder[key]], {"a": holder[key]}]))
        else:
            other, there = draw(st.sampled_from(places))
            holder[key], other[there] = copy.deepcopy(other[there]), copy.deepcopy(holder[key])
    return update


@pytest.mark.parametrize("bot", ["intake", "desk"])
def test_whatever_is_done_to_an_update_the_next_message_is_answered(
    copies: Copies, keys: Keys, bench: Bench, bot: Bot
) -> None:
    with asyncio.Runner() as runner, copies() as databases:
        stage = HardenedStage(databases, keys, Clock())
        person = WORKER if bot == "desk" else 5001
        bases = [{form: stage.message(person)["message"] | {"text": None} | kind.body} for kind in corpus.messages()
                 for form in ("message", "edited_message")]  # fmt: skip
        bases += [kind.body for kind in corpus.updates() if kind.expect != "unserved"]
        runner.run(stage.feed("intake", stage.message(person, "halo")))

        async def play(update: dict[str, Any]) -> None:
            batch = [
                {"update_id": stage.number()} | update,
                {"update_id": stage.number()} | stage.message(person, "tolong"),
            ]
            assert await stage.pollers[bot].take(json.loads(json.dumps(batch)))
            assert not stage.escaped, stage.escaped
            before = len(stage.said[bot].chats[person])
            await stage.drain()
            assert len(stage.said[bot].chats[person]) > before

        @settings(
            max_examples=bench.rounds(100, 5000),
            derandomize=not bench.long,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(mutated(bases))
        def check(update: dict[str, Any]) -> None:
            runner.run(play(update))

        check()
        assert not runner.run(stage.teknis())
        runner.run(stage.close())
