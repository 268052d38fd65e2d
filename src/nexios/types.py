"""Types that several floors of the house share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from starlette.types import ASGIApp

__all__ = ["Clock", "MiddlewareRecipe"]

Clock: TypeAlias = Callable[[], float]
"""Seconds since the epoch (UTC), as `time.time` gives them; tests turn it."""


class MiddlewareRecipe(Protocol):
    """What `add_middleware` takes: an object whose call wraps one ASGI app in another."""

    def __call__(self, app: ASGIApp, /) -> ASGIApp:
        """Wrap `app`."""
        ...
