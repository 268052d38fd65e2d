"""Sessions in signed cookies whose end is known in every process."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from nexios.origin import SAFE_METHODS
from nexios.session.answering import KeptAnswer, log_failure
from nexios.session.ids import session_family
from nexios.session.layer import cookie_values, refuse_foreign
from nexios.session.signed import SignedLayer, SignedSession
from nexios.session.stored import SessionUnavailable
from nexios.stores.revoked import RevokedList
from nexios.stores.sweep import Sweep

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

    from nexios.origin import OriginCheck
    from nexios.session.cookie import StoredSession
    from nexios.session.settings import CookieSettings
    from nexios.stores.base import RevocationStore
    from nexios.types import Clock

__all__ = ["SharedLayer"]


class SharedSession(SignedSession):
    """A session in a signed cookie, with what its request has ended.

    Attributes:
        failed: The store did not answer, so that nobody knows whether the session has ended.
        over: The ids, and families of ids, that this request has ended, with when their session began.
        wrote: Whether the store was told of some.
    """

    failed: bool = False
    wrote: bool = False

    def __init__(self, layer: SignedLayer, headers: Iterable[tuple[bytes, bytes]], scheme: str) -> None:
        super().__init__(layer, headers, scheme)
        self.over: list[tuple[str, int]] = []


class SharedLayer(SignedLayer):
    """Finds sessions in signed cookies, and remembers in a store which have ended.

    A request costs no query: the list of what has ended is in memory, and whichever request finds it older
    than a second brings it up to date. Where that cannot be done, no session is believed.

    Args:
        app: The ASGI app inside.
        cookie: The cookie's name, life and flags.
        secrets: The first signs, all verify.
        origins: Tells requests of other sites.
        store: Remembers what has ended.
        clock: The time now.
    """

    def __init__(
        self,
        app: ASGIApp,
        cookie: CookieSettings,
        secrets: Sequence[str],
        origins: OriginCheck,
        store: RevocationStore,
        clock: Clock,
    ) -> None:
        super().__init__(app, cookie, secrets, origins, clock, self._is_over)
        # Where another clock is given, it is the one that turns.
        monotonic = time.monotonic if clock is time.time else clock
        self._revoked = RevokedList(store, "session", clock=clock, monotonic=monotonic)
        # What has ended and may not have reached the store, by which other processes know of it.
        self._unwritten: dict[str, int] = {}
        self._sweep = Sweep(store.purge_revocations, clock)

    @property
    def ends_everywhere(self) -> bool:
        """Whether a session that ends is dead in every process."""
        return True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Give the request its session."""
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        session = scope["session"] = SharedSession(self, scope["headers"], scope.get("scheme", "http"))
        if self._unwritten or not self._revoked.is_fresh():
            await self._update(session)
        app = self.app
        if scope["type"] != "http" or scope["method"] not in SAFE_METHODS:
            session.sealed = self._origins.is_foreign(scope)
            if session.sealed and not session.failed and session.found:
                app = refuse_foreign
        answer = KeptAnswer(self, session, scope, receive, send)
        try:
            await app(scope, receive, answer.send)
        finally:
            await answer.complete()
        if session.wrote:
            self._sweep.added()
            await self._sweep.run()

    def find(self, session: SignedSession) -> StoredSession | None:
        """The one live session among the cookies.

        Raises:
            Unavailable: Whether it has ended is not known.
        """
        if isinstance(session, SharedSession) and session.failed:
            raise SessionUnavailable("The session is not available at the moment.")
        return super().find(session)

    def note_end(self, session: SignedSession, ended: str, created_at: int) -> None:
        """Note what this request has ended: the store is told before the answer begins."""
        if isinstance(session, SharedSession):
            session.over.append((ended, created_at))

    def prepare(self, session: SharedSession) -> tuple[bytes, bytes] | None:
        """See `Keeper`."""
        if self.is_up_to_date(session):
            return None
        return self.changed(session)

    async def keep(
        self, session: SharedSession, prepared: tuple[bytes, bytes] | None, scope: Scope
    ) -> tuple[bytes, bytes] | None:
        """See `Keeper`."""
        await self.end(session)
        return prepared

    async def keep_late(self, session: SharedSession) -> None:
        """See `Keeper`; what changed else cannot reach the cookie any more."""
        await self.end(session)

    async def end(self, session: SharedSession) -> None:
        """See `Keeper`."""
        if session.over:
            self._unwritten.update(session.over)
            session.over = []
            await self._write()
            session.wrote = True

    async def _update(self, session: SharedSession) -> None:
        """Learn what has ended elsewhere, where the request brings a cookie for which it matters."""
        if not any(cookie_values(session.headers, self._start)):
            return
        try:
            await self._write()
            await self._revoked.refresh()
        except Exception as error:
            # Whatever went wrong, nobody gets in by it; a route that does not ask goes on.
            log_failure("which sessions have ended is not known: what needs one answers 503", error)
            session.failed = True

    async def _write(self) -> None:
        now = self._clock()
        written = dict(self._unwritten)
        if written:
            await self._revoked.add([(ended, now, self.gone_by(at)) for ended, at in written.items()])
            for ended in written:
                self._unwritten.pop(ended, None)

    def _is_over(self, session_id: str, created_at: int) -> bool:
        revoked = self._revoked
        return revoked.is_revoked(session_id, created_at) or revoked.is_revoked(
            session_family(session_id), created_at
        )
