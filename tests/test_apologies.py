"""While nothing can be written a person hears so, once, past the store; and it goes when their message is in."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.apologies import PATIENCE, Apologies
from bot.channels import errors
from bot.channels.inbound import Inbound
from bot.channels.outgoing import Delete, Outgoing, Send

SORRY = "Maaf. 112."


class Chat:
    """What was said and taken away; `trouble` is raised in place of the next calls."""

    def __init__(self) -> None:
        self.did: list[Outgoing] = []
        self.trouble: list[errors.ChannelError] = []

    async def send(self, _chat: int, what: Outgoing) -> int:
        if self.trouble:
            raise self.trouble.pop(0)
        self.did.append(what)
        return len(self.did)


@pytest.fixture
def chat() -> Chat:
    return Chat()


@pytest.fixture
def apologies(chat: Chat) -> Apologies:
    return Apologies(chat.send, lambda: SORRY, lambda: "keluar x")


def said(number: int = 1, **more: Any) -> Inbound:
    values: dict[str, Any] = {"kind": "text", "chat": 7, "chat_kind": "private", "text": "halo", **more}
    return Inbound(bot="intake", received=f"m{number}", at=datetime(2026, 11, 23, tzinfo=UTC), **values)


async def test_the_second_try_of_a_message_is_answered_and_no_further_one(apologies: Apologies, chat: Chat) -> None:
    await apologies.failed(said(), 0.0)
    assert chat.did == []
    for number in (1, 1, 2, 2):
        await apologies.failed(said(number), 0.0)
    assert chat.did == [Send(text=SORRY)]
    await apologies.done(said())
    assert chat.did[1:] == [Delete(message_ids=(1,))]
    await apologies.done(said(2))
    assert len(chat.did) == 2


async def test_after_a_long_first_try_nobody_waits_for_a_second(apologies: Apologies, chat: Chat) -> None:
    await apologies.failed(said(), PATIENCE)
    assert chat.did == [Send(text=SORRY)]


@pytest.mark.parametrize("more", [{"text": " KELUAR "}, {"chat_kind": "group"}, {"kind": "blocked", "text": ""}])
async def test_whoever_leaves_quickly_reads_nothing(apologies: Apologies, chat: Chat, more: dict[str, Any]) -> None:
    await apologies.failed(said(**more), PATIENCE)
    assert chat.did == []


async def test_what_telegram_did_not_take_is_said_at_the_next_try(apologies: Apologies, chat: Chat) -> None:
    chat.trouble = [errors.Down()]
    for _ in range(2):
        await apologies.failed(said(), PATIENCE)
    assert chat.did == [Send(text=SORRY)]
