"""Tokens that are of no use to a thief: each request proves the key that they are bound to (RFC 9449)."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from nexios.config import JWT_ALGORITHMS
from nexios.exceptions import ConfigError, InvalidProof, NonceWanted
from nexios.stores.base import RevocationStore
from nexios.tokens.base64url import encode_base64url
from nexios.tokens.htu import normal_url, path_of
from nexios.tokens.nonces import Nonces
from nexios.tokens.proofs import ProofReader
from nexios.tokens.urls import secure_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nexios.types import Clock

__all__ = ["DPoP", "Proof"]

_KIND = "dpop"
# RFC 9449 11.1: seconds or minutes. Each proof is remembered for as long.
_MOST = 3600


class Proof(NamedTuple):
    """A good proof of a request.

    Attributes:
        jkt: The thumbprint of the key that was proved.
        next_nonce: What the next proof should have for its nonce, where it is another one by now.
    """

    jkt: str
    next_nonce: str | None


class DPoP:
    """Checks the proofs that come with requests, each of which is good once.

    Give it to `JWTAuthBackend(dpop=...)`, and to `token_routes(dpop=...)` so that tokens are bound.

    Args:
        store: Where the proofs that were used are remembered: one that all processes share.
        origin: The address of the application as its clients know it, without a path; one or several. What
            the `Host` header says is not believed, or a proof made for somebody else would do.
        algorithms: The signature algorithms that are taken.
        lifetime: How old a proof may be.
        leeway: How far the clocks of clients may be ahead.
        nonce_secret: Where it is given, proofs must have a nonce of ours, so that none is made in advance.
            All processes have the same secret.
        required: Whether tokens that are bound to no key are refused.
        clock: The time now, in seconds since the epoch.

    Raises:
        ConfigError: One of them cannot be; the message says the mend.
    """

    def __init__(
        self,
        store: RevocationStore,
        *,
        origin: str | Sequence[str],
        algorithms: Sequence[str] = ("ES256", "EdDSA"),
        lifetime: timedelta = timedelta(seconds=60),
        leeway: timedelta = timedelta(seconds=5),
        nonce_secret: str | None = None,
        required: bool = False,
        clock: Clock = time.time,
    ) -> None:
        if isinstance(store, type) or not isinstance(store, RevocationStore):
            raise ConfigError(
                "DPoP remembers the proofs that were used in a store: "
                'DPoP(open_store("redis://host"), origin="https://api.example")'
            )
        for name, value, least in (("lifetime", lifetime, 1), ("leeway", leeway, 0)):
            if not isinstance(value, timedelta) or not least <= value.total_seconds() <= _MOST:
                raise ConfigError(
                    f"DPoP: {name} must be a timedelta of {least} seconds or more, and an hour at most"
                )
        self.algorithms = _checked_algorithms(algorithms)
        self.required = required
        self._store = store
        self._origins = _checked_origins(origin)
        self._reader = ProofReader(self.algorithms)
        self._lifetime = lifetime.total_seconds()
        self._leeway = leeway.total_seconds()
        self._nonces = None if nonce_secret is None else Nonces(nonce_secret, clock)
        self._clock = clock

    @property
    def nonce(self) -> str | None:
        """The nonce for the next proof; None: none is wanted."""
        return None if self._nonces is None else self._nonces.current()

    async def proved(
        self, scope: Mapping[str, Any], *, access_token: str | None = None, jkt: str | None = None
    ) -> Proof | None:
        """The key that a request proves; None: it brings no proof.

        Args:
            scope: The ASGI scope of the request.
            access_token: The token that came along, which the proof must name.
            jkt: The thumbprint of the key that must be proved.

        Raises:
            InvalidProof: The proof is not good; the message says why, for the log.
            NonceWanted: It lacks a nonce of ours, which the answer gives.
            StoreUnavailable: Whether it was used before cannot be found out.
        """
        given = [value for name, value in scope["headers"] if name == b"dpop"]
        if not given:
            return None
        if len(given) > 1:
            raise InvalidProof("there is more than one proof")
        claims, proved = self._reader.read(given[0].decode("latin-1"))
        if jkt is not None and proved != jkt:
            raise InvalidProof("the proof is of another key than the token is bound to")
        self._check_request(claims, scope)
        if access_token is not None and claims.get("ath") != _hash_of(access_token):
            raise InvalidProof("ath is not the hash of the token")
        issued_at = self._check_time(claims)
        if self._nonces is not None and not self._nonces.is_good(claims.get("nonce")):
            raise NonceWanted("the proof has no nonce of ours, or an old one")
        await self._check_first(claims, proved, issued_at)
        current = self.nonce
        return Proof(proved, None if current == claims.get("nonce") else current)

    def _check_request(self, claims: Mapping[str, Any], scope: Mapping[str, Any]) -> None:
        # A WebSocket's handshake is a GET (RFC 6455 4.1).
        if claims.get("htm") != scope.get("method", "GET"):
            raise InvalidProof("htm is not the method of the request")
        try:
            named = normal_url(claims.get("htu"))
        except ValueError:
            raise InvalidProof("htu is no address") from None
        path = path_of(scope)
        if named not in [origin + path for origin in self._origins]:
            raise InvalidProof("htu is not the address of the request")

    def _check_time(self, claims: Mapping[str, Any]) -> float:
        issued_at = claims.get("iat")
        if type(issued_at) not in (int, float):
            raise InvalidProof("iat is not a number of seconds")
        now = self._clock()
        # Compared, and not subtracted: a whole number may be larger than any float.
        if not now - self._lifetime < issued_at <= now + self._leeway:  # type: ignore[operator]
            raise InvalidProof("the proof is too old, or not yet good")
        return float(issued_at)  # type: ignore[arg-type]

    async def _check_first(self, claims: Mapping[str, Any], jkt: str, issued_at: float) -> None:
        """Last of all, since only a proof that is good otherwise costs a question."""
        name = claims.get("jti")
        if not isinstance(name, str) or not name:
            raise InvalidProof("jti is missing, or not text")
        once = hashlib.sha256(f"{jkt}.{name}".encode("utf-8", "surrogatepass")).hexdigest()
        until = datetime.fromtimestamp(issued_at + self._lifetime + self._leeway, UTC)
        if await self._store.first_seen(_KIND, once, until) is not True:
            raise InvalidProof("the proof was used before")

    def __repr__(self) -> str:
        return f"<DPoP of {', '.join(self._origins)}>"


def _hash_of(token: str) -> str:
    return encode_base64url(hashlib.sha256(token.encode("latin-1")).digest()).decode("ascii")


def _checked_algorithms(algorithms: Sequence[str]) -> tuple[str, ...]:
    good = [name for name in JWT_ALGORITHMS if not name.startswith("HS")]
    if isinstance(algorithms, str) or not algorithms or any(name not in good for name in algorithms):
        raise ConfigError(f"DPoP: algorithms is a list: choose from {', '.join(good)}")
    return tuple(algorithms)


def _checked_origins(origin: str | Sequence[str]) -> tuple[str, ...]:
    origins = (origin,) if isinstance(origin, str) else origin
    if not isinstance(origins, Sequence) or not origins:
        raise ConfigError('DPoP: origin is the address of the application: origin="https://api.example"')
    for each in origins:
        parts = secure_url(each, "DPoP: origin")
        if parts.path not in ("", "/") or parts.query:
            raise ConfigError('DPoP: origin has no path and no query: origin="https://api.example"')
    return tuple(normal_url(each).removesuffix("/") for each in origins)
