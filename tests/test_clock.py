"""Promises of bot/clock.py: aware UTC, moved by a file that may be missing, garbled or going back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from bot.clock import SystemClock

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_now_is_aware_utc() -> None:
    assert SystemClock().now().tzinfo is UTC


def test_monotonic_never_goes_back_even_when_the_file_does(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    clock = SystemClock(file)
    before = clock.monotonic()
    file.write_text("-3600")
    clock.now()
    assert clock.monotonic() >= before


@time_machine.travel(NOON, tick=False)
def test_the_file_moves_the_clock_at_every_call_forward_and_back(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    clock = SystemClock(file)
    assert clock.now() == NOON
    for seconds in ("90.5", "3600\n", "-60", "0"):
        file.write_text(seconds)
        assert clock.now() == NOON + timedelta(seconds=float(seconds))


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize("garbage", [b"", b"soon", b"nan", b"inf", b"1e300", b"\xff", b"1 2"])
def test_garbage_leaves_the_last_good_offset(garbage: bytes, tmp_path: Path) -> None:
    file = tmp_path / "clock"
    clock = SystemClock(file)
    file.write_text("60")
    assert clock.now() == NOON + timedelta(minutes=1)
    file.write_bytes(garbage)
    assert clock.now() == NOON + timedelta(minutes=1)
    file.unlink()
    assert clock.now() == NOON + timedelta(minutes=1)
