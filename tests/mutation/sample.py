"""Code to be changed."""

from __future__ import annotations

from collections.abc import Callable

FACTOR = 2


def is_adult(age: int) -> bool:
    return age >= 18


def _doubling() -> Callable[[int], int]:
    def double(number: int) -> int:
        return 2 * number

    return double


doubled = _doubling()
