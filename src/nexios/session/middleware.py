"""The middleware that gives `request.session`."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from nexios.exceptions import ConfigError
from nexios.origin import OriginCheck
from nexios.running import required_config
from nexios.session.server import ServerLayer
from nexios.session.settings import CookieSettings
from nexios.session.shared import SharedLayer
from nexios.session.signed import SignedLayer
from nexios.stores.base import RevocationStore, SessionStore

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp

    from nexios.config import MakeConfig
    from nexios.types import Clock

__all__ = ["SessionMiddleware"]


class SessionMiddleware:
    """Gives `request.session`, kept in a signed cookie or in a store.

    An instance is a recipe: `app.add_middleware(SessionMiddleware())`.

    Args:
        store: Where the sessions are kept, e.g. `app.store`; the cookie holds a random secret alone. None:
            they are in the cookie itself, signed.
        cookie_name: The cookie's name; with the prefix `__Host-` browsers let no other host set it.
        max_age: How long a session lives from its beginning, or from the login.
        idle_timeout: How long one lives from its last use; None: as long as `max_age`.
        same_site: Which requests of other sites carry the cookie.
        secure: Send it over https only; `"auto"`: where the request came by https.
        path: The paths that it is sent to.
        domain: The domain that it is sent to; None: this host only.
        trusted_origins: Other sites whose pages may send requests with the session, e.g.
            `"https://app.example"`.
        ended_in: Where signed sessions that have ended are remembered, e.g. `app.store`, so that they are
            dead in every process and after a restart. None: in this process alone.
        config: The settings in a host that is not Nexios.
        clock: The time now, in seconds since the epoch.

    Raises:
        ConfigError: The settings do not fit together, or there is no secret to sign with.
    """

    def __init__(
        self,
        *,
        store: SessionStore | None = None,
        cookie_name: str = "session",
        max_age: timedelta = timedelta(days=14),
        idle_timeout: timedelta | None = None,
        same_site: Literal["lax", "strict", "none"] = "lax",
        secure: bool | Literal["auto"] = "auto",
        path: str = "/",
        domain: str | None = None,
        trusted_origins: Iterable[str] = (),
        ended_in: RevocationStore | None = None,
        config: MakeConfig | None = None,
        clock: Clock = time.time,
    ) -> None:
        self.cookie = CookieSettings(
            cookie_name=cookie_name,
            max_age=max_age,
            idle_timeout=idle_timeout,
            same_site=same_site,
            secure=secure,
            path=path,
            domain=domain,
        )
        if store is not None and not _is_a(SessionStore, store):
            raise ConfigError(
                f"SessionMiddleware keeps no sessions in {_named(store)}: store=app.store, "
                f"or one of open_store(url)"
            )
        if ended_in is not None and not _is_a(RevocationStore, ended_in):
            raise ConfigError(
                f"ended_in is a store that remembers what has ended, not {_named(ended_in)}: "
                f"ended_in=app.store, or one of open_store(url)"
            )
        if store is not None and ended_in is not None:
            raise ConfigError("sessions in a store end there: leave ended_in out")
        self._store = store
        self._ended_in = ended_in
        self._origins = OriginCheck(trusted_origins)
        self._config = config
        self._clock = clock

    def __call__(self, app: ASGIApp) -> ASGIApp:
        """Wrap `app`."""
        if self._store is not None:
            return ServerLayer(app, self.cookie, self._store, self._origins, self._clock)
        secrets = required_config("SessionMiddleware", self._config).secret_keys
        if not secrets:
            raise ConfigError(
                "SessionMiddleware has no secret to sign with: MakeConfig(secret_key=...); "
                "make one with `nexios secret`"
            )
        if self._ended_in is not None:
            return SharedLayer(app, self.cookie, secrets, self._origins, self._ended_in, self._clock)
        return SignedLayer(app, self.cookie, secrets, self._origins, self._clock)

    def __repr__(self) -> str:
        return f"SessionMiddleware(cookie_name={self.cookie.cookie_name!r})"


def _is_a(protocol: Any, value: object) -> bool:
    # A class has the methods too, and answers none of them.
    return not isinstance(value, type) and isinstance(value, protocol)


def _named(value: object) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__
