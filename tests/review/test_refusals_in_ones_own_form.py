"""A handler of refusals may word them; it cannot turn one into a success by accident."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.testclient import TestClient

from nexios import NexiosApp, Request, Response
from nexios.auth import auth
from tests.parts import ByHeader, app_for


def guarded() -> NexiosApp:
    app = app_for(ByHeader())

    @app.get("/private")
    @auth()
    async def private(request: Request, response: Response) -> None: ...

    return app


@pytest.mark.parametrize(
    "value", [{"error": "no"}, ["no"], "no", b"no", None], ids=lambda v: type(v).__name__
)
def test_data_from_a_handler_of_refusals_keeps_the_status_and_the_challenge(value: Any) -> None:
    app = guarded()

    @app.exception_handler(401)
    async def refused(request: Request, error: HTTPException) -> Any:
        return value

    answer = TestClient(app).get("/private")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Custom realm=")


def test_a_response_from_a_handler_of_refusals_is_sent_as_it_is() -> None:
    app = guarded()

    @app.exception_handler(401)
    async def refused(request: Request, error: HTTPException) -> Response:
        return Response().redirect("/login")

    answer = TestClient(app).get("/private", follow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login")
    assert "WWW-Authenticate" not in answer.headers


def test_what_a_handler_adds_to_a_refusal_before_it_raises_it_again_is_sent() -> None:
    app = guarded()

    @app.exception_handler(401)
    async def refused(request: Request, error: Any) -> None:
        error.headers["x-help"] = "/how-to-log-in"
        raise error

    client = TestClient(app)
    for _ in range(2):
        answer = client.get("/private")
        assert (answer.status_code, answer.headers["x-help"]) == (401, "/how-to-log-in")
        assert answer.json()["title"] == "Unauthorized"
