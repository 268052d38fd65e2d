"""The tour of staying logged in: a phone refreshes its tokens, and a thief ends the login by doing so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nexios.demo.asking import member

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx2

    from nexios.demo.asking import Asking

__all__ = ["steal_refresh_token"]

_TOKEN = "/oauth/token"  # noqa: S105 - a path


def steal_refresh_token(server: Asking, name: str, session: Mapping[str, str], challenge: str) -> None:
    """Log in on a phone, refresh, and let a thief come with what the phone has used.

    Args:
        server: Who is asked.
        name: Who is logged in.
        session: The header of the session.
        challenge: The schemes that a refused token is answered by.
    """
    by = f"{name}'s phone app"
    first = server.ask(f"{name}'s session", "POST", "/phones", 201, credential=session)
    server.ask(by, "GET", "/profile", 200, credential=_bearer(first))
    second = server.ask(by, "POST", _TOKEN, 200, form=_refresh(first))
    server.ask(f"{by}, refreshed", "GET", "/profile", 200, credential=_bearer(second))
    server.ask("a thief with its used refresh token", "POST", _TOKEN, 400, form=_refresh(first))
    for each, pair in (("before", first), ("after", second)):
        server.ask(
            f"{by}, by its token from {each} the refresh",
            "GET",
            "/profile",
            401,
            credential=_bearer(pair),
            challenge=challenge,
        )
    server.ask(f"{by}, whose login is over", "POST", _TOKEN, 400, form=_refresh(second))


def _refresh(pair: httpx2.Response) -> dict[str, str]:
    return {"grant_type": "refresh_token", "refresh_token": member(pair, "refresh_token")}


def _bearer(pair: httpx2.Response) -> dict[str, str]:
    return {"Authorization": f"Bearer {member(pair, 'access_token')}"}
