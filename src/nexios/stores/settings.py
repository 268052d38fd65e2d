"""What a store is given by name: a mistake there is the programmer's, and told at once."""

from __future__ import annotations

import math

from nexios.exceptions import ConfigError

__all__ = ["check_number", "check_seconds"]


def check_number(name: str, given: object, least: int) -> None:
    """Check that `given` is a whole number of at least `least`.

    Raises:
        ConfigError: It is none.
    """
    if type(given) is not int or given < least:
        raise ConfigError(f"{name} must be at least {least}, a whole number: {name}=10")


def check_seconds(name: str, given: object) -> None:
    """Check that `given` is a time that is over at some point, so that nothing waits for ever.

    Raises:
        ConfigError: It is none.
    """
    if type(given) not in (int, float) or not 0 < float(given) < math.inf:  # type: ignore[arg-type]
        raise ConfigError(f"{name} is in seconds, and must be a number above 0: {name}=1.0")
