"""GET /health and GET /metrics: whether this process does its work, in numbers, without anybody in it."""

import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.metrics import Metrics
from bot.settings import Listen

Check = Callable[[], Awaitable[Mapping[str, bool]]]


class PortTaken(Exception):
    """The address to listen on cannot be had."""

    def __init__(self, listen: Listen, reason: str) -> None:
        setting = "BERANI_INTAKE_LISTEN (for `berani desk`: BERANI_DESK_LISTEN)"
        fix = f"end whoever holds it, or write another HOST:PORT into {setting}"
        super().__init__(f"cannot listen on {listen} ({reason})\n  fix: {fix}")


def application(check: Check, refresh: Callable[[], Awaitable[None]], metrics: Metrics) -> Starlette:
    """The routes. `check` gives name → whether it is well; `refresh` brings the gauges up to date."""

    async def health(_: Request) -> Response:
        found = await check()
        well = all(found.values())
        return JSONResponse({"ok": well, "checks": dict(found)}, 200 if well else 503)

    async def numbers(_: Request) -> Response:
        await refresh()
        body, headers = metrics.exposition()
        return Response(body, headers=dict(headers))

    return Starlette(routes=[Route("/health", health), Route("/metrics", numbers)])


def bound(listen: Listen) -> socket.socket:
    """A socket that listens there. Raises PortTaken."""
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    # With the protocol named: asyncio switches Nagle's algorithm off only then, which costs 40 ms an answer else.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((listen.host, listen.port))
        sock.listen(128)
    except OSError as problem:
        sock.close()
        raise PortTaken(listen, problem.strerror or type(problem).__name__) from None
    return sock


class Server(uvicorn.Server):
    """uvicorn inside our own loop; signals are ours."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the process's signal handlers alone."""
        yield


def server(app: Starlette) -> Server:
    """A server for `app` that logs nothing by itself: access logs hold addresses."""
    return Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", server_header=False))
