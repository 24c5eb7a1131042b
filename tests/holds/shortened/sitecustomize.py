"""Makes a `berani` process impatient, so that tests of faults need not wait; put before everything else by PYTHONPATH.

What is shortened: how long something must be down before staff hear of it, how long a call may take, how long a poll
waits before it asks again. FAULTS_RAISE names a function of the service that raises, with what it was given in words.
"""

import sys
from typing import Any


def _serves() -> bool:
    return any(word in ("run", "intake", "desk") for word in sys.orig_argv)


def _shorten() -> None:
    from bot import outages
    from bot.channels import telegram, telegram_poll

    outages.LASTS.update({"telegram_down": 1.0, "store_down": 1.0, "peer_down": 1.0})
    telegram_poll._LONGEST = 1.0
    made: Any = telegram.Request.__init__

    def impatient(self: Any, *args: Any, **options: Any) -> None:
        if options.get("connection_pool_size") != 1:
            options["read_timeout"] = 2.0
        made(self, *args, **options)

    vars(telegram)["Request"].__init__ = impatient


if _serves():
    _shorten()
