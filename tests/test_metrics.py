"""Promises of bot/metrics.py: every number of the operator's list is there, and no label can carry an identity."""

from collections.abc import Callable

import pytest

from bot.metrics import ACTORS, Metrics


def exposed(metrics: Metrics) -> str:
    return metrics.exposition()[0].decode()


def test_every_number_is_exposed() -> None:
    metrics = Metrics()
    metrics.turn("intake", "done", 0.004)
    metrics.turn("desk", "set_aside", 2.0)
    metrics.delivered("desk", 1.5)
    metrics.outbox_backlog("intake", 7)
    metrics.letters_lag("desk", 3)
    metrics.overdue_clocks(2)
    metrics.tick("desk")
    metrics.rejected("intake", "malformed")
    text = exposed(metrics)
    for line in (
        'berani_turns_total{actor="intake",outcome="done"} 1.0',
        'berani_turns_total{actor="desk",outcome="set_aside"} 1.0',
        'berani_turn_seconds_count{actor="intake"} 1.0',
        'berani_delivery_age_seconds_bucket{actor="desk",le="2.5"} 1.0',
        'berani_outbox_backlog{actor="intake"} 7.0',
        'berani_letters_lag{actor="desk"} 3.0',
        "berani_clocks_overdue 2.0",
        'berani_ticks_total{actor="desk"} 1.0',
        'berani_updates_rejected_total{actor="intake",reason="malformed"} 1.0',
    ):
        assert line in text.splitlines()


def test_series_are_there_before_their_first_event() -> None:
    text = exposed(Metrics())
    for actor in ACTORS:
        assert f'berani_turns_total{{actor="{actor}",outcome="failed"}} 0.0' in text


def test_a_label_outside_its_list_is_refused_and_not_repeated_in_the_error() -> None:
    metrics = Metrics()
    calls: list[Callable[[], None]] = [
        lambda: metrics.turn("Sri", "done", 0.1),
        lambda: metrics.turn("intake", "Sri", 0.1),
        lambda: metrics.rejected("intake", "Sri"),
        lambda: metrics.delivered("Sri", 0.1),
        lambda: metrics.tick("Sri"),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="a label takes one of") as caught:
            call()
        assert "Sri" not in str(caught.value)
    assert "Sri" not in exposed(metrics)


def test_two_processes_worth_of_metrics_do_not_share_numbers() -> None:
    one, other = Metrics(), Metrics()
    one.tick("desk")
    assert 'berani_ticks_total{actor="desk"} 0.0' in exposed(other)
