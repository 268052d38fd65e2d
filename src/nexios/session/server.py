"""Sessions in a store, at work: found before the application runs, kept before its answer begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nexios.origin import SAFE_METHODS
from nexios.session.answering import KeptAnswer, log_failure
from nexios.session.keeping import SessionKeeper
from nexios.session.layer import SessionLayer, cookie_values, refuse_foreign
from nexios.session.secret import is_secret
from nexios.session.stored import ServerSession

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from nexios.origin import OriginCheck
    from nexios.session.settings import CookieSettings
    from nexios.stores.base import SessionStore
    from nexios.types import Clock

__all__ = ["ServerLayer"]

# One cookie of this host and one of its domain may meet; more are sent by nobody in good faith.
_MAX_SECRETS = 2


class ServerLayer(SessionLayer):
    """Finds sessions in a store by the secret in the client's cookie, and keeps them there.

    Args:
        app: The ASGI app inside.
        cookie: The cookie's name, life and flags.
        store: Where the sessions are.
        origins: Tells requests of other sites.
        clock: The time now.
    """

    def __init__(
        self, app: ASGIApp, cookie: CookieSettings, store: SessionStore, origins: OriginCheck, clock: Clock
    ) -> None:
        super().__init__(app, cookie, origins, clock)
        self._keeper = SessionKeeper(store, cookie, clock)

    @property
    def ends_everywhere(self) -> bool:
        """Whether a session that ends is dead in every process."""
        return True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Give the request its session."""
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        session = scope["session"] = ServerSession(scope["headers"], scope.get("scheme", "http"))
        await self._find(session)
        app = self.app
        if scope["type"] != "http" or scope["method"] not in SAFE_METHODS:
            session.sealed = self._origins.is_foreign(scope)
            if session.sealed and session.record is not None:
                app = refuse_foreign
        answer = KeptAnswer(self._keeper, session, scope, receive, send)
        try:
            await app(scope, receive, answer.send)
        finally:
            await answer.complete()
        if session.added:
            self._keeper.sweep.added()
            await self._keeper.sweep.run()

    async def _find(self, session: ServerSession) -> None:
        """Find the one live session among the cookies; of two, none is believed."""
        secrets: dict[bytes, None] = {}
        for value in cookie_values(session.headers, self._start):
            session.presented = True
            if is_secret(value):
                secrets[value] = None
        if not secrets or len(secrets) > _MAX_SECRETS:
            return
        found = []
        try:
            for value in secrets:
                secret = value.decode("ascii")
                record = await self._keeper.find(secret)
                if record is not None:
                    found.append((record, secret))
        except Exception as error:
            # Whatever went wrong, nobody gets in by it; a route that does not ask goes on.
            log_failure("the session cannot be read: what needs it answers 503", error)
            session.failed = True
            return
        if len(found) == 1:
            session.adopt(*found[0])
