"""Makes a `berani` process impatient, so that tests of faults need not wait; put before everything else by PYTHONPATH.

What is shortened: how long something must be down before staff hear of it, how long a poll waits before it asks again,
how long a call may take (FAULTS_READ_TIMEOUT in place of two seconds). FAULTS_NO_GROUP_LIMIT: a group takes any number
of messages a minute. FAULTS_RAISE: turns in which somebody writes this word raise, with everything that they were given
in the message of the exception.
"""

import os
import sys
from typing import Any


def _serves() -> bool:
    return any(word in ("run", "intake", "desk") for word in sys.orig_argv)


def _shorten() -> None:
    from bot import intake_actor, outages
    from bot.channels import rates, telegram, telegram_poll

    outages.LASTS.update({"telegram_down": 1.0, "store_down": 1.0, "peer_down": 1.0})
    telegram_poll._LONGEST = 1.0
    if os.environ.get("FAULTS_NO_GROUP_LIMIT"):
        rates.PER_GROUP_MINUTE = 1000
    intake_actor.CANARY_PATIENCE = 2.0
    made: Any = telegram.Request.__init__

    def impatient(self: Any, *args: Any, **options: Any) -> None:
        if options.get("connection_pool_size") != 1:
            options["read_timeout"] = float(os.environ.get("FAULTS_READ_TIMEOUT", "2"))
        made(self, *args, **options)

    vars(telegram)["Request"].__init__ = impatient


def _raise(word: str) -> None:
    """Deciding a turn fails where this word was written: what was given stands in message, locals and cause."""
    from bot.intake import turn
    from handoff import chat

    def broken(real: Any) -> Any:
        def decide(*given: Any) -> Any:
            text = " ".join(getattr(one, "text", "") or "" for one in given)
            if word in text:
                try:
                    raise KeyError(text)
                except KeyError as cause:
                    raise ValueError(f"{text} {given}") from cause
            return real(*given)

        return decide

    vars(turn)["Intake"]._decide = broken(turn.Intake._decide)
    chat.take = broken(chat.take)


if _serves():
    _shorten()
    if os.environ.get("FAULTS_RAISE"):
        _raise(os.environ["FAULTS_RAISE"])
