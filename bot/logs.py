"""Logs that say what happened, never what was said: an allow-list of fields, and exceptions by type and place alone.

Our own code logs by structlog: `get_logger().info("card_sent", case=case_id, count=2)`. A field passes only if its name
stands in a table below and its value has the form of that table; everything else is left out and only counted. Lines of
other libraries carry logger, level and type of error, as several of them print tokens, addresses and whole messages
(httpx: the URL with the bot's token; telegram: raw updates; sqlalchemy: bound values). Redaction of what looks like a
token or a phone number is a second net under the first.
"""

import logging
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator, MutableMapping
from enum import StrEnum
from types import TracebackType
from typing import Any, TextIO

import structlog

# Ids that we minted (16 or 32 random bytes, or their hex), and the codes of cases.
IDS = frozenset({"answer", "case", "code", "letter", "media", "relay", "row", "set", "stream", "thread", "turn"})
COUNTS = frozenset(
    {
        "attempt",
        "cases",
        "count",
        "letters",
        "line",
        "ms",
        "parts",
        "port",
        "rows",
        "seconds",
        "seq",
        "size",
        "status",
        "version",
    }
)
WORDS = frozenset(
    {"actor", "bot", "kind", "level", "method", "mode", "outcome", "reason", "state", "tier", "urgency", "what"}
)
# The only words that may stand in a field of WORDS; a member of one of our own StrEnums may too.
VOCABULARY = frozenset(
    """
    intake desk telegram whatsapp sqlite postgresql run
    debug info warning error critical
    alarm submit consult more phone flag trouble delivery canary accepted claimed opened reply closed reopened
    duty_status
    text button edit voice photo video audio document location contact joined left migrated blocked unblocked other
    laporan ingin_bicara teknis new in_progress referred monitoring darurat tinggi sedang rendah self strong weak
    waiting sending sent delivered failed expired held limited gone down refused
    done repeated conflict set_aside malformed stale unknown
    gap late unknown_stream repeat envelope bad_signature wrong_peer unreadable
    getMe getUpdates sendMessage editMessageText editMessageReplyMarkup answerCallbackQuery deleteMessage deleteMessages
    getFile sendPhoto sendDocument sendVoice sendVideo deleteWebhook leaveChat
    """.split()
)
# Longer numbers may be chat ids or phones, whatever the field is called.
LARGEST_COUNT = 9_999_999
# Loggers of others whose name may be shown; none of their lines below a warning comes out.
FOREIGN = (
    "alembic",
    "apscheduler",
    "asyncio",
    "httpcore",
    "httpx",
    "py",
    "sqlalchemy",
    "telegram",
    "twilio",
    "uvicorn",
)

_EVENT = re.compile(r"[a-z][a-z0-9_]{2,47}")
_MINTED = re.compile(r"[0-9a-f]{32}|[0-9a-f]{64}|[KT]-[0-9]{4,6}")
_SECRET_LIKE = re.compile(
    r"[0-9]{5,}:[A-Za-z0-9_-]{20,}"  # a Telegram token
    r"|(?:AC|SK|SM|MM|ME|HX)[0-9a-f]{32}"  # Twilio's ids
    # A phone or chat number: eight digits or more that are not part of a hexadecimal id.
    r"|(?<![0-9a-f.:-])\+?[0-9][0-9 .()-]{6,}[0-9](?![0-9a-f:])"
)
_DEEPEST = 20
SAME_A_MINUTE = 10
"""So many equal lines come out in a minute; a disk that is full, and stays so, must not be filled with saying it."""
_MINUTE = 60.0
_MOST_KEPT = 512

Event = MutableMapping[str, Any]


def get_logger() -> structlog.typing.FilteringBoundLogger:
    """The logger of our own code; `configure` decides where its lines go."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return logger


def configure(stream: TextIO, level: int = logging.INFO, monotonic: Callable[[], float] = time.monotonic) -> None:
    """Sends every line of this process to `stream`, through the allow-list; uncaught exceptions as well.

    To be called once, before anything logs.
    """
    sink = _Sink(stream, monotonic)
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.processors.TimeStamper("iso", utc=True), line_of],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: sink,
        cache_logger_on_first_use=False,
    )
    # A handler that fails would print the record it failed on.
    logging.raiseExceptions = False
    logging.captureWarnings(True)
    logging.root.handlers = [_ForeignHandler()]
    logging.root.setLevel(logging.WARNING)
    known = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in FOREIGN]
    for name in {*FOREIGN, *known}:
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
        logger.setLevel(logging.WARNING)
    sys.excepthook = _log_uncaught
    threading.excepthook = lambda args: _log_uncaught(args.exc_type, args.exc_value, args.exc_traceback)
    sys.unraisablehook = lambda args: _log_uncaught(args.exc_type, args.exc_value, args.exc_traceback)


def line_of(_logger: object, _method: str, event: Event) -> str:
    """One line: time, level, event, then what the allow-list lets through, as `name=value`; the last structlog step."""
    name = event.pop("event", None)
    time, level = event.pop("timestamp", "-"), event.pop("level", "-")
    event_name = name if isinstance(name, str) and _EVENT.fullmatch(name) else "unnamed_event"
    fields = allowed(event)
    shown = "".join(f" {key}={value}" for key, value in fields.items())
    return f"{time} {level} {event_name}{redacted(shown)}"


def allowed(event: Event) -> dict[str, str]:
    """The fields that may be shown, as text; `dropped` counts those that may not."""
    shown: dict[str, str] = {}
    dropped = 0
    for key, value in event.items():
        if key in ("exc_info", "error"):
            shown |= _of_error(value)
        elif value is None:
            continue
        elif (text := _allowed_text(key, value)) is not None:
            shown[key] = text
        else:
            dropped += 1
    return shown | ({"dropped": str(dropped)} if dropped else {})


def redacted(text: str) -> str:
    """`text` with everything that looks like a token, a foreign id or a phone number replaced by stars."""
    return _SECRET_LIKE.sub("***", text)


def frames(error: BaseException) -> str:
    """Where `error` was raised: `folder/file.py:line function`, outermost first, ` > ` between; nothing it says."""
    return " > ".join(list(_frames(error.__traceback__))[-_DEEPEST:])


def _frames(traceback: TracebackType | None) -> Iterator[str]:
    while traceback is not None:
        code = traceback.tb_frame.f_code
        # Two parts of the path tell our files apart and keep the operator's home out.
        file = "/".join(code.co_filename.replace("\\", "/").split("/")[-2:])
        yield f"{file}:{traceback.tb_lineno} {code.co_name}"
        traceback = traceback.tb_next


def _of_error(value: object) -> dict[str, str]:
    if value is True:
        value = sys.exc_info()[1]
    if isinstance(value, tuple):
        value = value[1] if len(value) > 1 else None
    if not isinstance(value, BaseException):
        return {}
    causes: list[str] = []
    cause = value.__cause__ or value.__context__
    while cause is not None and len(causes) < _DEEPEST:
        causes.append(type(cause).__qualname__)
        cause = cause.__cause__ or cause.__context__
    shown = {"type": type(value).__qualname__}
    if causes:
        shown["from"] = ",".join(causes)
    if isinstance(value, BaseExceptionGroup):
        shown["group"] = ",".join(sorted({type(one).__qualname__ for one in value.exceptions}))
    return shown | {"at": f'"{frames(value)}"'}


def _allowed_text(key: str, value: object) -> str | None:
    if key in IDS:
        return _id_text(value)
    if key in COUNTS:
        return _count_text(value)
    if key in WORDS and isinstance(value, str) and (isinstance(value, StrEnum) or value in VOCABULARY):
        return str(value)
    return None


def _id_text(value: object) -> str | None:
    text = value.hex() if isinstance(value, bytes) else value
    return text if isinstance(text, str) and _MINTED.fullmatch(text) else None


def _count_text(value: object) -> str | None:
    if not isinstance(value, int | float) or not abs(value) <= LARGEST_COUNT:
        return None
    return f"{value:.6g}" if isinstance(value, float) else str(int(value))


class _Sink:
    """Writes lines; a stream that is gone must not end a turn. What is said again and again is only counted."""

    def __init__(self, stream: TextIO, monotonic: Callable[[], float]) -> None:
        self._stream, self._monotonic = stream, monotonic
        self._lock = threading.Lock()
        self._said: dict[str, tuple[float, int]] = {}

    def _seldom(self, line: str) -> str | None:
        """The line, with how often it was kept back in the last minute; None to keep it back. Only of trouble."""
        _, _, what = line.partition(" ")
        if what.startswith(("debug", "info")):
            return line
        now = self._monotonic()
        began, count = self._said.get(what, (now, 0))
        kept_back = 0
        if now - began >= _MINUTE:
            kept_back, began, count = max(0, count - SAME_A_MINUTE), now, 0
        if len(self._said) >= _MOST_KEPT:
            self._said.clear()
        self._said[what] = (began, count + 1)
        if count >= SAME_A_MINUTE:
            return None
        return f"{line} repeated={kept_back}" if kept_back else line

    def msg(self, said: str) -> None:
        with self._lock:
            line = self._seldom(said)
            if line is None:
                return
            try:
                self._stream.write(line + "\n")
                self._stream.flush()
            except (OSError, ValueError):
                return

    debug = info = warning = error = critical = msg


class _ForeignHandler(logging.Handler):
    """Turns a line of another library into one of ours: logger, level and type of error, nothing it wrote."""

    def emit(self, record: logging.LogRecord) -> None:
        top = record.name.partition(".")[0]
        level = record.levelname.lower() if record.levelname.lower() in VOCABULARY else "warning"
        error = record.exc_info[1] if record.exc_info else _error_in(record)
        getattr(get_logger(), level)(f"log_of_{top}" if top in FOREIGN else "log_of_another", error=error)


def _error_in(record: logging.LogRecord) -> BaseException | None:
    arguments = record.args if isinstance(record.args, tuple) else ()
    return next((one for one in arguments if isinstance(one, BaseException)), None)


def _log_uncaught(_type: type[BaseException], error: BaseException | None, _traceback: TracebackType | None) -> None:
    get_logger().critical("uncaught_error", error=error)
