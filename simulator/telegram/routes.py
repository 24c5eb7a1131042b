"""The bots' side over HTTP: `/bot{token}/{method}` and `/file/bot{token}/{path}`."""

import asyncio
import inspect
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from simulator.telegram import methods, params, wire
from simulator.telegram.errors import ApiError
from simulator.telegram.faults import Fault, Kind
from simulator.telegram.params import Params
from simulator.telegram.state import Bot, Json
from simulator.telegram.world import World

_UNAUTHORIZED = ApiError(401, "Unauthorized")
_NO_METHOD = ApiError(404, "Not Found: method not found")
_NOT_FOUND = ApiError(404, "Not Found")


def as_json(body: Any, status: int = 200) -> Response:
    """A JSON answer in plain ASCII, so that even a lone surrogate survives."""
    return Response(json.dumps(body), status_code=status, media_type="application/json")


def _refused(error: ApiError) -> Response:
    body: Json = {"ok": False, "error_code": error.code, "description": error.description}
    headers = {}
    if error.parameters:
        body["parameters"] = error.parameters
    if "retry_after" in error.parameters:
        headers["Retry-After"] = str(error.parameters["retry_after"])
    answer = as_json(body, error.code)
    answer.headers.update(headers)
    return answer


class BotApi:
    """Carries out calls on one world."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def call(self, request: Request) -> Response:
        """One method call, with whatever fault waits for it."""
        name = request.path_params["method"].lower()
        entry: Json = {"method": methods.NAMES.get(name, name), "at": self.world.clock.now(), "bot": None}
        self.world.note_call(entry)
        try:
            bot = self.world.bot_by_token(request.path_params["token"])
            if bot is None:
                raise _UNAUTHORIZED
            p = await params.read(request)
            entry.update(bot=bot.id, params=p.shown())
            answer = await self._carried_out(request, name, bot, p, entry)
        except ApiError as error:
            entry.update(status=error.code, error=error.description)
            answer = _refused(error)
        return answer

    async def _carried_out(self, request: Request, name: str, bot: Bot, p: Params, entry: Json) -> Response:
        fault = self.world.faults.take(name, bot.id, p.text("chat_id"))
        if fault is not None:
            entry["fault"] = fault.kind.value
        if fault is not None and fault.kind is Kind.DELAY:
            await asyncio.sleep(fault.seconds)
        elif fault is not None:
            if fault.done:
                await self._result(request, name, bot, p, entry)
            return await self._spoilt(request, fault)
        return as_json({"ok": True, "result": await self._result(request, name, bot, p, entry)})

    async def _result(self, request: Request, name: str, bot: Bot, p: Params, entry: Json) -> Any:
        method = methods.METHODS.get(name)
        if method is None:
            raise _NO_METHOD
        entry["ignored"] = sorted((p.values.keys() | p.files.keys()) - method.takes - _attached(p))
        result = method.run(self.world, bot, p)
        if inspect.isawaitable(result):
            result = await _unless_gone(request, result)
        entry["status"] = 200
        return result

    async def _spoilt(self, request: Request, fault: Fault) -> Response:
        if fault.kind is Kind.REFUSE:
            raise fault.error()
        if fault.kind is Kind.TIMEOUT:
            await asyncio.sleep(fault.seconds)
        if fault.kind is Kind.BAD_JSON:
            return Response(fault.body, status_code=fault.code, media_type="text/html")
        wire.cut(request.client)
        return Response()

    async def file(self, request: Request) -> Response:
        """The bytes of a file for which getFile gave the path."""
        bot = self.world.bot_by_token(request.path_params["token"])
        if bot is None:
            return _refused(_UNAUTHORIZED)
        fault = self.world.faults.take("file", bot.id, "")
        try:
            if fault is not None and fault.kind is not Kind.DELAY:
                return await self._spoilt(request, fault)
        except ApiError as error:
            return _refused(error)
        if fault is not None:
            await asyncio.sleep(fault.seconds)
        uid = request.path_params["path"].rpartition("/")[2].partition(".")[0]
        found = self.world.files.get(uid)
        if found is None or found.data is None:
            return _refused(_NOT_FOUND)
        return Response(found.data, media_type="application/octet-stream")


def _attached(p: Params) -> set[str]:
    return {value.removeprefix("attach://") for value in p.values.values() if value.startswith("attach://")}


async def _unless_gone(request: Request, result: Any) -> Any:
    """Waits for `result`, but no longer than the caller does: a poll of somebody who hung up must not conflict."""
    work = asyncio.ensure_future(result)
    gone = asyncio.ensure_future(_hung_up(request))
    try:
        await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        return [] if gone.done() and not work.done() else await work
    finally:
        for task in (work, gone):
            task.cancel()


async def _hung_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        continue
