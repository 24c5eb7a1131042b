"""The control side over HTTP: `POST /control/{act}` makes things happen, `GET /control/...` shows what happened."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.telegram import acts
from simulator.telegram.acts import finding
from simulator.telegram.errors import ControlError
from simulator.telegram.routes import as_json
from simulator.telegram.state import Chat, Json
from simulator.telegram.world import World

# The longest a reader of events is kept waiting.
_LONGEST_WAIT = 30.0


class Control:
    """The control routes of one world."""

    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self) -> list[Route]:
        reads = {
            "chats": self.chats,
            "chats/{key}": self.chat,
            "calls": self.calls,
            "events": self.events,
            "bots": self.bots,
            "presses/{press}": self.press,
            "files/{uid}": self.file,
        }
        made = [Route(f"/control/{path}", read, methods=["GET"]) for path, read in reads.items()]
        return [*made, Route("/control/{act}", self.act, methods=["POST"])]

    async def act(self, request: Request) -> Response:
        """Carries out one act; 400 with the reason where it cannot be."""
        act = acts.ACTS.get(request.path_params["act"])
        if act is None:
            return as_json({"error": f"unknown act, one of {sorted(acts.ACTS)}"}, 404)
        try:
            given = await request.json() if await request.body() else {}
            if not isinstance(given, dict):
                return as_json({"error": "a JSON object is expected"}, 400)
            return as_json(act(self.world, given))
        except (ControlError, KeyError, TypeError, ValueError) as error:
            return as_json({"error": f"{type(error).__name__}: {error}"}, 400)

    def _view(self, place: Chat) -> Json:
        standing = {m.user.id: m.status for m in place.members.values()}
        return {
            "chat": place.key,
            "id": place.id,
            "type": place.type,
            "title": place.title,
            "person": place.person.id if place.person else None,
            "bot": place.bot.username if place.bot else None,
            "blocked": place.blocked,
            "members": {str(number): status for number, status in standing.items()},
            "pinned": place.pinned,
            "migrated_to": place.migrated_to,
            "messages": [self.world.view(note) for note in place.messages.values()],
        }

    async def chats(self, _request: Request) -> Response:
        """All chats with all their messages."""
        places = [*self.world.private.values(), *self.world.groups.values()]
        return as_json([self._view(place) for place in places])

    async def chat(self, request: Request) -> Response:
        """One chat by its key."""
        try:
            return as_json(self._view(finding.chat(self.world, {"chat": request.path_params["key"]})))
        except ControlError as error:
            return as_json({"error": str(error)}, 404)

    async def calls(self, request: Request) -> Response:
        """The calls bots made: all, or those after `since`, of one `method`."""
        since = int(request.query_params.get("since", 0))
        method = request.query_params.get("method", "").lower()
        chosen = [c for c in self.world.calls if c["n"] > since and method in {"", c["method"].lower()}]
        return as_json(chosen)

    async def events(self, request: Request) -> Response:
        """What happened after event `since`; waits up to `timeout` seconds for the first."""
        since = int(request.query_params.get("since", 0))
        left = min(float(request.query_params.get("timeout", 0)), _LONGEST_WAIT)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + left
        while len(self.world.events) <= since and (left := deadline - loop.time()) > 0:
            try:
                await asyncio.wait_for(self.world.happened.wait(), left)
            except TimeoutError:
                break
        return as_json(self.world.events[since:])

    async def bots(self, _request: Request) -> Response:
        """The bots, what they told about themselves and how many updates wait for them, and whether they poll."""
        return as_json(
            [
                {
                    "id": bot.id,
                    "username": bot.username,
                    "waiting": len(bot.queue),
                    "polled": self.world.polls.waits(bot),
                    "webhook": bot.webhook.url if bot.webhook else None,
                    "commands": bot.commands,
                    "texts": bot.texts,
                }
                for bot in self.world.bots.values()
            ]
        )

    async def press(self, request: Request) -> Response:
        """One button press and its answer, null until the bot gave one."""
        press = self.world.presses.get(request.path_params["press"])
        if press is None:
            return as_json({"error": "no such press"}, 404)
        return as_json({"press": press.id, "by": press.by, "data": press.data, "answer": press.answer})

    async def file(self, request: Request) -> Response:
        """The bytes of a stored file."""
        file = self.world.files.get(request.path_params["uid"])
        if file is None or file.data is None:
            return as_json({"error": "no such file"}, 404)
        return Response(file.data, media_type=file.mime or "application/octet-stream")
