"""Answers that real servers give on bad days: closed connections and half answers, which plain ASGI cannot send."""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

# The open connections by the caller's address, so that one can be cut off in the middle of a request.
_OPEN: dict[tuple[str, int], asyncio.Transport] = {}


class CuttableProtocol(H11Protocol):
    """uvicorn's HTTP protocol, with its connections within reach."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.client is not None:
            _OPEN[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self.client is not None:
            _OPEN.pop(self.client, None)
        super().connection_lost(exc)


def cut(client: Any) -> None:
    """Closes the connection of `client` (host, port) at once, without another byte."""
    transport = _OPEN.get((client[0], client[1])) if client else None
    if transport is not None:
        transport.abort()
