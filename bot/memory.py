"""Keeps what a process holds in memory out of files: no core dump, no debugger of the same user."""

import ctypes
import resource
from contextlib import suppress

_PR_SET_DUMPABLE = 4
"""https://man7.org/linux/man-pages/man2/PR_SET_DUMPABLE.2const.html"""


def keep_private() -> None:
    """For services, before they read keys or stores. A crash leaves no memory image: its words and keys would be in it.

    The limit alone would not do: where dumps are piped to a program (core_pattern), the kernel passes over it.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError, AttributeError):  # only Linux has it
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
