"""What the parts of an actor report, as log lines and numbers: the same for both actors."""

from bot.logs import get_logger
from bot.metrics import Metrics
from bot.settings import Actor
from storage.courier import Alarm

_log = get_logger()


class Reports:
    """Takes event names, ages and ids from poller, delivery and courier of one actor."""

    def __init__(self, name: Actor, metrics: Metrics) -> None:
        self._name: Actor = name
        self._metrics = metrics
        self.peer_down = False
        """Whether the other store could not be read when it was last tried."""

    def polled(self, event: str) -> None:
        """Something went wrong while updates were asked for or read."""
        if event == "update_malformed":
            self._metrics.rejected(self._name, "malformed")
        _log.warning(event, actor=self._name)

    def delivered(self, event: str, age: float) -> None:
        """A message was sent `age` seconds after it was due, or was not."""
        if event == "delivery_sent":
            self._metrics.delivered(self._name, age)
        else:
            _log.warning(event, actor=self._name)

    def alarm(self, alarm: Alarm) -> None:
        """A letter stood where it should not."""
        _log.error("letter_alarm", actor=self._name, what=alarm.trouble, letter=alarm.letter)

    def refused(self, letter_id: bytes) -> None:
        """A letter could not be opened or applied."""
        _log.error("letter_refused", actor=self._name, letter=letter_id)

    def peer(self, since: object) -> None:
        """The other store cannot be read since then, or (None) can be again."""
        self.peer_down = since is not None
