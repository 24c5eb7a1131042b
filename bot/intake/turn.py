"""One turn of a reporter: read, decide, commit everything it causes at once; a lost race is decided anew."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakValueDictionary

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.channels.inbound import Inbound
from bot.channels.outgoing import AnswerCallback, Leave, Send
from bot.content import publish
from bot.content.sentences import system
from bot.engine import events as ev
from bot.engine.effects import Show
from bot.engine.step import asking, step
from bot.intake import commands, hears, officers, speak
from bot.intake import snapshot as snapshots
from bot.intake.carry import Carry
from bot.intake.plan import AlreadyReceived, Plan
from bot.intake.snapshot import Snapshot
from bot.intake.tools import Tools
from storage import outbox
from storage.intake_tables import ADDRESSES, LINKS, MEDIA_FILES, SEALED_SESSION, SESSIONS, TRACES
from storage.shared_tables import RECEIVED
from storage.store import Conflict, ConstraintBroken, Store, StoreDown

RACES = 8
"""How often a turn is decided anew when somebody else wrote to the same conversation in between."""
CHANNEL = "telegram"
PUT_OFF = timedelta(hours=1)
"""When a conversation that could not be woken is tried again; at every tick it would flood the desk."""
BUTTON_LASTS = timedelta(minutes=2)
"""Telegram forgets a pressed button within minutes: the answer to it is worthless after that."""


class Intake:
    """Takes what reporters do, and the times that have come, and commits what follows."""

    def __init__(self, store: Store, tools: Tools) -> None:
        self._store, self._tools = store, tools
        # A lock lives as long as a turn that holds or awaits it.
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def receive(self, inbound: Inbound, now: datetime) -> None:
        """One turn. Returns once it is committed (or was before); raises what the store raises.

        A turn that cannot be decided is tried once more, then set aside for a human with its content.
        """
        lock = self._locks.setdefault(inbound.chat, asyncio.Lock())
        async with lock:
            await self._turn(
                lambda conn: self._decide(conn, inbound, now),
                lambda conn, what: self._set_aside(conn, inbound, what, now),
            )

    async def wait_is_over(self, address_id: bytes, now: datetime) -> None:
        """The conversation at an address asked to be woken now."""
        await self._turn(
            lambda conn: self._woken(conn, address_id, now),
            lambda conn, what: self._put_off(conn, address_id, what, now),
        )

    async def _turn(self, decide: Callable[[Connection], Plan], set_aside: Callable[[Connection, str], None]) -> None:
        failures, broken = 0, ""
        for _ in range(RACES):
            try:
                plan = await self._store.read(decide)
                await self._store.write(plan)
            except AlreadyReceived:
                return
            except Conflict:
                continue
            except ConstraintBroken as problem:
                # Somebody else wrote the same row; whoever meets it every time would hold up everybody behind them.
                broken = type(problem).__name__
            except StoreDown:
                raise
            except Exception as problem:  # noqa: BLE001 - whatever it is, the person's words must reach a human
                failures += 1
                broken = type(problem).__name__
                if failures > 1:
                    break
            else:
                return
        if not broken:
            raise Conflict
        await self._store.write(lambda conn: set_aside(conn, broken))
        raise TurnSetAside(broken)

    # --- deciding -----------------------------------------------------------------------------------------------------

    def _decide(self, conn: Connection, inbound: Inbound, now: datetime) -> Plan:
        tools, plan = self._tools, Plan()
        received = tools.received(inbound.received)
        plan.add(lambda conn: _receive_once(conn, received, now))
        if conn.execute(RECEIVED.select().where(RECEIVED.c.id == received)).first() is not None:
            raise AlreadyReceived
        if inbound.chat_kind == "group":
            self._not_a_group(conn, plan, inbound, now)
            return plan
        snapshot = snapshots.of_chat(conn, tools, CHANNEL, inbound.chat, now)
        self._greet(plan, snapshot, inbound, now)
        if inbound.callback:
            answer = AnswerCallback(callback=inbound.callback)
            lasts = {"priority": 0, "kind": "callback", "expires_at": now + BUTTON_LASTS}
            row = tools.row(tools.new_id(), inbound.chat, answer, now, **lasts)
            plan.add(lambda conn: outbox.put(conn, row))
        if inbound.kind in ("blocked", "unblocked"):
            commands.reachable(tools, plan, snapshot, inbound.kind == "unblocked", now)
            return plan
        if inbound.kind in ("service", "migrated"):
            return plan  # nobody spoke; that it stands in the chat is known now, for clearing it
        event = hears.event(conn, tools, plan, snapshot, inbound, now)
        if event is not None:
            if isinstance(event, hears.Opened):
                snapshot, event = commands.adopted(conn, snapshot, event.thread_id), ev.CodeTried(True)
            if isinstance(event, ev.Chose) and event.shown == snapshot.session.shown:
                snapshot = replace(snapshot, question=inbound.message_id)
            commands.they_answered(plan, snapshot, now)
            other = officers.elsewhere(snapshot, officers.addressed(conn, tools, snapshot, inbound.reply_to), event)
            if other is not None:
                self._aside(plan, other, event, now)
            else:
                self._step(plan, snapshot, event, now)
            commands.mention_held(tools, plan, snapshot, now)
        return plan

    def _woken(self, conn: Connection, address_id: bytes, now: datetime) -> Plan:
        plan = Plan()
        snapshot = snapshots.of_address(conn, self._tools, address_id, now)
        if snapshot.version is None:
            raise AlreadyReceived
        self._step(plan, snapshot, ev.Waited(), now)
        return plan

    def _step(self, plan: Plan, snapshot: Snapshot, event: ev.Event, now: datetime) -> None:
        tools = self._tools
        # "kemarin" is meant where the person is.
        turn = step(snapshot.scripts, snapshot.session, event, now.astimezone(tools.zone))
        if word := commands.guarded(snapshot, event, turn):
            commands.ask_secret(tools, plan, snapshot, word, now)
            return
        if snapshot.question is not None and turn.session.shown != snapshot.session.shown:
            speak.answered(tools, plan, snapshot, _chosen(snapshot, event), now)
        carry = Carry(tools, plan, snapshot, turn.session, now)
        carry.all(turn.effects)
        sealed = tools.sessions.seal(SEALED_SESSION, snapshot.address_id, json.dumps(turn.session.to_json()).encode())
        values = {"thread_id": carry.thread_id, "sealed": sealed, "wake_at": turn.wake_at}
        plan.add(lambda conn: _save_session(conn, snapshot, values))

    def _aside(self, plan: Plan, snapshot: Snapshot, event: ev.Event, now: datetime) -> None:
        """Words for the officer of another report join that one; the conversation stays where it stands."""
        turn = step(snapshot.scripts, snapshot.session, event, now.astimezone(self._tools.zone))
        asks = [one for one in turn.effects if isinstance(one, Show) and one.question]
        carry = Carry(self._tools, plan, snapshot, turn.session, now)
        carry.all(tuple(one for one in turn.effects if one not in asks))

    # --- around the step ----------------------------------------------------------------------------------------------

    def _greet(self, plan: Plan, snapshot: Snapshot, inbound: Inbound, now: datetime) -> None:
        """The address is there, was heard of now, and the message can be cleared later."""
        tools, address_id = self._tools, snapshot.address_id
        if snapshot.address is None:
            sealed = tools.seal_chat(address_id, snapshot.chat)
            values = {"id": address_id, "tag": snapshot.tag, "channel": CHANNEL, "sealed": sealed, "last_in": now}
            plan.add(lambda conn: conn.execute(ADDRESSES.insert().values(**values, reachable=True, tries=0)))
        else:
            heard = update(ADDRESSES).where(ADDRESSES.c.id == address_id).values(last_in=now, reachable=True)
            linked = update(LINKS).where(LINKS.c.address_id == address_id, LINKS.c.thread_id == snapshot.thread_id)
            plan.add(lambda conn: conn.execute(heard))
            plan.add(lambda conn: conn.execute(linked.values(last_at=now)))
        if inbound.message_id is not None and inbound.kind not in ("button", "edit"):
            trace = tools.new_id()
            sealed = tools.seal_message_id(trace, inbound.message_id)
            row = {"id": trace, "address_id": address_id, "sealed": sealed, "at": now}
            plan.add(lambda conn: conn.execute(TRACES.insert().values(**row)))

    def _not_a_group(self, conn: Connection, plan: Plan, inbound: Inbound, now: datetime) -> None:
        """Somebody added the public bot to a group: one sentence, then we leave. Reporters are met alone."""
        if inbound.kind not in ("joined", "text"):
            return
        tools, person = self._tools, self._tools.tag(CHANNEL, inbound.chat)
        text = publish.live(conn).scripts.messages["bukan_grup"]
        for what in (Send(text=text), Leave()):
            row = tools.row(person, inbound.chat, what, now, kind="group")
            plan.add(lambda conn, row=row: outbox.put(conn, row))  # type: ignore[misc]

    def _set_aside(self, conn: Connection, inbound: Inbound, what: str, now: datetime) -> None:
        """A turn that cannot be decided goes to a human, with its content sealed, and the person is told."""
        tools = self._tools
        _receive_once(conn, tools.received(inbound.received), now)
        person = tools.tag(CHANNEL, inbound.chat)
        row = tools.row(person, inbound.chat, Send(text=system("gangguan")), now, priority=0, kind="trouble")
        outbox.put(conn, row)
        raw = inbound.text or None
        talk = select(SESSIONS.c.thread_id, SESSIONS.c.address_id).join(ADDRESSES).where(ADDRESSES.c.tag == person)
        found = conn.execute(talk).one_or_none()
        if inbound.kind in ("voice", "audio") and inbound.file is not None and found is not None:
            # A recording is kept on arrival, whatever goes wrong with its turn: it follows its report.
            values = hears.media_row(tools, inbound.file, inbound.kind, found.thread_id, found.address_id, now)
            conn.execute(MEDIA_FILES.insert().values(**values))
        held = raw is not None or inbound.file is not None
        thread = found.thread_id.hex() if found is not None else None
        body = {"at": now.isoformat(), "what": f"turn_{what}", "thread": thread, "raw": raw, "held_report": held}
        tools.post(conn, "trouble", body, now)

    def _put_off(self, conn: Connection, address_id: bytes, what: str, now: datetime) -> None:
        """A conversation that cannot be woken: a human hears of it, and it is tried again later."""
        woken = update(SESSIONS).where(SESSIONS.c.address_id == address_id).values(wake_at=now + PUT_OFF)
        thread_id = conn.execute(woken.returning(SESSIONS.c.thread_id)).scalar_one()
        body = {
            "at": now.isoformat(),
            "what": f"turn_{what}",
            "thread": thread_id.hex(),
            "raw": None,
            "held_report": False,
        }
        self._tools.post(conn, "trouble", body, now)


class TurnSetAside(Exception):
    """A turn failed twice and was handed to a human; the type of what failed is its only word."""


def _chosen(snapshot: Snapshot, event: ev.Event) -> str | None:
    """The label of the button that was pressed, for showing the answer in its place."""
    question = asking(snapshot.scripts, snapshot.session)
    if not isinstance(event, ev.Chose) or question is None:
        return None
    script, _, asked = question.partition(".")
    steps = {step.id: step for step in snapshot.scripts.scripts[script].steps}
    return next((choice.label for choice in steps[asked].choices if choice.id == event.choice), None)


def _receive_once(conn: Connection, received: bytes, now: datetime) -> None:
    dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
    insert = dialect.insert(RECEIVED).values(id=received, at=now).on_conflict_do_nothing()
    # RETURNING and not the row count, which psycopg does not give for a row that was there.
    if conn.execute(insert.returning(RECEIVED.c.id)).first() is None:
        raise AlreadyReceived


def _save_session(conn: Connection, snapshot: Snapshot, values: dict[str, Any]) -> None:
    """Compare-and-set on the version that was read; Conflict when somebody was faster."""
    if snapshot.version is None:
        conn.execute(SESSIONS.insert().values(address_id=snapshot.address_id, version=1, **values))
        return
    mine = (SESSIONS.c.address_id == snapshot.address_id) & (SESSIONS.c.version == snapshot.version)
    if conn.execute(update(SESSIONS).where(mine).values(version=snapshot.version + 1, **values)).rowcount != 1:
        raise Conflict
