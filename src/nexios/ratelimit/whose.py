"""Whose request it is that is counted."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import IPv6Address, IPv6Network
from typing import TYPE_CHECKING, Any, TypeAlias

from nexios.addresses import read_address
from nexios.exceptions import ConfigError
from nexios.http.client import client_address

if TYPE_CHECKING:
    from collections.abc import MutableMapping

__all__ = ["By", "checked_by", "place_of", "whose", "word_for"]

By: TypeAlias = str | Callable[[Any], str | int | Awaitable[str | int | None] | None]

_WORDS = ("user", "ip", "credential")

# Whoever has one address of IPv6 has as a rule all that begin with the same 64 bits (RFC 6177).
_HOUSEHOLD = 64


def checked_by(by: By) -> By:
    """`by`, if requests can be counted by it.

    Raises:
        ConfigError: They cannot.
    """
    if not (callable(by) or by in _WORDS):
        raise ConfigError(
            f"rate_limit counts by {', '.join(map(repr, _WORDS))} or a function of the request, "
            f"not by {by!r}: "
            'by="ip"'
        )
    return by


def word_for(by: By) -> str:
    """What headers and events call it."""
    if isinstance(by, str):
        return by
    name = getattr(by, "__name__", "")
    return name if name.isascii() and name.isidentifier() else "own"


async def whose(by: By, connection: Any) -> tuple[str, ...]:
    """The key under which the request of `connection` is counted; a stranger's: its address.

    Raises:
        ConfigError: It cannot be known: there is no AuthenticationMiddleware, or a function returned no text.
    """
    scope = connection.scope
    if callable(by):
        value: Any = by(connection)
        if inspect.isawaitable(value):
            value = await value
        if value is None or value == "":
            # An empty text is as a rule what a client has sent: it names nobody, and is no mistake of ours.
            return place_of(scope)
        if type(value) is int or isinstance(value, str):
            return ("own", str(value))
        raise ConfigError(
            f"rate_limit(by={word_for(by)}) returned {type(value).__name__}: return a text that names whose "
            f"request it is, or None to count by address"
        )
    if by == "ip":
        return place_of(scope)
    user, authentication = scope.get("user"), scope.get("nexios.authentication")
    if authentication is None:
        raise ConfigError(
            f'rate_limit(by="{by}") needs AuthenticationMiddleware: '
            f'app.add_middleware(AuthenticationMiddleware(...)), or count by="ip"'
        )
    if not scope["auth"]:
        return place_of(scope)
    if by == "user":
        return ("user", str(user.identity))
    return ("credential", scope["auth"], *_named(authentication.credential), str(user.identity))


def place_of(scope: MutableMapping[str, Any]) -> tuple[str, ...]:
    """The address that the request of `scope` comes from, as it is counted."""
    text = client_address(scope)
    address = None if text is None else read_address(text)
    if isinstance(address, IPv6Address):
        return ("ip", str(IPv6Network((int(address) >> _HOUSEHOLD << _HOUSEHOLD, _HOUSEHOLD))))
    # Where no address is known all are counted together: nobody gets around a limit by hiding.
    return ("ip", text or "unknown")


def _named(credential: object) -> tuple[str, ...]:
    """By what a credential is told from another of the same user's: an API key's id, a token's `jti`."""
    name = credential.get("jti") if isinstance(credential, Mapping) else getattr(credential, "id", None)
    return (name,) if isinstance(name, str) else ()
