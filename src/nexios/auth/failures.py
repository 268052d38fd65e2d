"""What the log is told where finding out who asks has failed: never a key."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING

from nexios.exceptions import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nexios.auth.backends.base import AuthenticationBackend

__all__ = ["log_failure", "log_permission_failure"]

logger = logging.getLogger("nexios.auth")


def log_failure(backend: AuthenticationBackend, error: Exception) -> None:
    """Say that `backend`, or the `load_user` that it asked, failed."""
    what = f"{type(backend).__name__} failed: guarded routes answer 503"
    # load_user was given the key itself, which may stand in what the exception says.
    _log(what, error, secret=backend.identity_is_secret)


def log_permission_failure(backends: Iterable[AuthenticationBackend], scope: str, error: Exception) -> None:
    """Say that `has_permission` failed of a user whom a backend of `scope` found."""
    # The page's own API key user has the key for its identity.
    secret = any(backend.identity_is_secret and backend.scope in (scope, None) for backend in backends)
    _log("has_permission failed: the route answers 503", error, secret=secret)


def _log(what: str, error: Exception, *, secret: bool) -> None:
    # A store that is away says itself what is wrong; a trace for each request would drown what else is told.
    away = isinstance(error, StoreUnavailable)
    if secret:
        place = traceback.extract_tb(error.__traceback__)[-1]
        what += f" ({type(error).__name__} in {place.name}, line {place.lineno} of {place.filename})"
    elif away:
        what += f" ({error})"
    logger.error(what, exc_info=None if secret or away else error)
