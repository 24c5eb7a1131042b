"""What must be true after every step, and what must be true once everything has come to rest."""

import json
import re
from collections import Counter
from typing import Any, Final

from sqlalchemy import func, select

from handoff import cases, files, groups, pages, people
from handoff.work import Work
from storage import streams, vault
from storage.desk_tables import AUDIT, BLOB, CASE
from storage.intake_tables import ADDRESSES, ANSWERS, MEDIA_FILES
from storage.shared_tables import APPLIED, LETTER, OUTBOX, REFUSED
from tests.holds.model import Model
from tests.holds.town import BOTH, GROUP, STAFF, Actor, Posted, Town

MARK: Final = re.compile(r"ZMRK([rs])(\d+)x\d+")
ARRIVED: Final = "Sudah sampai ke petugas"
MOST: Final = 60
"""Messages to one chat in one step, whatever it set off at once: a long silence, all that waited behind a failure."""
EXPECTED: Final = ("unsent_", "telegram_down_", "store_down_", "peer_down_")
"""How troubles of the machine are called that are made here: refused messages, outages of Telegram and of a store."""

_OWNERS: Final = frozenset({"view", "note", "reply_written", "reply_sent", "urgency", "closing_asked", "close"})


def marks(text: str) -> set[str]:
    return {found[0] for found in MARK.finditer(text)}


class Witness:
    """Looks at both stores, all chats and the disc; remembers what it saw."""

    def __init__(self, town: Town, model: Model) -> None:
        self._town, self._model = town, model
        self.owners: dict[str, set[int]] = {}  # by thread: which of the staff ever had the case
        self.replies: dict[str, str] = {}  # marker of an officer's message: its thread
        self.arrived: Counter[str] = Counter()  # officers' messages in reporters' chats
        self.promised: set[str] = set()
        self.excused = 0  # how often something may have been sent twice: crashes, restored stores
        self.extra_cards = 0
        self.most = 0
        self._seen: dict[Actor, int] = dict.fromkeys(BOTH, 0)
        self._later: list[Posted] = []
        self._order = 0
        self._answers: dict[bytes, str] = {}
        self._pages: dict[tuple[bytes, int], str] = {}
        self._wrote: dict[tuple[str, str], int] = {}
        self._unreachable: dict[bytes, int] = {}
        self._last: dict[tuple[Actor, bytes], int] = {}
        self._knocked: int | None = None
        self._put_back: set[str] = set()  # troubles that are true: a store was put back
        self._audited = 0
        self._owner: dict[bytes, str | None] = {}
        self._had: dict[bytes, set[int]] = {}

    def forget(self, actor: Actor) -> None:
        """A store was put back: what was seen in it may come again, and otherwise."""
        self._put_back.add(f"set_back_{actor}")
        self._last = {key: seq for key, seq in self._last.items() if key[0] != actor}
        if actor == "intake":
            # What it sent since is written in it as waiting again; the desk's last letters come anew, and are known.
            self.excused += 1
            self._unreachable.clear()
        else:
            self.extra_cards += 1
            self._knocked = None
            self._audited, self._owner = 0, {}
            self._pages.clear()
            self._wrote.clear()

    # --- after every step ---------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Everything that holds at any moment."""
        if "desk" in self._town.actors:
            self._desk()
        if "intake" in self._town.actors:
            self._intake()
        self._on_their_way()
        self._disc()
        self._chats()
        self._in_order()

    def _desk(self) -> None:
        model = self._model
        self._acts()
        words: Counter[str] = Counter()
        threads: Counter[str] = Counter()
        for case, known, read in self._cases():
            assert (case.state == "closed") == (case.next_due_at is None), "a case without a clock"
            assert case.state == "closed" or (case.state == "new") == (case.owner is None), "owner and state disagree"
            if case.kind == "teknis":
                expected = known.trouble.startswith(EXPECTED) or known.trouble in self._put_back
                assert expected, f"the machine is in trouble: {known.trouble}"
                continue
            threads[known.thread] += 1
            self.owners[known.thread] = self._had.get(case.id, set())
            for page in read:
                found = marks(self._shown(case.id, page))
                if page.kind == "answer":
                    words.update(found)
                    for mark in found:
                        told = model.told.get(mark)
                        assert told is not None and told.thread == known.thread, "words in somebody else's report"
                        assert told.thread in model.left, "words at the desk that were never sent"
                        assert told.edited == bool(page.body["extra"].get("ubahan")), "an edit is marked as one"
                elif page.author is not None:
                    for mark in found:
                        assert page.n == self._wrote.setdefault((mark, known.thread), page.n), "written down twice"
                        if page.kind == "reply":
                            assert self.replies.setdefault(mark, known.thread) == known.thread
        assert all(count == 1 for count in words.values()), "words opened twice"
        assert all(count == 1 for count in threads.values()), "two cases of one report"
        assert model.desk.words - self._of_files() <= set(words), "words are gone from the desk"
        assert model.desk.threads <= set(threads), "a case is gone from the desk"
        model.opened(words, threads)
        assert not self._read("desk", lambda conn: conn.execute(select(REFUSED.c.id)).all()), "a letter was refused"

    def _acts(self) -> None:
        """The audit log, played again: one claim at a time wins, and work is done by whoever has the case."""
        query = select(AUDIT).where(AUDIT.c.seq > self._audited).order_by(AUDIT.c.seq)
        for row in self._read("desk", lambda conn: conn.execute(query).all()):
            self._audited, owner = row.seq, self._owner.get(row.case_id)
            if row.verb == "claim":
                assert owner is None, "a case was taken from its owner"
                self._owner[row.case_id] = row.actor
                self._had.setdefault(row.case_id, set()).add(self._staff(row.actor))
            elif row.verb in ("give_back", "lapse"):
                self._owner[row.case_id] = None
            elif row.verb in _OWNERS:
                assert owner == row.actor, f"{row.verb} by somebody who has not the case"

    def _intake(self) -> None:
        model = self._model
        rows = self._read("intake", lambda conn: conn.execute(select(ANSWERS)).all())
        kept = Counter(mark for row in rows for mark in marks(self._opened(row.id, row.wire)))
        assert all(count == 1 for count in kept.values()), "words kept twice"
        files_kept = self._read("intake", lambda conn: conn.execute(select(func.count(MEDIA_FILES.c.id))).scalar_one())
        for mark, word in model.intake.words.items():
            if word.kind == "file":
                assert word.sent or files_kept, "a recording is gone from a draft"
            elif not word.sent:
                assert mark in kept, "words are gone from a draft"
            elif "desk" in self._town.actors:
                assert mark in kept or mark in model.desk.words, "words that were sent are nowhere"
        assert not self._read("intake", lambda conn: conn.execute(select(REFUSED.c.id)).all()), "a letter was refused"
        self._left_alone()

    def _left_alone(self) -> None:
        """To whoever cannot be reached nothing new is written until they write."""
        gone = select(ADDRESSES.c.id).where(ADDRESSES.c.reachable.is_(False))
        newest = select(OUTBOX.c.person, func.max(OUTBOX.c.seq)).group_by(OUTBOX.c.person)
        ids = set(self._read("intake", lambda conn: conn.execute(gone).scalars().all()))
        last = dict(self._read("intake", lambda conn: [tuple(row) for row in conn.execute(newest)]))
        for person in ids & set(self._unreachable):
            assert last.get(person, 0) <= self._unreachable[person], "written to somebody who blocked the bot"
        self._unreachable = {person: last.get(person, 0) for person in ids}

    def _on_their_way(self) -> None:
        """Between two steps no call is under way, so no message is: one that was when its process died waits again."""
        flying = select(OUTBOX.c.kind).where(OUTBOX.c.state == "sending")
        for actor in self._town.actors:
            assert not self._read(actor, lambda conn: conn.execute(flying).all()), "a message that nobody sends"

    def _disc(self) -> None:
        for actor in BOTH:
            for end in ("", "-wal"):
                path = self._town.folder / f"{actor}.db{end}"
                assert not path.exists() or b"ZMRK" not in path.read_bytes(), f"words in clear in {actor}.db{end}"

    def _chats(self) -> None:
        for actor in BOTH:
            posted = self._town.chats[actor].posted
            new, self._seen[actor] = posted[self._seen[actor] :], len(posted)
            counts = Counter(one.chat for one in new)
            self.most = max(self.most, *counts.values(), 0)
            assert self.most <= MOST, "a flood"
            if actor == "intake":
                self._later += new
            else:
                self._to_staff(new)
        self._later = [one for one in self._later if not self._to_reporter(one)]

    def _to_staff(self, new: list[Posted]) -> None:
        for one in new:
            found = marks(one.text)
            assert not found or one.chat in STAFF, "words in the group, or at a stranger's"
            for mark in found:
                told = self._model.told.get(mark)
                assert told is None or one.chat in self.owners.get(told.thread, ()), (
                    "words shown to who has not the case"
                )

    def _to_reporter(self, one: Posted) -> bool:
        """False: it can only be judged once the desk is there."""
        speaks_in = self._model.speaks_in.get(one.chat, set())
        for found in MARK.finditer(one.text):
            mark, by, who = found[0], found[1], int(found[2])
            if by == "r":
                assert who == one.chat, "words in somebody else's chat"
            elif mark not in self.replies and "desk" not in self._town.actors:
                return False
            else:
                assert self.replies.get(mark) in speaks_in, "an officer's words in somebody else's chat"
                assert mark not in self._model.desk.called_back, "a message that was called back"
                self.arrived[mark] += not one.twin
                assert self.arrived[mark] <= 1 + self.excused, "an officer's message came twice"
        if ARRIVED in one.text:
            there = speaks_in & self._model.desk.threads
            assert there, "told that it arrived, and it did not"
            self.promised |= there
        return True

    def _in_order(self) -> None:
        new, self._order = self._town.sent[self._order :], len(self._town.sent)
        for actor, row in new:
            plain = row.kind.startswith("ask:") or row.kind == "edit" or row.due_at == row.created_at
            if row.priority and (plain or actor == "desk"):
                last = self._last.get((actor, row.person), 0)
                assert row.seq >= last, "messages out of order"
                self._last[actor, row.person] = row.seq

    # --- at rest ------------------------------------------------------------------------------------------------------

    def at_rest(self) -> None:
        """Everything that holds once letters and messages have found their way; both actors run."""
        model = self._model
        self.look()
        lost = model.owed() - model.desk.words - self._files_at_desk()
        assert not lost, f"told, sent, and not at the desk: {sorted(lost)}"
        assert model.reports() == model.desk.threads, "reports without a case, or cases without a report"
        assert self.promised <= model.desk.threads, "told that it arrived, and it is gone"
        for actor, peer in (("intake", "desk"), ("desk", "intake")):
            applied = set(self._read(actor, lambda conn: conn.execute(select(APPLIED.c.letter_id)).scalars().all()))
            marks_there = self._read(actor, streams.watermarks)
            waiting = self._read(peer, lambda conn, there=marks_there: streams.letters_beyond(conn, there))
            assert not [one for one in waiting if one.id not in applied], "letters that nobody carries"
            written = self._read(peer, lambda conn: conn.execute(select(LETTER.c.id)).scalars().all())
            assert set(written) <= applied, "a letter behind the watermark was never applied"
        self._clocks_and_cards()
        self._old_group()

    def _clocks_and_cards(self) -> None:
        desk = self._town.chats["desk"]
        here = self._read("desk", self._group)
        assert here == desk.moved.get(GROUP, GROUP) or not desk.knocked, "the group moved, and the desk did not follow"
        live = [note for note in desk.shown(here) if "Ambil" in note.buttons]
        for case, _, _ in self._cases():
            code = cases.code(case)
            assert case.next_due_at is None or case.next_due_at > self._town.time.now(), "a clock that nobody heard"
            shown = sum(code in note.text for note in live)
            if case.state == "new":
                assert shown or desk.refused, f"{code} is nobody's, and the group does not see it"
                assert shown <= 1 + self.extra_cards + desk.twins[here], f"{code} stands in the group {shown} times"

    def _old_group(self) -> None:
        """Once everything came to rest after the group moved, nobody knocks at its old door any more."""
        desk = self._town.chats["desk"]
        assert self._knocked is None or desk.knocked == self._knocked, "the group is called by its old number for ever"
        self._knocked = desk.knocked or None

    # --- reading ------------------------------------------------------------------------------------------------------

    def _read(self, actor: Any, work: Any) -> Any:
        return self._town.actors[actor].store.read_now(work)

    def _cases(self) -> list[tuple[Any, Any, Any]]:
        def read(conn: Any) -> list[tuple[Any, Any, Any]]:
            work = self._work(conn)
            found = conn.execute(select(CASE.c.id)).scalars().all()
            return [(one, cases.about(work, one), pages.read(work, one)) for one in (cases.get(work, i) for i in found)]

        found: list[tuple[Any, Any, Any]] = self._read("desk", read)
        return found

    def _work(self, conn: Any) -> Work:
        return Work(conn, self._town.time.now(), self._town.actors["desk"]._desk._tools)

    def _group(self, conn: Any) -> int:
        there = groups.live(self._work(conn))
        assert there is not None, "the group is forgotten"
        return there.chat

    def _staff(self, staff_id: str) -> int:
        return int(self._read("desk", lambda conn: people.member(self._work(conn), bytes.fromhex(staff_id)).chat))

    def _shown(self, case_id: bytes, page: Any) -> str:
        return self._pages.setdefault((case_id, page.n), json.dumps(page.body))

    def _opened(self, answer_id: bytes, wire: bytes) -> str:
        if answer_id not in self._answers:
            tools = self._town.desk_keys
            body = vault.open_answer(tools.box, tools.deployment, answer_id, wire)
            self._answers[answer_id] = body.decode()
        return self._answers[answer_id]

    def _of_files(self) -> set[str]:
        return {mark for mark, word in self._model.told.items() if word.kind == "file"}

    def _files_at_desk(self) -> set[str]:
        def read(conn: Any) -> list[bytes]:
            work = self._work(conn)
            return [files.opened(work, one).data for one in conn.execute(select(BLOB.c.id)).scalars().all()]

        return {mark for data in self._read("desk", read) for mark in marks(data.decode())}
