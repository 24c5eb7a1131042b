"""What is down is seen at once, told once when it lasts, and told afterwards where it could not be before."""

import pytest

from bot.metrics import OUTAGES, Metrics
from bot.outages import LASTS, Kind, Outages


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def outages(time: Time) -> Outages:
    return Outages("intake", time, Metrics())


def test_every_kind_has_its_span_and_its_number() -> None:
    assert tuple(LASTS) == OUTAGES


def test_a_token_that_is_refused_is_told_at_once_and_once(outages: Outages, time: Time) -> None:
    for _ in range(3):
        outages.note({"token_revoked": True})
        time.now += 1
    assert outages.to_tell() == "token_revoked_intake"
    outages.told()
    assert outages.to_tell() is None
    outages.note({"token_revoked": False})
    outages.note({"token_revoked": True})
    assert outages.to_tell() == "token_revoked_intake"


@pytest.mark.parametrize("kind", ["telegram_down", "store_down", "peer_down"])
def test_a_hiccup_is_nobodys_business_and_what_lasts_is(outages: Outages, time: Time, kind: Kind) -> None:
    for lasted, told in ((LASTS[kind] - 1, None), (LASTS[kind], f"{kind}_intake")):
        outages.note({kind: True})
        time.now += lasted
        outages.note({kind: False})
        assert outages.to_tell() == told


def test_health_is_red_while_it_lasts(outages: Outages, time: Time) -> None:
    outages.note({"peer_down": True, "telegram_down": True})
    assert outages.health(token=True) == {"token": True, "telegram": True, "peer": True}
    time.now += 301
    outages.note({"peer_down": True, "telegram_down": False})
    assert outages.health(token=True) == {"token": True, "telegram": True, "peer": False}
    outages.note({"peer_down": False})
    assert all(outages.health(token=True).values())
