"""Either store, or both, is set back by an hour: whoever read "sudah sampai ke petugas" has a report that opens.

What both stores have forgotten is gone (a report told and sent within the lost hour, when both are set back): that is
what backups are worth, and the test says which. Everything else is found again, once, and nobody is told a lie.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot import postal
from bot.intake import media, ticks
from storage import outbox
from storage.shared_tables import Actor
from tests.conftest import Clock, Databases, Keys
from tests.e2e.harness import sentence
from tests.e2e.stage import GROUP
from tests.holds.backups import Backups
from tests.holds.crew import FIRST_CHILD, STORY, Crew

SENT = "Sudah sampai ke petugas"
WHICH: tuple[tuple[Actor, ...], ...] = (("intake",), ("desk",), ("intake", "desk"))
HOUR, MOMENT = timedelta(hours=1), timedelta(seconds=11)
NAMES = ("OLD", "WAITING", "DRAFT", "WIPED", "VOICE", "CLOSED", "NEW", "DARURAT", "BEGUN", "TALK")
CHILDREN = (OLD, WAITING, DRAFT, WIPED, VOICE, CLOSED, NEW, DARURAT, BEGUN, TALK) = range(FIRST_CHILD, FIRST_CHILD + 10)
REPLIES_OF_THE_HOUR = ("balasan-dua", "balasan-tiga", "balasan-empat")
REPLIES = ("balasan-satu", *REPLIES_OF_THE_HOUR)


class Evening:
    """What goes on around a backup."""

    def __init__(self, crew: Crew, backups: Backups) -> None:
        self.crew, self.backups = crew, backups

    async def before(self) -> None:
        """Until the copy is made: one report with an officer, one that waits, drafts, a file under way."""
        crew = self.crew
        self.sari, self.budi = await crew.hire(2)
        await crew.reports(OLD, "CERITA-OLD")
        await self.take(self.sari)
        await self.reply(self.sari, "balasan-satu")
        await crew.reports(CLOSED, "CERITA-CLOSED")
        await self.take(self.sari)
        await crew.reports(WAITING, "CERITA-WAITING")
        await crew.says(DRAFT, *STORY, "CERITA-DRAFT awal")
        await crew.says(WIPED, *STORY, "CERITA-WIPED")
        await crew.says(VOICE, *STORY, "CERITA-VOICE")
        crew.downloads = False
        await crew.at_intake(crew.message(VOICE, **crew.file("voice", b"SUARA" * 100)))
        await crew.settle()
        await crew.says(VOICE, "selesai", "kirim")

    async def copy(self) -> None:
        """Both stores are copied, while everything goes on where the database allows it."""
        if self.backups.needs_quiet:
            await self.crew.close()
        for actor in ("intake", "desk"):
            self.backups.take(actor)
        if self.backups.needs_quiet:
            await self.restarted()

    async def after(self) -> None:
        """The hour that will be forgotten on one side, or on both."""
        crew = self.crew
        await self.take(self.budi)  # whichever came last
        await self.reply(self.budi, "balasan-dua")
        await crew.says(OLD, "TAMBAHAN-OLD dia datang lagi")
        await self.open(self.sari, "Pesan baru")
        await self.reply(self.sari, "balasan-tiga")
        await crew.says(DRAFT, "CERITA-DRAFT akhir", "selesai", "kirim")
        await crew.says(WIPED, "hapus", "ya")
        crew.downloads = True
        await crew.settle()
        await crew.reports(NEW, "CERITA-NEW")
        await self.take(self.budi)
        await self.reply(self.budi, "balasan-empat")
        await crew.says(DARURAT, "darurat", "bisa", "CERITA-DARURAT pasar segar")
        await self.take(self.sari)
        await crew.says(BEGUN, *STORY, "CERITA-BEGUN")
        await crew.says(TALK, "petugas", "CERITA-TALK boleh ngobrol")
        await self.close()

    async def sweep(self) -> None:
        """The hourly housekeeping of both processes: what the other has had for long enough goes."""
        intake, desk, now = self.crew.intake_store, self.crew.desk_store, self.crew.clock.now()
        await postal.forget(intake, desk, now, media.sweep)
        await postal.forget(desk, intake, now, lambda _conn, _letters: None)

    async def close(self) -> None:
        """Sari ends the case of CLOSED."""
        crew = self.crew
        note, data = next(
            (note, data)
            for note in crew.private.chats[self.sari]
            if "CERITA-CLOSED" in note.text
            for label, data in note.buttons.items()
            if label == "Tutup"
        )
        await crew.at_desk(crew.press(self.sari, note, data))
        await crew.settle()
        await crew.presses(self.sari, "Ditangani")
        await crew.writes(self.sari, "Selesai didampingi.")
        assert sentence("umum", "ditutup") in crew.heard(CLOSED)

    # --- steps --------------------------------------------------------------------------------------------------------

    async def take(self, hand: int) -> None:
        """The newest card is taken and the report looked at."""
        await self.crew.presses(hand, "Ambil", GROUP)
        await self.crew.presses(hand, "Buka")

    async def open(self, hand: int, notice: str) -> None:
        note, data = next(
            (note, next(iter(note.buttons.values())))
            for note in reversed(self.crew.private.chats[hand])
            if notice in note.text and note.buttons
        )
        await self.crew.at_desk(self.crew.press(hand, note, data))
        await self.crew.settle()

    async def reply(self, hand: int, words: str) -> None:
        """An officer answers, and it arrives."""
        await self.crew.presses(hand, "Balas pelapor")
        await self.crew.writes(hand, words)
        await self.crew.passes(MOMENT)
        assert sum(self.crew.heard(child).count(words) for child in range(OLD, TALK + 1)) == 1

    # --- what an operator does ----------------------------------------------------------------------------------------

    async def restore(self, which: tuple[Actor, ...]) -> None:
        """The service is stopped, stores are put back, and it is started again."""
        await self.crew.close()
        for actor in which:
            self.backups.put_back(actor)
        await self.restarted()
        await self.crew.settle()

    async def restarted(self) -> None:
        """New processes, as bot/intake_actor.py and bot/desk_actor.py begin."""
        old = self.crew
        self.crew = crew = Crew(old.databases, old.keys, old.clock, after=old)
        crew.downloads = old.downloads
        for store in (crew.intake_store, crew.desk_store):
            await store.write(outbox.recover)
        now = crew.clock.now()
        await crew.intake_store.write(lambda conn: ticks.at_start(conn, crew.tools, now))
        intake, desk = crew.intake_store, crew.desk_store
        await postal.set_back(intake, desk, now, lambda conn: ticks.set_back(conn, crew.tools, now))
        await postal.set_back(desk, intake, now, lambda conn: crew.desk.set_back(conn, now))

    # --- what must be there afterwards --------------------------------------------------------------------------------

    async def truth(self, child: int) -> str:
        """What STATUS has to say, by how the case of this reporter stands at the desk."""
        found = [
            case for case, pages in await self.crew.cases() if marker(child) in repr([page.body for page in pages])
        ]
        if not found:
            return ""
        (case,) = found
        keys = {"closed": "status_selesai", "new": "status_sampai"}
        return sentence("umum", keys.get(case.state, "status_ditangani"))

    async def opened(self, hand: int) -> str:
        """Everything that staff read when they take every card and open every case."""
        crew = self.crew
        for note in list(crew.private.chats[GROUP]):
            if "Ambil" in note.buttons and not note.deleted:
                await crew.at_desk(crew.press(hand, note, note.buttons["Ambil"], GROUP))
                await crew.settle()
        read = ""
        for one in crew.hands:
            before = len(crew.private.chats[one])
            await crew.writes(one, "/tugas")
            lists = crew.private.chats[one][before:]
            opening = [(note, data) for note in lists for name, data in note.buttons.items() if "Buka" in name]
            for note, data in opening:
                await crew.at_desk(crew.press(one, note, data))
                await crew.settle()
            read += "\n".join(note.text for note in crew.private.chats[one][before:])
        return read


@pytest.fixture
async def evening(
    databases: Databases, keys: Keys, clock: Clock, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Evening]:
    server = request.getfixturevalue("postgres_server") if databases.kind == "postgres" else None
    made = Evening(Crew(databases, keys, clock), Backups(databases, tmp_path, server))
    await made.crew.open()
    yield made
    await made.crew.close()
    made.backups.drop()


async def later(crew: Crew, *spans: timedelta) -> None:
    """Time goes by in strides: what fell due on the way happens at the end of each."""
    for span in spans:
        crew.clock.advance(span)
        await crew.settle()


def marker(child: int) -> str:
    """The words that only this reporter's story holds."""
    return f"CERITA-{NAMES[child - FIRST_CHILD]}"


@pytest.mark.parametrize("which", WHICH, ids="+".join)
async def test_after_a_restore_every_report_that_arrived_opens_at_the_desk(
    evening: Evening, which: tuple[Actor, ...]
) -> None:
    await evening.before()
    known_to_both = [child for child in CHILDREN if SENT in evening.crew.heard(child)]
    await evening.copy()
    began = evening.crew.clock.now()
    await evening.after()
    await evening.crew.passes(HOUR - (evening.crew.clock.now() - began))
    await evening.sweep()
    told = {child: evening.crew.heard(child) for child in CHILDREN}
    arrived = known_to_both if len(which) == 2 else [c for c in CHILDREN if SENT in told[c] or c in (DARURAT, TALK)]
    assert len(arrived) == (4 if len(which) == 2 else 8)

    await evening.restore(which)
    crew = evening.crew
    await later(crew, HOUR, HOUR, HOUR)
    assert crew.troubles == [], f"every letter came and fitted: {crew.reasons}"
    teknis = [case for case, _ in await crew.cases() if case.kind == "teknis"]
    assert len(teknis) == (len(which) == 1), "somebody is told what happened, where anybody can know"
    whole = {case.id: repr([page.body for page in pages]) for case, pages in await crew.cases()}
    for child in CHILDREN:
        assert sum(marker(child) in pages for pages in whole.values()) == (child in arrived), marker(child)
    for case, _ in await crew.cases():
        assert case.state == "closed" or case.next_due_at is not None

    # What reporters read since then is true, and no more than the lost hour is said a second time.
    for child in CHILDREN:
        since = crew.heard(child)[len(told[child]) :]
        assert SENT not in since
        for words in REPLIES:
            assert since.count(words) <= (which == ("intake",) and words in REPLIES_OF_THE_HOUR)
        await crew.says(child, "status")
        truth = await evening.truth(child)
        answer = crew.heard(child)[len(told[child]) :]
        known_to_intake = "intake" not in which or child not in (NEW, DARURAT, TALK, BEGUN)
        if truth and known_to_intake:
            assert truth in answer, f"{marker(child)}: {answer}"
        elif not known_to_intake and which == ("intake",):
            assert sentence("umum", "status_hilang") in answer
        elif child == WIPED and len(which) == 1:
            assert "belum dikirim" not in answer, "what was erased stays erased"
    await crew.hire(1, "coordinator")
    read = await evening.opened(crew.hands[-1])
    closed = [repr([page.body for page in pages]) for case, pages in await crew.cases() if case.state == "closed"]
    for child in arrived:
        assert marker(child) in read or any(marker(child) in pages for pages in closed)
    assert len(closed) == (which == ("intake",)), "what was closed stays closed, where the desk was not put back"
    if len(which) == 1:
        for words in ("TAMBAHAN-OLD", "CERITA-DRAFT awal", "CERITA-DRAFT akhir"):
            assert words in read
    assert crew.troubles == []

    # Life goes on: somebody new is heard and answered, and a day later nothing that was erased has been sent.
    fresh = FIRST_CHILD + 100
    await crew.reports(fresh, "CERITA-BARU")
    assert SENT in crew.heard(fresh)
    await evening.take(crew.hands[0])
    await crew.presses(crew.hands[0], "Balas pelapor")
    await crew.writes(crew.hands[0], "balasan-baru")
    await crew.passes(MOMENT)
    assert crew.heard(fresh).count("balasan-baru") == 1
    if len(which) == 1:
        await later(crew, 25 * HOUR)
        everything = repr([page.body for _, pages in await crew.cases() for page in pages])
        assert marker(WIPED) not in everything
    assert crew.troubles == []
