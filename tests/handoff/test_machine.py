"""Whatever letters, staff, clocks and restarts do, in whatever order: no open case without a clock, no page lost."""

import shutil
import tempfile
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from handoff import audit, cases, pages, people, staff
from storage import keys as key_files
from storage import migrate
from storage.desk_tables import CASE, FIRING, STAFF
from storage.entropy import system_entropy
from storage.store import Store
from tests.conftest import Keys
from tests.handoff.conftest import GROUP, Office

STAFF_IDS = (1, 2, 3)
ANSWERS = (
    ("cerita", ""),
    ("bahaya", "ya"),
    ("bahaya", "tidak"),
    ("dekat", "serumah"),
    ("jenis", "disentuh"),
    ("luka", "sedikit"),
)
LABELS = (
    *("Ambil", "Buka", "Balas pelapor", "Catatan", "Tutup", "Ditangani", "Setuju ditutup", "Belum", "Kembalikan"),
    *("Ubah urgensi", "DARURAT", "RENDAH", "Batalkan", "Sudah kuurus"),
)
TEXTS = ("halo", "/tugas", "/kasus", "/mengambang", "aman", "")
SPANS = (0, 1, 10, 60, 299, 600, 3600, 6 * 3600, 3 * 86400, -3600, -86400)


@cache
def template() -> tuple[Path, Keys]:
    folder = Path(tempfile.mkdtemp(prefix="berani-machine-"))
    migrate.upgrade(f"sqlite:///{folder}/desk.db", "desk")
    key_files.init(folder / "keys", None, system_entropy)
    return folder / "desk.db", Keys(key_files.load_intake(folder / "keys"), key_files.load_desk(folder / "keys"))


class DeskMachine(RuleBasedStateMachine):
    """The desk as the world treats it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="berani-machine-")
        database, keys = template()
        shutil.copy(database, self.folder.name)
        self.store = Store.open(f"sqlite:///{self.folder.name}/desk.db", "desk")
        self.office = Office(self.store, keys)
        self.told: dict[bytes, list[bytes]] = {}
        self.seen: list[tuple[int, str, int]] = []
        self.ticked = self.went_back = False

    @initialize()
    def open_the_office(self) -> None:
        for who in STAFF_IDS[:2]:
            self.office.hire(who, f"P{who}")
        self.office.bind()

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    def remember_buttons(self) -> None:
        for chat, messages in self.office.chats.items():
            for message in messages:
                made = [(chat, data, message.id) for _, data in message.buttons]
                self.seen += [one for one in made if one not in self.seen]

    @rule(
        kind=st.sampled_from(["alarm", "submit", "consult", "more"]),
        given=st.lists(st.sampled_from(ANSWERS), max_size=3),
        pick=st.integers(0, 4),
    )
    def letter(self, kind: str, given: list[tuple[str, str]], pick: int) -> None:
        threads = list(self.told)
        thread = threads[pick] if pick < len(threads) else system_entropy(16)
        answers = [self.office.answer(name, value, words="kata") for name, value in given]
        self.office.write(kind, thread, *answers)
        self.told.setdefault(thread, []).extend(answer for answer, _ in answers)

    @precondition(lambda self: self.told)
    @rule(pick=st.integers(0, 4), what=st.sampled_from(["diam", "hapus", "aman", "unreachable", "read"]))
    def flag(self, pick: int, what: str) -> None:
        thread = list(self.told)[pick % len(self.told)]
        self.office.post("flag", thread=thread.hex(), at="", what=what)

    @rule(what=st.sampled_from(["media", "letter_gap"]), held=st.booleans())
    def trouble(self, what: str, held: bool) -> None:
        self.office.post("trouble", at="", what=what, thread=None, raw="x", held_report=held)

    @precondition(lambda self: self.seen)
    @rule(who=st.sampled_from((*STAFF_IDS, 99)), pick=st.integers(0, 10_000), newest=st.booleans())
    def press(self, who: int, pick: int, newest: bool) -> None:
        pool = [one for one in self.seen if one[0] in (who, GROUP)] or self.seen
        chat, data, message = pool[-1 - pick % min(len(pool), 8)] if newest else pool[pick % len(pool)]
        self.office.press_data(who, data, GROUP if chat == GROUP else None, message)

    @rule(who=st.sampled_from(STAFF_IDS), label=st.sampled_from(LABELS), then=st.sampled_from(("", "teks", "")))
    def press_as_meant(self, who: int, label: str, then: str) -> None:
        """The newest button of this name that this person sees; perhaps followed by the text that it asks for."""
        chat = GROUP if label == "Ambil" else who
        found = [(m.id, data) for m in self.office.chats.get(chat, []) for shown, data in m.buttons if shown == label]
        if found:
            message, data = found[-1]
            self.office.press_data(who, data, GROUP if chat == GROUP else None, message)
            if then:
                self.office.say(who, then)

    @precondition(lambda self: self.told)
    @rule(who=st.sampled_from(STAFF_IDS[:2]), then=st.sampled_from(("Catatan", "Balas pelapor", "Tutup", "")))
    def take_and_work(self, who: int, then: str) -> None:
        """What a working day is made of."""
        self.press_as_meant(who, "Ambil", "")
        self.press_as_meant(who, "Buka", "")
        if then:
            self.press_as_meant(who, then, "" if then == "Tutup" else "teks")
        if then == "Tutup":
            self.press_as_meant(who, "Ditangani", "ringkasan")

    @rule(who=st.sampled_from((*STAFF_IDS, 99)), text=st.sampled_from(TEXTS), reply=st.integers(0, 30))
    def say(self, who: int, text: str, reply: int) -> None:
        there = self.office.chats.get(who, [])
        self.office.say(who, text, reply_to=there[reply].id if reply < len(there) else None)

    @rule(seconds=st.sampled_from(SPANS))
    def tick(self, seconds: int) -> None:
        self.office.tick(seconds=seconds)
        self.ticked, self.went_back = True, self.went_back or seconds < 0

    @rule()
    def restart(self) -> None:
        self.office.restart()

    @rule(who=st.sampled_from(STAFF_IDS), role=st.sampled_from(["caseworker", "coordinator", "head", "admin"]))
    def hire(self, who: int, role: str) -> None:
        self.office.hire(who, f"P{who}", role)

    @rule(who=st.sampled_from(STAFF_IDS))
    def leave(self, who: int) -> None:
        def job(work: Any) -> None:
            found = people.by_sender(work, who)
            if found:
                staff.remove(work, found)

        self.office.work(job)
        self.office.deliver()

    @rule(who=st.sampled_from(STAFF_IDS), broken=st.booleans())
    def block(self, who: int, broken: bool) -> None:
        self.office.failing.pop(who, None)
        if broken:
            self.office.failing[who] = "blocked"

    @invariant()
    def every_open_case_has_a_clock_and_after_a_tick_it_lies_ahead(self) -> None:
        self.remember_buttons()
        active = {row.id for row in self.office.read(select(STAFF.c.id).where(STAFF.c.active))}
        for case in self.office.read(select(CASE)):
            assert (case.state == "closed") == (case.next_due_at is None)
            if case.state != "closed":
                assert (case.state == "new") == (case.owner is None)
                assert case.owner is None or case.owner in active
                if self.ticked:
                    assert case.next_due_at > self.office.now
        self.ticked = False

    @invariant()
    def no_page_is_lost_and_none_is_there_twice(self) -> None:
        for thread, answers in self.told.items():
            case = self.office.work(lambda work, thread=thread: cases.by_thread(work, thread.hex()))  # type: ignore[misc]
            assert case is not None
            read = self.office.work(lambda work, case=case: pages.read(work, case))  # type: ignore[misc]
            assert [page.n for page in read] == list(range(1, len(read) + 1))
            assert len([page for page in read if page.kind == "answer"]) == len(answers)
        reports = self.office.read(select(CASE.c.id).where(CASE.c.kind != "teknis"))
        assert len(reports) == len(self.told)

    @invariant()
    def every_case_that_nobody_has_stands_in_the_group_once_with_its_button(self) -> None:
        live = [message.text for message in self.office.chats.get(GROUP, []) if message.buttons]
        for case in self.office.read(select(CASE).where(CASE.c.state == "new")):
            assert sum(f"{case.series}-{case.number:04d}" in text for text in live) == 1

    @invariant()
    def the_audit_chain_holds_and_no_step_of_a_clock_was_skipped_unrecorded(self) -> None:
        assert self.office.store.read_now(audit.first_break) is None
        steps: dict[tuple[bytes, int], int] = {}
        for row in self.office.read(select(FIRING).order_by(FIRING.c.case_id, FIRING.c.version, FIRING.c.step)):
            key = (row.case_id, row.version)
            # A version that began because the wall clock was put back goes on where that clock stands.
            began_late = key not in steps and row.version > 1 and self.went_back
            assert began_late or row.step == steps.get(key, -1) + 1 + row.skipped
            steps[key] = row.step

    @invariant()
    def nothing_went_wrong_quietly(self) -> None:
        assert self.office.problems == []


DeskMachine.TestCase.settings = settings(
    max_examples=20,
    stateful_step_count=40,
    deadline=timedelta(seconds=60),
    suppress_health_check=list(HealthCheck),
    # A whole desk is slow to shrink, and the sequence that failed tells enough.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    report_multiple_bugs=False,
)
TestDesk = DeskMachine.TestCase
