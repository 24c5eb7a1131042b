"""An office to test in: a real desk on a real store, chats with what was delivered, letters as intake writes them."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pytest
import yaml
from sqlalchemy import Connection, select

from bot.channels.delivery import BODY, TARGET
from bot.channels.inbound import Inbound
from bot.channels.outgoing import AnswerCallback, Delete, EditText, Outgoing, Send, SendMedia, from_json
from bot.content.content import Content
from bot.content.finding import Sheet
from bot.content.policy import Policy, parse_policy
from bot.content.urgency import UrgencyRule
from bot.content.yaml_reader import read
from bot.engine.script import Place, ScriptSet, Words
from handoff import invites
from handoff.desk import Desk, Enclosures
from handoff.work import Work
from storage import outbox
from storage.desk_tables import CASE, STAFF, Case
from storage.entropy import system_entropy
from storage.letters import Letter, open_letter
from storage.post import PostOffice
from storage.shared_tables import LETTER
from storage.store import Store
from storage.vault import answer_hash, box_public, new_media_key, seal_answer, seal_part

T = TypeVar("T")
FLOWS = Path(__file__).parents[2] / "flows"
GROUP = -1001
START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def policy() -> Policy:
    sheet = Sheet()
    root = read("eskalasi.yaml", (FLOWS / "eskalasi.yaml").read_text(), sheet)
    found = parse_policy(root, "eskalasi.yaml", sheet) if root else None
    assert found is not None, sheet.findings
    return found


def rule(level: str, why: str, **when: str) -> UrgencyRule:
    return UrgencyRule(level, {name: frozenset(values.split()) for name, values in when.items()}, why)


RULES = (
    rule("darurat", "bahaya sekarang", bahaya="ya"),
    rule("darurat", "pintu darurat", pintu="darurat temani"),
    rule("darurat", "kata bahaya", kata="strong", bahaya="tidak_tahu lewati belum"),
    rule("tinggi", "seksual", jenis="disentuh"),
    rule("tinggi", "serumah", dekat="serumah"),
    rule("tinggi", "kata bahaya", kata="strong"),
    rule("sedang", "bawaan"),
)


def content() -> Content:
    read_words = yaml.safe_load((FLOWS / "words.yaml").read_text())
    words = Words(greetings=tuple(read_words["greetings"]), thanks=tuple(read_words["thanks"]))
    places = (Place("Balikpapan Barat", ("bpp barat",), ("Kariangau", "Margasari")),)
    texts = yaml.safe_load((FLOWS / "messages" / "petugas.yaml").read_text())
    codes = {"jenis": {"disentuh": "seksual", "dipukul": "fisik"}, "orangnya": {"tiri": "orang_tua"}}
    scripts = ScriptSet("0" * 64, {}, words, {}, {}, places)
    return Content("0" * 64, scripts, RULES, codes, policy(), texts, {})


@dataclass
class Message:
    id: int
    text: str
    buttons: list[tuple[str, str]]
    kind: str
    media: str | None = None
    quiet: bool = False


@dataclass
class Office:
    """The desk with its chats. People are numbers: their Telegram ids, which are their private chats too."""

    store: Store
    keys: Any
    now: datetime = START
    content: Content = field(default_factory=content)
    group_id: int | None = None
    chats: dict[int, list[Message]] = field(default_factory=dict)
    answers: list[AnswerCallback] = field(default_factory=list)
    failing: dict[int, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    count: int = 0

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        post = PostOffice(self.keys.desk.sender, system_entropy)
        self.desk = Desk(
            self.keys.desk,
            lambda _: self.content,
            post.post,
            system_entropy,
            ZoneInfo("Asia/Makassar"),
            self.group_id,
            self.problems.append,
        )

    def do(self, work: Callable[[Connection], T]) -> T:
        with self.store.unit() as unit:
            result = work(unit.connection)
            unit.commit()
        return result

    def work(self, job: Callable[[Work], T]) -> T:
        return self.do(lambda conn: job(Work(conn, self.now, self.desk._tools)))

    def number(self) -> int:
        self.count += 1
        return self.count

    # --- time and delivery ---

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)

    def tick(self, **span: float) -> None:
        self.advance(**span)
        self.do(lambda conn: self.desk.tick(conn, self.now))
        self.deliver()

    def deliver(self) -> None:
        while rows := self.do(lambda conn: outbox.take(conn, self.now, 50)):
            for row in rows:
                self.do(lambda conn, row=row: self._deliver(conn, row))  # type: ignore[misc]

    def _deliver(self, conn: Connection, row: outbox.Row) -> None:
        assert row.target is not None
        assert row.body is not None
        chat = int(self.desk.box.open(TARGET, row.id, row.target))
        message = from_json(self.desk.box.open(BODY, row.id, row.body))
        # The answer to a pressed button goes to the button, not to the chat.
        failure = None if isinstance(message, AnswerCallback) else self.failing.get(chat)
        if failure is None:
            self.desk.sent(conn, row, self._show(chat, message, row.kind), self.now)
        outbox.finish(conn, row.id, failure or "sent", self.now)  # type: ignore[arg-type]
        self.desk.finished(conn, row, failure or "sent", self.now)

    def _show(self, chat: int, message: Outgoing, kind: str) -> int | None:
        there = self.chats.setdefault(chat, [])
        if isinstance(message, AnswerCallback):
            self.answers.append(message)
        elif isinstance(message, Send):
            buttons = [b for r in message.buttons for b in r]
            there.append(Message(1000 + self.number(), message.text, buttons, kind, quiet=message.quiet))
            return there[-1].id
        elif isinstance(message, SendMedia):
            there.append(Message(1000 + self.number(), message.caption, [], kind, message.ref))
            return there[-1].id
        elif isinstance(message, EditText):
            for one in there:
                if one.id == message.message_id:
                    one.text, one.buttons = message.text, [b for r in message.buttons for b in r]
        elif isinstance(message, Delete):
            self.chats[chat] = [one for one in there if one.id not in message.message_ids]
        return None

    # --- what people do ---

    def receive(self, **what: Any) -> None:
        what = {"bot": "desk", "received": f"x{self.number()}", "at": self.now, **what}
        self.do(lambda conn: self.desk.receive(conn, Inbound(**what), self.now))
        self.deliver()

    def say(self, who: int, text: str, reply_to: int | None = None) -> None:
        self.receive(kind="text", chat=who, sender=who, text=text, reply_to=reply_to, message_id=self.number())

    def say_in_group(self, who: int, text: str, chat: int = GROUP) -> None:
        self.receive(kind="text", chat=chat, chat_kind="group", sender=who, text=text, message_id=self.number())

    def find(self, chat: int, label: str) -> tuple[Message, str]:
        for message in reversed(self.chats.get(chat, [])):
            for shown, data in message.buttons:
                if shown == label:
                    return message, data
        raise AssertionError(f"no button {label!r} in {[m.buttons for m in self.chats.get(chat, [])]}")

    def press(self, who: int, label: str, chat: int | None = None) -> str:
        """Presses the newest button with this label; returns what the window says."""
        message, data = self.find(chat if chat is not None else who, label)
        return self.press_data(who, data, chat, message.id)

    def press_data(self, who: int, data: str, chat: int | None = None, message_id: int = 1, **more: Any) -> str:
        self.answers.clear()
        where = {"chat": who} if chat is None else {"chat": chat, "chat_kind": "group"}
        callback = f"cb{self.number()}"
        self.receive(kind="button", sender=who, data=data, callback=callback, message_id=message_id, **where, **more)
        assert [one.callback for one in self.answers] == [callback], "every pressed button is answered once"
        return self.answers[0].text

    def hire(self, who: int, name: str, role: Any = "caseworker") -> None:
        code = self.work(lambda work: invites.invite(work, name, role))
        self.say(who, f"/start {code}")

    def bind(self, chat: int = GROUP) -> None:
        code = self.work(invites.invite_group)
        self.say_in_group(7777, f"/hubungkan {code}", chat)

    # --- what can be seen ---

    def texts(self, chat: int) -> list[str]:
        return [message.text for message in self.chats.get(chat, [])]

    def last(self, chat: int) -> str:
        return self.texts(chat)[-1]

    def read(self, statement: Any) -> Any:
        return self.store.read_now(lambda conn: conn.execute(statement).all())

    def case(self, code: str = "K-0001") -> Case:
        series, number = code.split("-")
        found: Case = self.read(select(CASE).where(CASE.c.series == series, CASE.c.number == int(number)))[0]
        return found

    def staff_id(self, who: int) -> bytes:
        tag = self.work(lambda work: work.index("staff", str(who).encode()))
        found: bytes = self.read(select(STAFF.c.id).where(STAFF.c.person == tag))[0].id
        return found

    def letters(self, kind: str | None = None) -> list[Letter]:
        rows = self.read(select(LETTER.c.wire).order_by(LETTER.c.created_at, LETTER.c.stream, LETTER.c.seq))
        found = [open_letter(self.keys.intake.receiver, row.wire) for row in rows]
        return [letter for letter in found if kind in (None, letter.kind)]

    # --- what intake writes ---

    def answer(self, name: str, value: str = "", words: str = "", **more: Any) -> tuple[bytes, bytes]:
        answer_id = system_entropy(16)
        chosen = value.split()
        body = {
            "field": name,
            "kind": "choice" if chosen else "text",
            "status": "nilai",
            "value": chosen,
            "words": words,
            "label": name.title(),
            "shown": chosen,
            "extra": {},
            "media": None,
            "version": 1,
            "at": self.now.isoformat(),
            "script_set": "0" * 64,
            **more,
        }
        sealed = json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
        deployment = self.keys.desk.deployment
        return answer_id, seal_answer(box_public(self.keys.desk.box), deployment, answer_id, sealed)

    def media(self, data: bytes, kind: str = "photo") -> tuple[dict[str, Any], dict[tuple[bytes, int], bytes]]:
        media_id, key = system_entropy(16), new_media_key(system_entropy)
        listed = {
            "id": media_id.hex(),
            "kind": kind,
            "field": "cerita",
            "parts": 1,
            "size": len(data),
            "key": key.hex(),
        }
        digest = hashlib.sha256(data).hexdigest()
        parts = {(media_id, 0): seal_part(key, media_id, 0, True, data)}
        return {**listed, "sha256": digest, "mime": "image/jpeg", "seconds": 0}, parts

    def write(self, kind: str, thread: bytes, *answers: tuple[bytes, bytes], **more: Any) -> Letter:
        """A letter of a reporter: alarm, submit, consult, more; `enclosed` replaces what travels with it."""
        enclosed = more.pop("enclosed", Enclosures(dict(answers), more.pop("parts", {})))
        body = {
            "thread": thread.hex(),
            "at": self.now.isoformat(),
            "pintu": ["lapor"],
            "kata": None,
            "kanal": "telegram",
            "balas": "aman",
            "unfinished": False,
            "reason": None,
            "answers": [[one.hex(), answer_hash(wire).hex()] for one, wire in answers],
            "media": [],
            "shared": False,
            **more,
        }
        return self.post(kind, enclosed, **body)

    def post(self, kind: str, enclosed: Enclosures | None = None, **body: Any) -> Letter:
        letter = Letter(system_entropy(16), b"s" * 16, self.number(), kind, body)
        self.do(lambda conn: self.desk.apply_letter(conn, letter, enclosed or Enclosures(), self.now))
        self.deliver()
        return letter

    def report(self, *more: tuple[bytes, bytes], kind: str = "submit", **how: Any) -> bytes:
        """A whole report of a new thread; returns the thread."""
        thread = system_entropy(16)
        story = self.answer("cerita", words="CERITA-RAHASIA dia memukul")
        self.write(kind, thread, story, *more, **how)
        return thread


@pytest.fixture
def empty_office(desk_store: Store, keys: Any) -> Office:
    """A desk that knows nobody."""
    return Office(desk_store, keys)


@pytest.fixture
def office(empty_office: Office) -> Iterator[Office]:
    """Sari and Budi are caseworkers, the group is bound."""
    empty_office.hire(1, "Sari")
    empty_office.hire(2, "Budi")
    empty_office.bind()
    yield empty_office
    assert empty_office.problems == []
