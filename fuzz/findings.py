"""What a fuzzer may find."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["SLOWEST", "Finding", "checked"]

SLOWEST = 0.05
"""How long an input of at most 16 KiB may take, in seconds of the core."""

LARGEST = 16 * 1024
_AGAIN = 3


class Finding(AssertionError):
    """An input crashed something, got in, or took too long."""


def checked(target: Callable[[bytes], None], data: bytes) -> float:
    """Give `data` to `target`.

    Returns:
        The seconds of the core that it took.

    Raises:
        Finding: It took too long, each time of several; or what the target found.
    """
    data = data[:LARGEST]
    fastest = float("inf")
    for _ in range(_AGAIN):
        started = time.process_time()
        target(data)
        fastest = min(fastest, time.process_time() - started)
        if fastest <= SLOWEST:
            return fastest
    raise Finding(f"{len(data)} bytes took {fastest * 1000:.0f} ms")
