"""An application with the routes of tokens, and what a client sends to them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from nexios import NexiosApp, Request, Response
from nexios.auth import auth
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.tokens import Tokens, token_routes
from tests.attacks.asking import Answer, Header, asking
from tests.parts import app_for

FORM = ("content-type", "application/x-www-form-urlencoded")


def app_of(tokens: Tokens, *, dpop: Any = None, **options: Any) -> NexiosApp:
    """An application whose users come by `tokens`, with `token_routes(tokens, **options)`."""
    proving = {} if dpop is None else {"dpop": dpop}
    app = app_for(JWTAuthBackend(identifier="sub", tokens=tokens, **proving))
    app.include(token_routes(tokens, **proving, **options))

    @app.get("/me")
    @auth()
    async def me(request: Request, response: Response) -> dict[str, Any]:
        return {"user": request.user.identity}

    return app


async def post(
    app: Any, path: str, fields: dict[str, str], *headers: Header, query: bytes = b"", **how: Any
) -> Answer:
    """Send a form."""
    return await asking(
        app,
        path,
        method="POST",
        headers=[FORM, *headers],
        body=urlencode(fields).encode(),
        query=query,
        **how,
    )


async def refresh(app: Any, token: str, *headers: Header, **fields: str) -> Answer:
    """Ask for a new pair."""
    return await post(
        app, "/token", {"grant_type": "refresh_token", "refresh_token": token, **fields}, *headers
    )


def assert_refused(answer: Answer, error: str, status: int = 400) -> None:
    """The answer is an error of RFC 6749 5.2, and stays in no cache."""
    assert answer.status == status, answer.body
    assert answer.json()["error"] == error
    assert set(answer.json()) == {"error", "error_description"}
    assert answer.one("content-type") == "application/json"
    assert answer.one("cache-control") == "no-store"
    assert answer.one("pragma") == "no-cache"
    assert answer.one("www-authenticate") == ('Basic realm="token"' if status == 401 else None)
