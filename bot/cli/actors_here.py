"""Whose machine this is: the actors whose keys a verb finds here."""

from typing import get_args

from bot.settings import Settings
from storage import keys
from storage.shared_tables import Actor


def actors_here(settings: Settings) -> list[Actor]:
    """The actors whose keys are on this machine and this user's; both, if there are none yet."""
    here: list[Actor] = [actor for actor in get_args(Actor) if _has_keys(settings, actor)]
    return here or list(get_args(Actor))


def _has_keys(settings: Settings, actor: Actor) -> bool:
    try:
        return keys.is_made(settings.key_dir, actor)
    except keys.KeyProblem:
        return False  # not ours to look at: another user's
