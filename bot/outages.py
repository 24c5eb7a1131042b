"""What does not work for a while, by type: shown at once to operators, told to staff when it lasts."""

from collections.abc import Callable, Mapping
from typing import Final, Literal, get_args

from bot.channels.delivery import Delivery
from bot.channels.telegram_poll import Poller
from bot.logs import get_logger
from bot.metrics import Metrics
from bot.settings import Actor
from storage.store import Store

Kind = Literal["telegram_down", "token_revoked", "store_down", "peer_down"]
LASTS: Final[dict[Kind, float]] = {"telegram_down": 300.0, "token_revoked": 0.0, "store_down": 20.0, "peer_down": 300.0}
"""Seconds after which staff hear of it: what is over within them has delayed a message, and nothing else."""

_log = get_logger()


class Outages:
    """Looks at the parts of one actor, once a tick; the tick then writes down what has to be told."""

    def __init__(self, name: Actor, monotonic: Callable[[], float], metrics: Metrics) -> None:
        self._name, self._monotonic, self._metrics = name, monotonic, metrics
        self._since: dict[Kind, float] = {}
        self._lasting: set[Kind] = set()
        self._to_tell: list[Kind] = []
        self._away = False
        for kind in get_args(Kind):
            metrics.outage(name, kind, down=False)

    def see(self, store: Store, poller: Poller, delivery: Delivery, *, peer_down: bool) -> bool:
        """What is down now and what is not; True when the platform answers again just now."""
        found: dict[Kind, bool] = {
            "telegram_down": poller.down or delivery.down,
            "token_revoked": poller.revoked,
            "store_down": store.failing,
            "peer_down": peer_down,
        }
        self.note(found)
        # What failed to be sent may wait for minutes; that the platform answers again is seen by the poll first.
        was_away, self._away = self._away, poller.down or poller.revoked
        return was_away and not self._away

    def note(self, found: Mapping[Kind, bool]) -> None:
        """Kind → whether it is down now."""
        now = self._monotonic()
        for kind, down in found.items():
            if down and kind not in self._since:
                self._since[kind] = now
                self._metrics.outage(self._name, kind, down=True)
                _log.error(kind, actor=self._name)
            # Also when it is just over: a store that is down takes no word of it before.
            if kind in self._since and kind not in self._lasting and now - self._since[kind] >= LASTS[kind]:
                self._lasting.add(kind)
                self._to_tell.append(kind)
            if not down and kind in self._since:
                seconds = now - self._since.pop(kind)
                self._lasting.discard(kind)
                self._metrics.outage(self._name, kind, down=False)
                _log.warning(f"{kind}_over", actor=self._name, seconds=round(seconds))

    def to_tell(self) -> str | None:
        """The type of trouble that staff have to be told of, with the actor that has it; None if there is none."""
        return f"{self._to_tell[0]}_{self._name}" if self._to_tell else None

    def told(self) -> None:
        """That one is on disk."""
        del self._to_tell[0]

    def lasting(self, kind: Kind) -> bool:
        """Whether it is down, and for so long that staff are told."""
        return kind in self._lasting

    def health(self, *, token: bool) -> dict[str, bool]:
        """For /health: a token that is refused at once, the platform and the other store when it lasts."""
        return {
            "token": token,
            "telegram": not self.lasting("telegram_down"),
            "peer": not self.lasting("peer_down"),
        }
