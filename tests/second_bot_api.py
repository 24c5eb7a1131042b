"""A Telegram Bot API server for tests, written from its public description alone: https://core.telegram.org/bots/api.

It judges whether our bots work with a server nobody shaped to fit them: what they do not say they need answers 404.
Where the description is silent, errors read like the public server's. Tests steer it over /control/, see `people`.
"""

import asyncio
import json
import re
import socket
import sys
import time
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException as ApiError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Json = dict[str, Any]
bots: dict[int, "Bot"] = {}
chats: dict[tuple[int, int], "Chat"] = {}  # by (bot id, user id); a group, which bots share, by (0, group id)
serial = iter(range(100_001, 1_000_000))


def formatted(p: Json, name: str = "text") -> Json:
    key, most = ("entities", 4096) if name == "text" else ("caption_entities", 1024)  # in UTF-16 units
    text, entities = str(p.get(name, "")).strip(), list(p.get(key, []))
    if p.get("parse_mode") or len(text.encode("utf-16-le")) > 2 * most or (name == "text" and not text):
        raise ApiError(400, f"Bad Request: message {name} is {'too long or has a parse_mode' if text else 'empty'}")
    for found in re.finditer(r"(?<![\w/])/\w{1,64}(@\w+)?", text, re.ASCII):
        start = len(text[: found.start()].encode("utf-16-le")) // 2
        entities.append({"type": "bot_command", "offset": start, "length": len(found[0])})
    return ({name: text} if text else {}) | ({key: entities} if entities else {})


def keyboard(p: Json) -> Json:
    rows = p.get("reply_markup", {}).get("inline_keyboard")
    if any(not 1 <= len(button.get("callback_data", "-").encode()) <= 64 for row in rows or [] for button in row):
        raise ApiError(400, "Bad Request: BUTTON_DATA_INVALID")
    return {"reply_markup": {"inline_keyboard": rows}} if rows else {}


class Chat:
    def __init__(self, info: Json, status: dict[int, str]) -> None:
        self.info, self.status = info, status  # ChatMember.status of each bot; "kicked" in private means blocked
        self.messages: dict[int, Json] = {}  # Message by message_id; a deleted one by minus that

    def find(self, number: Any, role: str) -> Json:
        if int(number) not in self.messages:
            raise ApiError(400, f"Bad Request: message to {role} not found")
        return self.messages[int(number)]

    def post(self, sender: Json, p: Json, content: Json) -> Json:
        number, now = len(self.messages) + 1, int(time.time())
        reply = p.get("reply_parameters", {"message_id": 0, "allow_sending_without_reply": True})
        if reply["message_id"] in self.messages or not reply.get("allow_sending_without_reply"):
            original = self.find(reply["message_id"], "be replied")
            content["reply_to_message"] = {key: original[key] for key in original if key != "reply_to_message"}
        self.messages[number] = {"message_id": number, "from": sender, "chat": self.info, "date": now} | content
        return self.messages[number]


class Bot:
    def __init__(self, number: int) -> None:
        self.user = {"id": number, "is_bot": True, "first_name": f"Bot {number}", "username": f"test_{number}_bot"}
        self.id, self.allowed = number, set[str]()  # the kinds of update it wants, all if empty
        self.queue: list[Json] = []  # updates not yet confirmed
        self.poll: asyncio.Future[None] | None = None
        self.files: dict[str, bytes] = {}  # by file_id, which no other bot may use
        self.queries: set[str] = set()  # callback queries not yet answered

    def tell(self, kind: str, content: Json) -> None:
        if not self.allowed or kind in self.allowed:
            self.queue.append({"update_id": next(serial), kind: json.loads(json.dumps(content))})
            if self.poll and not self.poll.done():
                self.poll.set_result(None)

    def chat(self, p: Json, writing: bool = True) -> Chat:
        chat = chats.get((self.id, at := int(p["chat_id"]))) or chats.get((0, at))
        if not chat or self.id not in chat.status:
            raise ApiError(400, "Bad Request: chat not found")
        if chat.status[self.id] != "member" and (writing or at < 0):
            raise ApiError(403, f"Forbidden: bot was {'blocked by the user' if at > 0 else 'kicked from the chat'}")
        return chat

    def keep(self, kind: str, p: Json) -> Json:
        given = p[kind] if isinstance(p[kind], str) else ""
        data = p.get(given.removeprefix("attach://")) or self.files.get(given) if given else p[kind]
        if not data:
            raise ApiError(400, "Bad Request: wrong file identifier/HTTP URL specified, or empty file")
        file: Json = {"file_id": f"{kind}-{next(serial)}", "file_unique_id": f"u{next(serial)}", "file_size": len(data)}
        self.files[file["file_id"]] = data
        file |= {"width": 90, "height": 60, "duration": 1}
        return {kind: [file] if kind == "photo" else file}


async def method(bot: Bot, name: str, p: Json) -> Any:  # noqa: C901 - one case for each method of the API
    match name:
        case "getme":
            return bot.user | {"can_join_groups": True, "can_read_all_group_messages": False}
        case "getupdates":
            offset, timeout = int(p.get("offset", 0)), min(int(p.get("timeout", 0)), 50)
            bot.allowed = set(p.get("allowed_updates", bot.allowed))
            bot.queue = bot.queue[offset:] if offset < 0 else [u for u in bot.queue if u["update_id"] >= offset]
            if timeout and not bot.queue:
                if bot.poll and not bot.poll.done():
                    bot.poll.set_exception(ApiError(409, "Conflict: terminated by other getUpdates request"))
                bot.poll = poll = asyncio.get_running_loop().create_future()
                await asyncio.wait([poll], timeout=timeout)
                if not poll.cancel():  # done: by an update, or by the next poller
                    poll.result()
            return bot.queue[: int(p.get("limit", 100))]
        case "sendmessage" | "sendphoto" | "senddocument" | "sendvoice" | "sendvideo":
            chat, kind = bot.chat(p), name.removeprefix("send")
            content = formatted(p) if kind == "message" else formatted(p, "caption") | bot.keep(kind, p)
            return chat.post(bot.user, p, content | keyboard(p))
        case "editmessagetext" | "editmessagereplymarkup":
            message, content = bot.chat(p).find(p["message_id"], "edit"), formatted(p) if "text" in name else {}
            if message["from"] != bot.user or ("text" in content and "text" not in message):
                raise ApiError(400, "Bad Request: message can't be edited")
            replaced = {"reply_markup", "text", "entities"} if content else {"reply_markup"}
            new = {key: message[key] for key in message if key not in replaced} | content | keyboard(p)
            if new == message:
                raise ApiError(400, "Bad Request: message is not modified: new content and reply markup are the same")
            message.clear()
            message.update(new, edit_date=int(time.time()))
            return message
        case "deletemessage" | "deletemessages":
            chat = bot.chat(p, writing=False)
            alive = [number for number in p.get("message_ids", []) if number in chat.messages]
            for number in alive if "message_ids" in p else [p["message_id"]]:
                if chat.find(number, "delete")["from"] != bot.user and chat.info["id"] < 0:
                    raise ApiError(400, "Bad Request: message can't be deleted")
                chat.messages[-int(number)] = chat.messages.pop(int(number)) | {"deleted": True}
            return True
        case "answercallbackquery":
            if p["callback_query_id"] not in bot.queries:
                raise ApiError(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
            bot.queries.remove(p["callback_query_id"])
            return True
        case "getfile":
            size = len(bot.files[p["file_id"]])
            return {"file_id": p["file_id"], "file_unique_id": "u", "file_size": size, "file_path": p["file_id"]}
    raise ApiError(404)


def people(bot: Bot, action: str, p: Json) -> list[Json]:
    """What the person `user` (a User) does in the chat `chat_id`, with this bot or a group; its messages after that."""
    user, number, group = p["user"], int(p["chat_id"]), int(p["chat_id"]) < 0
    info = {"id": number} | ({"type": "supergroup", "title": "Group"} if group else user | {"type": "private"})
    chat = chats.setdefault((0 if group else bot.id, number), Chat(info, {} if group else {bot.id: "member"}))
    if action == "say":
        kind = next((kind for kind in ("photo", "document", "voice", "video") if kind in p), "")
        message = chat.post(user, p, formatted(p, "caption") | bot.keep(kind, p) if kind else formatted(p))
        command = re.match(r"/\w+(@\w+)?", message.get("text", ""))
        for other in [bots[each] for each, status in chat.status.items() if status == "member"]:
            meant = command and (command[1] or "").lower() in {"", f"@{other.user['username']}"}
            if not group or meant or message.get("reply_to_message", {}).get("from") == other.user:
                other.tell("message", message)
    if action == "press":
        query = {"id": str(next(serial)), "from": user, "chat_instance": f"{bot.id}{number}", "data": p["data"]}
        bot.queries.add(query["id"])
        bot.tell("callback_query", query | {"message": chat.find(p["message_id"], "press")})
    if action == "status":  # the bot is added to the group or unblocked ("member"), removed or blocked ("kicked")
        old, chat.status[bot.id] = chat.status.get(bot.id, "left"), p["status"]
        both = {"old_chat_member": old, "new_chat_member": p["status"]}.items()
        change = {key: {"user": bot.user, "status": status, "until_date": 0} for key, status in both}
        bot.tell("my_chat_member", change | {"chat": chat.info, "from": user, "date": int(time.time())})
        if group and p["status"] == "member":
            bot.tell("message", chat.post(user, {}, {"new_chat_members": [bot.user]}))
    return sorted(chat.messages.values(), key=lambda message: int(message["message_id"]))


async def serve(request: Request) -> Response:
    given: Any = await (request.json() if "json" in request.headers.get("content-type", "") else request.form())
    p = dict(request.query_params) | {k: await v.read() if hasattr(v, "read") else v for k, v in given.items()}
    for key in {"reply_markup", "allowed_updates", "message_ids", "reply_parameters", "entities", "user"} & p.keys():
        p[key] = json.loads(p[key]) if isinstance(p[key], str) else p[key]
    number, name = request.path_params.get("number"), request.path_params["name"]
    bot = bots.setdefault(number or int(p["bot"]), Bot(number or int(p["bot"])))
    if request.url.path.startswith("/file/"):
        return Response(bot.files[name])
    return JSONResponse({"ok": True, "result": await method(bot, name.lower(), p) if number else people(bot, name, p)})


async def refuse(request: Request, error: Exception) -> Response:
    code, text = getattr(error, "status_code", 400), getattr(error, "detail", f"Bad Request: wrong parameter {error!r}")
    return JSONResponse({"ok": False, "error_code": code, "description": text}, code)


if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", int(sys.argv[-1])))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    app = Starlette(exception_handlers=dict.fromkeys((ApiError, KeyError, ValueError), refuse))
    for path in ("/bot{number:int}:{secret}/{name}", "/file/bot{number:int}:{secret}/{name}", "/control/{name}"):
        app.add_route(path, serve, ["GET", "POST"])
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])
