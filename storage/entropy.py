"""Randomness of the operating system: the one place that asks for it; everything else takes an `Entropy`."""

import os
from collections.abc import Callable

Entropy = Callable[[int], bytes]
"""Takes a number of bytes, returns that many unpredictable ones."""


def system_entropy(n: int) -> bytes:
    """`n` bytes from the kernel's generator (getrandom(2))."""
    return os.urandom(n)
