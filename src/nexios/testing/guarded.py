"""Routes that nobody has thought of guarding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nexios.application import NexiosApp

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["assert_guarded", "open_routes"]


def open_routes(app: NexiosApp) -> list[str]:
    """The routes that have no guard and are not `@public`, also of mounted applications, e.g. `GET /reports`.

    Args:
        app: The application.

    Raises:
        TypeError: It is no NexiosApp.
    """
    if not isinstance(app, NexiosApp):
        raise TypeError(f"the routes of a NexiosApp can be looked through, not of {type(app).__name__}")
    return [f"{'/'.join(methods)} {path}" for methods, path in _open(app, "")]


def assert_guarded(app: NexiosApp, *, besides: Collection[str] = ()) -> None:
    """Check that each route of `app` has a guard or is `@public`.

    Args:
        app: The application.
        besides: Paths that may be open, for what takes no decorator, as a folder of files that is mounted.

    Raises:
        AssertionError: One is open; the message names each.
        TypeError: `app` is no NexiosApp.
    """
    if isinstance(besides, str):
        raise TypeError(f"besides is a collection of paths: besides=[{besides!r}]")
    found = [route for route in open_routes(app) if route.partition(" ")[2] not in besides]
    if found:
        raise AssertionError(
            f"open to strangers: {', '.join(found)}; put @auth() or @has_permission below the route's "
            f"decorator, or @public where it is meant to be open"
        )


def _open(app: NexiosApp, start: str) -> list[tuple[tuple[str, ...], str]]:
    found = []
    mounted = {each.path: each.handler for each in app.declarations() if each.kind == "mount"}
    for row in app.routes_table():
        inner = mounted.get(row.path.rstrip("/")) if row.methods == ("MOUNT",) else None
        if isinstance(inner, NexiosApp) and not row.guarded:
            found += _open(inner, start + row.path.rstrip("/"))
        elif not (row.guarded or row.public):
            found.append((row.methods, start + row.path))
    return found
