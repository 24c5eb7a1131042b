"""What a person hears while nothing can be written: sent past the store, and taken away when their message is in.

Nothing is kept of it. Their message is not acknowledged, so Telegram brings it again; but a child must not wait for an
answer that does not come.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress

from bot.channels import errors
from bot.channels.inbound import Inbound
from bot.channels.outgoing import Delete, Outgoing, Send

PATIENCE = 2.0
"""Seconds: a turn that was tried for so long is not the first to fail, however often it was tried."""
_MOST = 10_000

Transport = Callable[[int, Outgoing], Awaitable[int | None]]


class Apologies:
    """One sentence per chat and outage, in memory only."""

    def __init__(self, send: Transport, sentence: Callable[[], str], hush: Callable[[], str]) -> None:
        """`send` raises a ChannelError; `sentence` is what to say, but not to the words in `hush`."""
        self._send, self._sentence, self._hush = send, sentence, hush
        self._failed: set[str] = set()
        self._said: dict[int, int | None] = {}

    async def failed(self, inbound: Inbound, seconds: float) -> None:
        """A turn could not be written, after `seconds`. At the second try, or after a long one, its sender is told."""
        first = inbound.received not in self._failed
        if len(self._failed) < _MOST:
            self._failed.add(inbound.received)
        if inbound.chat_kind != "private" or inbound.chat in self._said or (first and seconds < PATIENCE):
            return
        quiet = inbound.kind in ("blocked", "unblocked") or inbound.text.strip().casefold() in self._hush().split()
        if quiet or len(self._said) >= _MOST:
            return
        self._said[inbound.chat] = None
        try:
            self._said[inbound.chat] = await self._send(inbound.chat, Send(text=self._sentence()))
        except errors.ChannelError:
            del self._said[inbound.chat]  # at the next try

    async def done(self, inbound: Inbound) -> None:
        """A turn of this chat is on disk: the answer follows, and what was said in its place goes."""
        self._failed.discard(inbound.received)
        message_id = self._said.pop(inbound.chat, None)
        if message_id is not None:
            with suppress(errors.ChannelError):
                await self._send(inbound.chat, Delete(message_ids=(message_id,)))
