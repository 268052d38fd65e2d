"""Whatever knows which tokens are good: what a backend asks, and several asked as one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeGuard

import msgspec

from nexios.exceptions import ConfigError, InvalidToken
from nexios.tokens.base64url import decode_base64url

if TYPE_CHECKING:
    from nexios.tokens.claims import Claims
    from nexios.types import Clock

__all__ = [
    "PromptSource",
    "Sources",
    "ToPermissions",
    "TokenSource",
    "as_source",
    "is_prompt",
    "scope_permissions",
    "unverified_issuer",
]

ToPermissions: TypeAlias = Callable[[Mapping[str, Any]], Collection[str] | None]
"""From the claims of a token to what may be done with it; None leaves all that the user may do."""


class TokenSource(Protocol):
    """Verifies tokens. That much is enough to be `JWTAuthBackend(tokens=...)`."""

    async def verify(self, token: str) -> Mapping[str, Any]:
        """The claims of `token`.

        Raises:
            InvalidToken: It is not to be believed: 401. Whatever else is raised is a 503.
        """
        ...


class PromptSource(TokenSource, Protocol):
    """One that mostly knows at once. The claims that it gives are kept, and hold as long as they say.

    Besides, it may have `takes(token)`, whether a token is its own to judge; and, or None in their place,
    `identity_of(claims)` and `permissions_of(claims)`.

    Attributes:
        clock: The time now, in seconds since the epoch.
    """

    clock: Clock

    @property
    def generation(self) -> int:
        """Another number whenever what was verified before may be good no longer."""
        ...

    def verify_at_once(self, token: str) -> Claims | None:
        """The claims of `token`; None where `verify` must be awaited.

        Raises:
            InvalidToken: It is not to be believed.
        """
        ...


class Sources:
    """Several sources side by side: the first that takes a token judges it, or the one that takes any.

    Args:
        sources: In their order; one at most does not say which tokens it takes.
    """

    def __init__(self, sources: Sequence[PromptSource]) -> None:
        # Whoever takes any token comes last, or the others would never be asked.
        self._sources = tuple(sorted(sources, key=lambda source: not hasattr(source, "takes")))
        self.clock = sources[0].clock

    @property
    def generation(self) -> int:
        """Changes with that of any of them, since each only grows."""
        return sum(source.generation for source in self._sources)

    def verify_at_once(self, token: str) -> Claims | None:
        """The claims of `token` by the source that takes it; None where `verify` must be awaited."""
        return self.of(token).verify_at_once(token)

    async def verify(self, token: str) -> Mapping[str, Any]:
        """The claims of `token` by the source that takes it."""
        return await self.of(token).verify(token)

    def of(self, token: str) -> PromptSource:
        """The source that judges `token`.

        Raises:
            InvalidToken: None of them takes it.
        """
        for source in self._sources:
            takes = getattr(source, "takes", None)
            if takes is None or takes(token):
                return source
        raise InvalidToken("of no issuer whose tokens are taken")

    def __repr__(self) -> str:
        return f"<Sources {', '.join(map(repr, self._sources))}>"


def as_source(tokens: Any) -> TokenSource | Sources:
    """What was given as `tokens=`, one or a list, as something that can be asked.

    Raises:
        ConfigError: It verifies nothing.
    """
    given = list(tokens) if isinstance(tokens, (list, tuple)) else [tokens]
    for each in given:
        if isinstance(each, type) or not iscoroutinefunction(getattr(each, "verify", None)):
            raise ConfigError(
                "tokens is what verifies tokens, e.g. tokens=Issuer(url, audience=...), or a list of such; "
                f"{each.__name__ if isinstance(each, type) else type(each).__name__} has no "
                "`async def verify(self, token)`"
            )
    if len(given) == 1:
        return given[0]  # type: ignore[no-any-return]
    if not given:
        raise ConfigError("tokens is an empty list: name at least one, e.g. tokens=[Issuer(...)]")
    for each in given:
        if not is_prompt(each):
            raise ConfigError(
                f"{type(each).__name__} cannot stand in a list: give it a backend of its own, "
                f"backends=[JWTAuthBackend(tokens=...), ...]"
            )
    if sum(not hasattr(each, "takes") for each in given) > 1:
        raise ConfigError(
            "tokens: two of the list take any token, so that the second would never be asked: give it a "
            "backend of its own, backends=[JWTAuthBackend(tokens=...), ...]"
        )
    return Sources(given)


def is_prompt(source: Any) -> TypeGuard[PromptSource]:
    """Whether `source` mostly knows at once."""
    return hasattr(source, "verify_at_once") and hasattr(source, "generation") and hasattr(source, "clock")


def scope_permissions(claims: Mapping[str, Any]) -> frozenset[str]:
    """The scopes of a token: what `scope` or `scp` names (RFC 8693 4.2, RFC 9068 2.2.3); without, nothing."""
    found: set[str] = set()
    for name in ("scope", "scp"):
        value = claims.get(name, "")
        names = value.split(" ") if isinstance(value, str) else value
        if isinstance(names, list) and all(isinstance(each, str) for each in names):
            found.update(names)
    return frozenset(found - {""})


def unverified_issuer(token: str) -> str | None:
    """Who a token says that it is from. Nothing of that is believed: it only chooses who judges it."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        return _Issued.decode(decode_base64url(parts[1].encode("ascii"))).iss
    except (ValueError, msgspec.MsgspecError, RecursionError):
        return None


class _Iss(msgspec.Struct):
    iss: str


_Issued = msgspec.json.Decoder(_Iss)
