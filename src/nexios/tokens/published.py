"""The keys that an issuer publishes: fetched once for all who wait, renewed behind them, never too often."""

from __future__ import annotations

import asyncio
import logging
import math
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import anyio
from anyio.lowlevel import RunVar

from nexios.exceptions import IssuerUnavailable
from nexios.tokens.discovery import jwks_members, jwks_uri_of, metadata_urls
from nexios.tokens.fetching import fetch
from nexios.tokens.jwks import usable_keys
from nexios.tokens.jws import SignatureVerifier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nexios.tokens.fetching import OpenClient
    from nexios.types import Clock

__all__ = ["KnownKeys", "PublishedKeys"]

# A token names an unknown key: whoever makes tokens up must not make us ask for each.
_UNKNOWN_KEY_PAUSE = 30.0
# After a failure; known keys go on meanwhile.
_FAILURE_PAUSE = 5.0
# So many keys are read between two requests, more of them in a thread.
_READ_AT_ONCE = 20

logger = logging.getLogger("nexios.tokens")


class KnownKeys(NamedTuple):
    """Keys as they were read.

    Attributes:
        body: What they were read from.
        kids: Their names.
        signatures: Verifies by them.
    """

    body: bytes
    kids: frozenset[str | None]
    signatures: SignatureVerifier


class PublishedKeys:
    """The keys of an issuer.

    Args:
        issuer: Who publishes them.
        jwks_uri: Where; None: that is looked up by discovery.
        algorithms: The signature algorithms that are taken.
        open_client: Opens what asks.
        refresh_every: How old they grow before they are fetched again, in seconds.
        clock: The time now, in seconds since the epoch.
    """

    def __init__(
        self,
        issuer: str,
        *,
        jwks_uri: str | None,
        algorithms: Sequence[str],
        open_client: OpenClient,
        refresh_every: float,
        clock: Clock,
    ) -> None:
        self.known: KnownKeys | None = None
        self.generation = 0
        self.attempts = 0
        self._issuer = issuer
        self._jwks_uri = self._given_uri = jwks_uri
        self._algorithms = tuple(algorithms)
        self._open = open_client
        self._refresh_every = refresh_every
        self._clock = clock
        self._asked_at = -math.inf
        self._failure: str | None = None
        self._refresh_at = math.inf
        self._refreshing: asyncio.Task[None] | None = None
        # A lock belongs to one event loop, and the issuer to all.
        self._lock: RunVar[anyio.Lock] = RunVar("nexios.published_keys")
        self._fetching: RunVar[bool] = RunVar("nexios.published_keys.fetching", default=False)

    def grow_old(self) -> None:
        """Fetch keys that have grown old, while requests go on with them."""
        now = self._clock()
        if now < self._refresh_at:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # nothing runs it here
        self._refresh_at = now + _UNKNOWN_KEY_PAUSE
        self._refreshing = loop.create_task(self._refresh(self.attempts))

    def may_ask_again(self) -> bool:
        """Whether an unknown key is a reason to fetch now, or to wait for what is being fetched."""
        if self._is_over(_UNKNOWN_KEY_PAUSE):
            return True
        try:
            return self._fetching.get()
        except RuntimeError:
            return False  # nothing runs it here

    async def updated(self, seen: int) -> KnownKeys:
        """The keys, fetched unless somebody has since the attempt number `seen`; all who wait share a fetch.

        Raises:
            IssuerUnavailable: They are not to be had.
        """
        try:
            lock = self._lock.get()
        except LookupError:
            lock = anyio.Lock()
            self._lock.set(lock)
        async with lock:
            if self.attempts == seen and (self._failure is None or self._is_over(_FAILURE_PAUSE)):
                self._fetching.set(True)
                try:
                    await self._fetch()
                finally:
                    self._fetching.set(False)
            if self._failure is not None or self.known is None:
                raise IssuerUnavailable(f"the keys of {self._issuer} could not be fetched: {self._failure}")
            return self.known

    def _is_over(self, pause: float) -> bool:
        # A clock that was set back ends it as well.
        return not 0 <= self._clock() - self._asked_at < pause

    async def _refresh(self, seen: int) -> None:
        try:
            await self.updated(seen)
        except IssuerUnavailable:
            return  # it is in the log, and the known keys go on

    async def _fetch(self) -> None:
        self._asked_at = self._clock()
        try:
            body = await self._jwks()
            if self.known is None or body != self.known.body:
                self.known = await self._usable(body)
                self.generation += 1
        except Exception as error:
            # What is known stays, whatever was wrong. The keys may have moved: their place is looked up anew.
            odd = not isinstance(error, IssuerUnavailable)
            self._failure = f"what came could not be read: {type(error).__name__}" if odd else str(error)
            self._jwks_uri = self._given_uri
            self._refresh_at = self._clock() + _UNKNOWN_KEY_PAUSE
            logger.warning("the keys of %s could not be fetched: %s", self._issuer, self._failure)
        else:
            self._failure = None
            self._refresh_at = self._clock() + self._refresh_every
        self.attempts += 1

    async def _jwks(self) -> bytes:
        if self._jwks_uri is None:
            self._jwks_uri = await self._discovered()
        status, body = await fetch(self._open, self._jwks_uri)
        if status != 200:
            raise IssuerUnavailable(f"{self._jwks_uri} answered {status}")
        return body

    async def _discovered(self) -> str:
        statuses = []
        for place in metadata_urls(self._issuer):
            status, body = await fetch(self._open, place)
            if status == 200:
                return jwks_uri_of(body, self._issuer)
            statuses.append(f"{place} answered {status}")
        raise IssuerUnavailable("; ".join(statuses))

    async def _usable(self, body: bytes) -> KnownKeys:
        members = jwks_members(body)
        read = partial(usable_keys, members, self._algorithms, self._issuer)
        keys = read() if len(members) <= _READ_AT_ONCE else await anyio.to_thread.run_sync(read)
        if not keys:
            raise IssuerUnavailable("none of the published keys can be used")
        return KnownKeys(body, frozenset(key.kid for key in keys), SignatureVerifier(keys, self._algorithms))
