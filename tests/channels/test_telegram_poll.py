"""The poll confirms only what is committed: the traps of python-telegram-bot's own loop, one by one."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from telegram import error

from bot.channels.errors import SecondPoller
from bot.channels.inbound import Inbound
from bot.channels.telegram_poll import QUIET, Poller
from bot.logs import line_of


def update(number: int, chat: int = 7, text: str = "x") -> dict[str, Any]:
    place = {"id": chat, "type": "private"}
    return {
        "update_id": number,
        "message": {"message_id": number, "date": 1, "chat": place, "from": {"id": chat}, "text": text},
    }


class Upstream:
    """Telegram's side: forgets what an offset has passed, as the real one does."""

    def __init__(self, *pending: Any) -> None:
        self.pending = list(pending)
        self.offsets: list[int | None] = []
        self.trouble: list[Exception] = []

    async def raw_updates(self, offset: int | None, wait: int) -> list[Any]:
        self.offsets.append(offset)
        await asyncio.sleep(0)
        if self.trouble:
            raise self.trouble.pop(0)
        if offset is not None:
            self.pending = [
                one for one in self.pending if not isinstance(one, dict) or one.get("update_id", offset) >= offset
            ]
        return list(self.pending)


class Handler:
    def __init__(self, fails: Callable[[Inbound], bool] = lambda _: False) -> None:
        self.done: list[str] = []
        self.fails = fails

    async def __call__(self, inbound: Inbound) -> None:
        await asyncio.sleep(0)
        if self.fails(inbound):
            raise RuntimeError
        self.done.append(f"{inbound.chat}:{inbound.message_id}")


def poller(upstream: Upstream, handler: Handler, time: Callable[[], float] = lambda: 0.0) -> tuple[Poller, list[str]]:
    reports: list[str] = []
    return Poller("intake", upstream, handler, reports.append, time), reports  # type: ignore[arg-type]


async def test_the_offset_passes_an_update_only_after_its_turn_is_committed() -> None:
    committed = asyncio.Event()

    async def slow(inbound: Inbound) -> None:
        await committed.wait()

    polls = Poller("intake", Upstream(), slow, lambda _: None, lambda: 0.0)  # type: ignore[arg-type]
    taking = asyncio.create_task(polls.take([update(5)]))
    await asyncio.sleep(0)
    assert polls._next_offset() is None
    committed.set()
    await taking
    assert polls._next_offset() == 6


async def test_a_failed_turn_holds_the_offset_but_not_other_people() -> None:
    handler = Handler(lambda inbound: inbound.chat == 8)
    polls, _ = poller(Upstream(), handler)
    assert not await polls.take([update(5), update(6, chat=8), update(7), update(8, chat=8)])
    assert handler.done == ["7:5", "7:7"]  # the second message of chat 8 waits for the first
    assert polls._next_offset() == 6


async def test_what_is_reported_of_a_failed_turn_is_a_name_that_the_log_shows() -> None:
    polls, reports = poller(Upstream(), Handler(lambda _: True))
    await polls.take([update(5)])
    assert reports == ["turn_failed_runtimeerror"]
    assert reports[0] in line_of(None, "warning", {"event": reports[0]})


async def test_a_token_that_is_revoked_while_we_run_is_known_until_a_poll_succeeds() -> None:
    upstream, stop, seen = Upstream(), asyncio.Event(), []
    upstream.trouble = [error.InvalidToken("Unauthorized"), error.InvalidToken("Unauthorized")]
    polls, _ = poller(upstream, Handler())

    async def at_once(_: asyncio.Event, seconds: float) -> None:
        seen.append(polls.revoked)
        if not upstream.trouble:
            upstream.pending.append(update(1))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.channels.telegram_poll.wait_for", at_once)
        polls._handle = lambda _: _set(stop)
        await polls.run(stop)
    assert seen == [True, True]
    assert not polls.revoked


async def _set(stop: asyncio.Event) -> None:
    stop.set()


async def test_one_malformed_update_among_good_ones_is_counted_and_passed() -> None:
    handler = Handler()
    polls, reports = poller(Upstream(), handler)
    assert await polls.take([update(1), {"update_id": 2, "message": {}}, "junk", {"update_id": 3}, update(4)])
    assert handler.done == ["7:1", "7:4"]
    assert reports.count("update_malformed") == 2
    assert polls._next_offset() == 5


async def test_after_a_quiet_week_the_poll_asks_without_an_offset() -> None:
    now = 0.0
    polls, _ = poller(Upstream(), Handler(), lambda: now)
    await polls.take([update(5)])
    assert polls._next_offset() == 6
    now = QUIET.total_seconds() + 1
    assert polls._next_offset() is None


async def test_trouble_is_reported_by_type_and_the_poll_goes_on() -> None:
    upstream, handler, stop = Upstream(update(1)), Handler(), asyncio.Event()
    upstream.trouble = [error.TimedOut("secret"), error.RetryAfter(0), error.NetworkError("secret")]
    polls, reports = poller(upstream, handler)

    def stops(_: Inbound) -> bool:
        stop.set()
        return False

    handler.fails = stops
    waits: list[float] = []

    async def at_once(_: asyncio.Event, seconds: float) -> None:
        waits.append(seconds)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.channels.telegram_poll.wait_for", at_once)
        await polls.run(stop)
    assert handler.done == ["7:1"]
    assert reports == ["poll_down", "poll_limited", "poll_down"]
    assert waits == [0.5, 0, 2.0]


async def test_a_second_poller_ends_the_loop() -> None:
    upstream = Upstream()
    upstream.trouble = [error.Conflict("terminated by other getUpdates request")]
    polls, _ = poller(upstream, Handler())
    with pytest.raises(SecondPoller):
        await polls.run(asyncio.Event())


async def test_stopping_does_not_wait_for_a_long_poll() -> None:
    class Silent:
        async def raw_updates(self, offset: int | None, wait: int) -> list[Any]:
            await asyncio.Event().wait()
            return []

    stop = asyncio.Event()
    polls = Poller("intake", Silent(), Handler(), lambda _: None, lambda: 0.0)  # type: ignore[arg-type]
    running = asyncio.create_task(polls.run(stop))
    await asyncio.sleep(0)
    stop.set()
    await asyncio.wait_for(running, 5)
    assert running.done()


async def test_answers_without_updates_that_come_at_once_are_not_asked_for_in_haste(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stop, waits = asyncio.Event(), []

    async def wait(_: asyncio.Event, seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            stop.set()

    monkeypatch.setattr("bot.channels.telegram_poll.wait_for", wait)
    upstream = Upstream()
    await asyncio.wait_for(poller(upstream, Handler())[0].run(stop), 10)
    assert len(upstream.offsets) == 3
    assert min(waits) > 0


@pytest.mark.parametrize("number", [True, -5, 7.0, "7", None, 2**31, 2**70, [7]], ids=repr)
async def test_no_number_that_cannot_be_one_moves_the_offset(number: Any) -> None:
    handler = Handler()
    polls, reports = poller(Upstream(), handler)
    await polls.take([update(6), update(7) | {"update_id": number}, update(8)])
    assert polls._next_offset() == 9
    assert handler.done == ["7:6", "7:8"]
    assert reports == ["update_malformed"]
    await polls.take([update(9) | {"update_id": number}])
    assert polls._next_offset() == 9
