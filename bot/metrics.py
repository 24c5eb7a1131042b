"""Numbers for /metrics: how much, how fast, how late; never who and never what.

Every label has a closed list of values, so that no identity can become one.
"""

from collections.abc import Mapping
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

ACTORS: Final = ("intake", "desk")
# What became of a turn: done; met before (redelivery); lost a compare-and-set and taken again; failed and taken again;
# set aside for a human.
OUTCOMES: Final = ("done", "repeated", "conflict", "failed", "set_aside")
# Why an update was not taken as a turn: not what the Bot API describes; of a kind or from a place we do not serve.
REJECTIONS: Final = ("malformed", "unserved")
# What may be down: the chat platform; our token at it; our store; the other actor's store.
OUTAGES: Final = ("telegram_down", "token_revoked", "store_down", "peer_down")

_TURN_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_AGE_SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)


class Metrics:
    """The numbers of one process; both actors may live in it, hence the label `actor`.

    Every method takes an actor of ACTORS and raises ValueError for a label value outside its list.
    """

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self._turns = Counter("berani_turns", "Turns taken, by outcome", ("actor", "outcome"), registry=registry)
        self._turn_seconds = Histogram(
            "berani_turn_seconds",
            "From taking a turn to its commit",
            ("actor",),
            registry=registry,
            buckets=_TURN_SECONDS,
        )
        self._delivery_age = Histogram(
            "berani_delivery_age_seconds",
            "From the moment a message was due to the moment it was sent",
            ("actor",),
            registry=registry,
            buckets=_AGE_SECONDS,
        )
        self._backlog = Gauge("berani_outbox_backlog", "Messages due and not yet sent", ("actor",), registry=registry)
        self._letters = Gauge(
            "berani_letters_lag", "Letters of the peer not yet applied", ("actor",), registry=registry
        )
        self._overdue = Gauge("berani_clocks_overdue", "Open cases whose due time has passed", registry=registry)
        self._ticks = Counter("berani_ticks", "Times the alarm clock asked what is due", ("actor",), registry=registry)
        self._rejected = Counter(
            "berani_updates_rejected", "Updates not taken as a turn, by reason", ("actor", "reason"), registry=registry
        )
        self._outages = Gauge(
            "berani_outage", "Whether something is down now, by what it is", ("actor", "kind"), registry=registry
        )
        # A series that is there from the start can be watched before its first event.
        for actor in ACTORS:
            for outcome in OUTCOMES:
                self._turns.labels(actor, outcome)
            for reason in REJECTIONS:
                self._rejected.labels(actor, reason)
            for metric in (self._turn_seconds, self._delivery_age, self._backlog, self._letters, self._ticks):
                metric.labels(actor)

    def turn(self, actor: str, outcome: str, seconds: float) -> None:
        """A turn ended with `outcome` (one of OUTCOMES) after `seconds`."""
        self._turns.labels(_one_of(ACTORS, actor), _one_of(OUTCOMES, outcome)).inc()
        self._turn_seconds.labels(actor).observe(seconds)

    def delivered(self, actor: str, age_seconds: float) -> None:
        """A message was sent `age_seconds` after it was due."""
        self._delivery_age.labels(_one_of(ACTORS, actor)).observe(age_seconds)

    def outbox_backlog(self, actor: str, rows: int) -> None:
        """`rows` messages are due and not yet sent."""
        self._backlog.labels(_one_of(ACTORS, actor)).set(rows)

    def letters_lag(self, actor: str, letters: int) -> None:
        """`letters` of the peer wait to be applied by `actor`."""
        self._letters.labels(_one_of(ACTORS, actor)).set(letters)

    def overdue_clocks(self, cases: int) -> None:
        """`cases` are open and past their due time."""
        self._overdue.set(cases)

    def outage(self, actor: str, kind: str, *, down: bool) -> None:
        """Something (one of OUTAGES) is down now, or is not."""
        self._outages.labels(_one_of(ACTORS, actor), _one_of(OUTAGES, kind)).set(down)

    def tick(self, actor: str) -> None:
        """The alarm clock of `actor` asked what is due."""
        self._ticks.labels(_one_of(ACTORS, actor)).inc()

    def rejected(self, actor: str, reason: str) -> None:
        """An update was not taken as a turn, for `reason` (one of REJECTIONS)."""
        self._rejected.labels(_one_of(ACTORS, actor), _one_of(REJECTIONS, reason)).inc()

    def exposition(self) -> tuple[bytes, Mapping[str, str]]:
        """Body and headers of GET /metrics, in Prometheus' text format."""
        return generate_latest(self._registry), {"Content-Type": CONTENT_TYPE_LATEST}


def _one_of(allowed: tuple[str, ...], value: str) -> str:
    if value not in allowed:
        raise ValueError(f"a label takes one of {', '.join(allowed)}")
    return value
