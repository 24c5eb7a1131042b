"""Promises of bot/logs.py: whatever is handed to a logger, only what the allow-list names comes out."""

import asyncio
import io
import logging
import re
import sys
import threading
import warnings
from collections.abc import Iterator
from enum import StrEnum

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bot import logs

SENTINELS = (
    "Sri Wahyuni",
    "namaku_sri",
    "sentinel",
    "+62 812-3456-7890",
    "081234567890",
    "5012345678",
    "1234567890:AbCdEfGhIjKlMnOpQrStUvWxYz012345678",
    "AC" + "0" * 32,
)
CASE = bytes(range(16))


class Tier(StrEnum):
    SELF = "sendiri"


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    """Configured logs of this process, put back afterwards."""
    root, level, hooks = (
        logging.root.handlers,
        logging.root.level,
        (sys.excepthook, threading.excepthook, sys.unraisablehook),
    )
    raised = logging.raiseExceptions
    stream = io.StringIO()
    logs.configure(stream, logging.DEBUG)
    yield stream
    structlog.reset_defaults()
    logging.captureWarnings(False)
    logging.root.handlers, logging.raiseExceptions = root, raised
    logging.root.setLevel(level)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks


def nothing_leaked(text: str) -> bool:
    return not any(sentinel in text for sentinel in SENTINELS)


def test_events_ids_we_minted_counts_and_known_words_come_out(out: io.StringIO) -> None:
    logs.get_logger().info("card_sent", case=CASE, code="K-0412", actor="desk", tier=Tier.SELF, count=2, seconds=0.25)
    line = out.getvalue()
    fields = f"case={CASE.hex()} code=K-0412 actor=desk tier=sendiri count=2 seconds=0.25"
    assert re.fullmatch(rf"\d{{4}}-\d\d-\d\dT[\d:.]+Z info card_sent {fields}\n", line)


@pytest.mark.parametrize("sentinel", SENTINELS)
def test_a_sentinel_in_any_argument_never_comes_out(sentinel: str, out: io.StringIO) -> None:
    log = logs.get_logger()
    everywhere = dict.fromkeys(
        logs.IDS | logs.COUNTS | logs.WORDS | {"text", "name", "chat", "url", "error", "exc_info"}, sentinel
    )
    log.warning("turn_failed", **everywhere)
    log.warning(f"{sentinel} ")  # noqa: G004
    log.warning("turn_failed", **{sentinel: 1})
    log.bind(name=sentinel).error("turn_failed", nested={"a": [sentinel]}, encoded=sentinel.encode())
    assert len(out.getvalue().splitlines()) == 4
    assert nothing_leaked(out.getvalue())


def test_dropped_fields_are_counted_so_that_their_author_notices(out: io.StringIO) -> None:
    logs.get_logger().info("turn_done", actor="intake", text="sentinel", count="sentinel")
    assert out.getvalue().endswith(" turn_done actor=intake dropped=2\n")


def test_chat_ids_do_not_pass_as_counts(out: io.StringIO) -> None:
    logs.get_logger().info("turn_done", count=5012345678, size=float("nan"), seq=-1005012345678)
    assert out.getvalue().endswith(" turn_done dropped=3\n")


@pytest.mark.parametrize("sentinel", SENTINELS)
def test_exceptions_come_out_as_type_and_place_never_as_message_or_locals(sentinel: str, out: io.StringIO) -> None:
    def fail() -> None:
        story = sentinel
        try:
            raise LookupError(story)
        except LookupError as error:
            error.add_note(story)
            raise ValueError(story) from error

    try:
        fail()
    except ValueError as error:
        logs.get_logger().error("turn_failed", error=error)
        logs.get_logger().exception("turn_failed")
        logging.getLogger("telegram.ext").exception("while handling %s", sentinel)
    text = out.getvalue()
    assert text.count("type=ValueError from=LookupError") == 3
    assert text.count("tests/test_logs.py:") >= 6
    assert nothing_leaked(text)


def test_an_exception_group_shows_the_types_it_holds(out: io.StringIO) -> None:
    logs.get_logger().error(
        "task_failed", error=ExceptionGroup("sentinel", [OSError("sentinel"), KeyError("sentinel")])
    )
    assert "type=ExceptionGroup group=KeyError,OSError" in out.getvalue()
    assert nothing_leaked(out.getvalue())


@pytest.mark.parametrize(
    "name", [*logs.FOREIGN, "telegram.ext.Updater", "httpx._client", "uvicorn.access", "sentinel", ""]
)
def test_lines_of_other_libraries_lose_everything_they_say(name: str, out: io.StringIO) -> None:
    logger = logging.getLogger(name)
    for sentinel in SENTINELS:
        logger.debug("POST %s", sentinel)
        logger.info("POST %s", sentinel, extra={"chat": sentinel})
    assert out.getvalue() == ""
    for sentinel in SENTINELS:
        logger.warning("POST %s", sentinel, extra={"chat": sentinel})
        logger.critical(f"raw update {sentinel}")  # noqa: G004
        logger.error("failed: %s", OSError(sentinel))
    text = out.getvalue()
    assert len(text.splitlines()) == 3 * len(SENTINELS)
    assert "type=OSError" in text
    assert nothing_leaked(text)


def test_handlers_and_levels_that_a_library_set_itself_are_taken_away(out: io.StringIO) -> None:
    own = io.StringIO()
    logger = logging.getLogger("httpx")
    logger.addHandler(logging.StreamHandler(own))
    logger.setLevel(logging.DEBUG)
    logs.configure(out, logging.DEBUG)
    logger.info("sentinel")
    logger.warning("sentinel")
    assert own.getvalue() == ""
    assert out.getvalue().count("log_of_httpx") == 1


def test_a_record_that_cannot_be_formatted_prints_nothing_of_itself(
    out: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    logging.getLogger("telegram").warning("%d", "sentinel")
    assert nothing_leaked(out.getvalue() + "".join(capsys.readouterr()))


def test_uncaught_exceptions_and_warnings_come_out_without_their_message(
    out: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise RuntimeError("sentinel")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    try:
        fail()
    except RuntimeError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)
        warnings.warn("sentinel", UserWarning, stacklevel=1)
        logging.captureWarnings(False)
    assert out.getvalue().count("uncaught_error type=RuntimeError") == 2
    assert "log_of_py" in out.getvalue()
    assert nothing_leaked(out.getvalue() + "".join(capsys.readouterr()))


def test_a_task_that_nobody_awaits_comes_out_by_type(out: io.StringIO) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.call_exception_handler({"message": "sentinel", "exception": OSError("sentinel")})

    asyncio.run(main())
    assert "log_of_asyncio type=OSError" in out.getvalue()
    assert nothing_leaked(out.getvalue())


def test_a_stream_that_is_gone_does_not_end_a_turn() -> None:
    closed = io.StringIO()
    sink = logs._Sink(closed, lambda: 0.0)
    closed.close()
    sink.info("a line")


@pytest.mark.parametrize("sentinel", SENTINELS[3:])
def test_the_second_net_stars_tokens_and_numbers(sentinel: str) -> None:
    assert sentinel not in logs.redacted(f"at {sentinel} and /bot{sentinel}/getMe")


def test_the_second_net_leaves_ids_places_and_counts() -> None:
    line = f'case={CASE.hex()} code=K-0412 count=1234567 at="intake/turn.py:120 take > storage/store.py:88 write"'
    assert logs.redacted(line) == line


@given(st.text(), st.sampled_from(sorted(logs.IDS | logs.COUNTS | logs.WORDS)))
def test_free_text_passes_only_as_a_known_word_or_an_id(text: str, key: str) -> None:
    shown = logs.allowed({key: text}).get(key)
    assert (
        shown is None or shown in logs.VOCABULARY or re.fullmatch(r"[0-9a-f]{32}|[0-9a-f]{64}|[KT]-[0-9]{4,6}", shown)
    )


def test_what_is_said_again_and_again_is_counted_and_does_not_fill_the_disk() -> None:
    now, stream = 0.0, io.StringIO()
    sink = logs._Sink(stream, lambda: now)
    for _ in range(50):
        for _ in range(4):
            sink.msg(f"{now} warning delivery_store_down actor=desk")
            sink.msg(f"{now} error tick_failed actor=intake")
            sink.msg(f"{now} info card_sent count=1")
        now += 2
    lines = stream.getvalue().splitlines()
    assert len([line for line in lines if "card_sent" in line]) == 200
    for event in ("delivery_store_down actor=desk", "tick_failed actor=intake"):
        said = [line for line in lines if event in line]
        assert len(said) == 20
        assert said[10].endswith(" repeated=110")
