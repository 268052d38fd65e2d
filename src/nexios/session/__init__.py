"""Sessions: what is kept between the requests of one client."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from nexios.session.manager import SessionInfo, Sessions
from nexios.session.middleware import SessionMiddleware
from nexios.session.session import Session

if TYPE_CHECKING:
    from nexios.session.routes import session_routes as session_routes

__all__ = ["Session", "SessionInfo", "SessionMiddleware", "Sessions", "session_routes"]


def __getattr__(name: str) -> Any:
    # The routes stand floors above, on the application's own parts.
    if name != "session_routes":
        raise AttributeError(f"module 'nexios.session' has no attribute {name!r}")
    return import_module("nexios.session.routes").session_routes
