"""What a route asks of whoever calls it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from types import MethodType
from typing import TYPE_CHECKING, Any

from nexios.exceptions import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["PUBLIC", "Guard", "Requirement", "guard_of", "handler_requirement", "method_requirement"]

GUARD_ATTRIBUTE = "__nexios_guard__"
ROUTED_ATTRIBUTE = "__nexios_routed__"
# Where a class is guarded, leads from the guarded method to the one that it was.
UNGUARDED_ATTRIBUTE = "__nexios_unguarded__"


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a guard asks: an authenticated user, by one of `scopes`, with all of `permissions`.

    Attributes:
        scopes: Any one of these backends; None: whichever.
        permissions: All of these.
        public: Nothing is asked, said on purpose.
    """

    scopes: frozenset[str] | None = None
    permissions: tuple[str, ...] = ()
    public: bool = False

    def __and__(self, other: Requirement) -> Requirement:
        """Both at once.

        Raises:
            ConfigError: No request could meet both.
        """
        if self.public or other.public:
            if self == other:
                return self
            raise ConfigError("a route is @public or guarded, not both: remove one of the two decorators")
        scopes = self.scopes
        if scopes is None or other.scopes is None:
            scopes = other.scopes if scopes is None else scopes
        else:
            scopes = scopes & other.scopes
            if not scopes:
                raise ConfigError(
                    "the @auth decorators of one route name different scopes, which no request can "
                    "meet: name them in one, e.g. @auth(scopes=['jwt', 'session'])"
                )
        return Requirement(scopes, tuple(dict.fromkeys(self.permissions + other.permissions)))

    def __str__(self) -> str:
        if self.public:
            return "public"
        asked = "auth" if self.scopes is None else f"auth: {' or '.join(sorted(self.scopes))}"
        return f"{asked}, permission: {' and '.join(self.permissions)}" if self.permissions else asked


PUBLIC = Requirement(public=True)


@dataclass(frozen=True, slots=True)
class Guard:
    """What a decorator left on a handler.

    Attributes:
        handler: What runs when the request is let in.
        requirement: What is asked first.
        guarded: The handler as decorated; another one has merely copied our mark by functools.wraps.
    """

    handler: Callable[..., Any]
    requirement: Requirement
    guarded: Callable[..., Any]


def guard_of(handler: object) -> Guard | None:
    """The guard that a decorator left on `handler`, or None."""
    guard = getattr(handler, GUARD_ATTRIBUTE, None)
    return guard if isinstance(guard, Guard) else None


def handler_requirement(handler: Any) -> Requirement | None:
    """What is asked before `handler` runs: with what the class of a method asks, or what a partial calls."""
    guard = guard_of(handler)
    own = None if guard is None else guard.requirement
    if isinstance(handler, MethodType):
        owner = guard_of(handler.__self__)
        return own if owner is None else _of_both(own, owner.requirement)
    if own is None and isinstance(handler, partial):
        inner = handler_requirement(handler.func)
        return None if inner is None or inner.public else inner
    return own


def method_requirement(handler: Any, method: str, whole: Requirement | None) -> Requirement | None:
    """What a class-based handler asks for one method.

    Args:
        handler: The class or an instance.
        method: The HTTP method.
        whole: What is asked for every method.
    """
    guard = guard_of(getattr(handler, method.lower(), None))
    return _of_both(None if guard is None else guard.requirement, whole)


def _of_both(method: Requirement | None, whole: Requirement | None) -> Requirement | None:
    """What is asked by a method and its class together; what the method says of itself is nearer."""
    if method is None:
        return whole
    if method.public or whole is None or whole.public:
        return method
    return method & whole
