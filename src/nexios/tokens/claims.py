"""What a token claims, and whether that holds for us now (RFC 7519 4.1)."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nexios.exceptions import InvalidToken
from nexios.tokens.jsontext import json_object

if TYPE_CHECKING:
    from nexios.config import MakeConfig

__all__ = ["ClaimRules", "Claims"]

# Beyond it, a whole number cannot be compared with a clock.
_FARTHEST = 1e308


class Claims(Mapping[str, Any]):
    """The claims of a verified token: a mapping that nobody changes, since requests share it.

    Args:
        claims: The claims.
        not_before: From when they hold, in seconds since the epoch.
        not_after: Until when, exclusively.
    """

    __slots__ = ("_claims", "_not_after", "_not_before")

    def __init__(
        self, claims: dict[str, Any], not_before: float = -math.inf, not_after: float = math.inf
    ) -> None:
        self._claims = claims
        self._not_before = not_before
        self._not_after = not_after

    def hold_at(self, now: float) -> bool:
        """Whether they hold at `now`, in seconds since the epoch."""
        return self._not_before <= now < self._not_after

    def within(self, not_before: float, not_after: float) -> Claims:
        """The same claims, which hold no longer than between these times."""
        return Claims(self._claims, max(self._not_before, not_before), min(self._not_after, not_after))

    def __getitem__(self, name: str) -> Any:
        value = self._claims[name]
        return copy.deepcopy(value) if type(value) in (list, dict) else value

    def get(self, name: str, default: Any = None) -> Any:
        """The claim called `name`, or `default`."""
        return self[name] if name in self._claims else default

    def __iter__(self) -> Iterator[str]:
        return iter(self._claims)

    def __len__(self) -> int:
        return len(self._claims)

    def __repr__(self) -> str:
        return f"<Claims {', '.join(sorted(self._claims))}>"


@dataclass(frozen=True, slots=True)
class ClaimRules:
    """What claims must say to hold for this application.

    Attributes:
        audience: `aud` must name one of these; None: there must be no `aud`, since it would name somebody
            else.
        issuer: `iss` must be one of these; None: any.
        leeway: How far clocks may differ, in seconds.
    """

    audience: tuple[str, ...] | None = None
    issuer: tuple[str, ...] | None = None
    leeway: float = 0

    @classmethod
    def of(cls, config: MakeConfig) -> ClaimRules:
        """The rules that `config` sets."""
        return cls(config.jwt_audience, config.jwt_issuer, config.jwt_leeway.total_seconds())  # type: ignore[arg-type]

    def read(self, payload: bytes, now: float) -> Claims:
        """The claims of a payload whose signature was verified.

        Args:
            payload: The token's payload.
            now: The time, in seconds since the epoch.

        Raises:
            InvalidToken: They are no claims, or do not hold.
        """
        try:
            claims = json_object(payload)
        except ValueError as error:
            raise InvalidToken(f"the payload is {error}") from None
        return self.check(claims, now)

    def check(self, claims: dict[str, Any], now: float) -> Claims:
        """The same, of claims that were read already.

        Raises:
            InvalidToken: They do not hold.
        """
        if not claims:
            raise InvalidToken("the payload claims nothing")
        if not isinstance(claims.get("sub", ""), str) or not isinstance(claims.get("jti", ""), str):
            raise InvalidToken("sub or jti is not text")
        if "aud" in claims or self.audience is not None:
            self._check_audience(claims)
        if self.issuer is not None and claims.get("iss") not in self.issuer:
            raise InvalidToken("iss is not the issuer that is set")
        # Whole seconds, downwards: a token must not live a moment longer here than elsewhere.
        expires = math.floor(_seconds(claims, "exp")) + self.leeway if "exp" in claims else math.inf
        begins = _seconds(claims, "nbf") if "nbf" in claims else -math.inf
        if "iat" in claims:
            begins = max(begins, _seconds(claims, "iat"))
        begins -= self.leeway
        if now >= expires:
            raise InvalidToken("expired")
        if now < begins:
            raise InvalidToken("not valid yet")
        return Claims(claims, begins, expires)

    def _check_audience(self, claims: dict[str, Any]) -> None:
        if "aud" not in claims:
            raise InvalidToken("aud is missing")
        found = claims["aud"]
        named = [found] if isinstance(found, str) else found
        if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
            raise InvalidToken("aud is neither text nor a list of texts")
        if self.audience is None:
            raise InvalidToken("aud names an audience, and none is set: set jwt_audience")
        if not set(named) & set(self.audience):
            raise InvalidToken("aud names somebody else")


def _seconds(claims: dict[str, Any], name: str) -> float:
    """A NumericDate (RFC 7519 2)."""
    value = claims[name]
    if type(value) not in (int, float) or not -_FARTHEST < value < _FARTHEST:
        raise InvalidToken(f"{name} is not a number of seconds")
    return value  # type: ignore[no-any-return]
