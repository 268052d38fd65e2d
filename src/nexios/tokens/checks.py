"""What tokens may be made of: wrong use is told at once, with the mend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from nexios.exceptions import ConfigError
from nexios.stores.base import RevocationStore, TokenStore
from nexios.tokens.access import OWN_CLAIMS
from nexios.tokens.revocations import MAX_SUBJECT
from nexios.tokens.ring import KeyRing

__all__ = [
    "check_issuer",
    "check_name",
    "check_ring",
    "check_store",
    "checked_audience",
    "checked_claims",
    "checked_seconds",
]

# A century: what is longer ends behind the last moment that a store can keep.
_MOST = 100 * 365 * 86400


def check_ring(ring: object) -> None:
    """Refuse what is no ring.

    Raises:
        ConfigError: It is something else.
    """
    if not isinstance(ring, KeyRing):
        raise ConfigError(f"Tokens are signed by a KeyRing, not {type(ring).__name__}: KeyRing.generate()")


def check_store(store: object) -> None:
    """Refuse a store that cannot keep tokens.

    Raises:
        ConfigError: It cannot.
    """
    if isinstance(store, type) or not (isinstance(store, TokenStore) and isinstance(store, RevocationStore)):
        raise ConfigError(
            f"Tokens are kept in a store, and {_kind(store)} keeps none: "
            f'Tokens(ring, store=open_store("sqlite:///app.db"), ...)'
        )


def check_issuer(issuer: object) -> None:
    """Refuse what names no issuer.

    Raises:
        ConfigError: It is no text, or empty.
    """
    if not isinstance(issuer, str) or not issuer:
        raise ConfigError('Tokens: issuer is who issues them, e.g. issuer="https://api.example"')


def checked_audience(audience: Any) -> tuple[str, ...]:
    """Whom tokens are for, one or several.

    Raises:
        ConfigError: It names nobody.
    """
    named = (audience,) if isinstance(audience, str) else audience
    if (
        not isinstance(named, Sequence)
        or not named
        or not all(isinstance(name, str) and name for name in named)
    ):
        raise ConfigError(
            'Tokens: audience is what the tokens are for, e.g. audience="api", or a list of such'
        )
    return tuple(named)


def checked_seconds(name: str, value: Any, *, least: float) -> float:
    """A length of time, in seconds.

    Raises:
        ConfigError: It is none, too short, or longer than anybody lives.
    """
    if not isinstance(value, timedelta) or not least <= value.total_seconds() <= _MOST:
        raise ConfigError(
            f"Tokens: {name} is a timedelta of {least:g} seconds or more, and a century at most, "
            f"e.g. {name}=timedelta(minutes=10)"
        )
    return value.total_seconds()


def check_name(what: str, value: object) -> None:
    """Refuse what is no name of somebody, or one that no store keeps.

    Raises:
        TypeError: It is no text.
        ValueError: It is empty or too long.
    """
    if not isinstance(value, str):
        raise TypeError(f"{what} is text, not {type(value).__name__}: str(...) it")
    if not value or len(value) > MAX_SUBJECT:
        raise ValueError(f"{what} has 1 to {MAX_SUBJECT} letters; this one has {len(value)}")


def checked_claims(claims: Mapping[str, Any] | None) -> dict[str, Any]:
    """What an application adds to its access tokens.

    Raises:
        TypeError: It is no mapping of names.
        ValueError: It would say otherwise what a token says by itself.
    """
    if claims is None:
        return {}
    if not isinstance(claims, Mapping) or not all(isinstance(name, str) for name in claims):
        raise TypeError("claims is a mapping of claim names to JSON values")
    own = sorted(OWN_CLAIMS & set(claims))
    if own:
        raise ValueError(f"{', '.join(own)}: a token says this by itself; leave it out of claims")
    return dict(claims)


def _kind(thing: object) -> str:
    return thing.__name__ if isinstance(thing, type) else type(thing).__name__
