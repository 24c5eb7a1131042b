"""Puts the double together: one world, the bots' side, the control side, the webhooks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Route

from simulator.telegram.control import Control
from simulator.telegram.routes import BotApi
from simulator.telegram.webhooks import Webhooks
from simulator.telegram.world import World


def build(clock_file: Path | None = None) -> Starlette:
    """The ASGI application on an empty world; `clock_file` holds the seconds by which its clock is ahead."""
    world = World(clock_file)
    api = BotApi(world)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        webhooks = Webhooks(world)
        world.listeners.append(webhooks.wake)
        yield
        await webhooks.close()

    routes = [
        Route("/bot{token}/{method}", api.call, methods=["GET", "POST"]),
        Route("/file/bot{token}/{path:path}", api.file, methods=["GET"]),
        *Control(world).routes(),
    ]
    return Starlette(routes=routes, lifespan=lifespan)
