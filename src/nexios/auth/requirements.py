"""What a route asks of whoever calls it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nexios.exceptions import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["PUBLIC", "Guard", "Requirement", "guard_of", "method_requirement"]

GUARD_ATTRIBUTE = "__nexios_guard__"
ROUTED_ATTRIBUTE = "__nexios_routed__"


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


def method_requirement(handler: Any, method: str, whole: Requirement | None) -> Requirement | None:
    """What a class-based handler asks for one method.

    Args:
        handler: The class or an instance.
        method: The HTTP method.
        whole: What is asked for every method.
    """
    guard = guard_of(getattr(handler, method.lower(), None))
    if guard is None:
        return whole
    if guard.requirement.public or whole is None or whole.public:
        return guard.requirement
    return guard.requirement & whole
