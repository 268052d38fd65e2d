"""Who may be logged in, and what in a session is an identity."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, BaseUser, SimpleUser, UnauthenticatedUser, auth
from nexios.auth.backends.session import SessionAuthBackend, login
from nexios.session import SessionMiddleware
from tests.parts import SECRET, Person, assert_problem
from tests.session.apps import session_app, who

STORED: dict[str, tuple[Any, bool]] = {
    "text": ({"id": "ada"}, True),
    "nobody we know": ({"id": "nobody"}, False),
    "empty": ({"id": ""}, False),
    "None": ({"id": None}, False),
    "list": ({"id": ["ada"]}, False),
    "dict": ({"id": {"id": "ada"}}, False),
    "True": ({"id": True}, False),
    "float": ({"id": 1.0}, False),
    "other name": ({"name": "ada"}, False),
    "no dict": ("ada", False),
    "a list of it": ([{"id": "ada"}], False),
    "null": (None, False),
}


@pytest.mark.parametrize("name", STORED)
def test_only_an_identity_in_its_place_lets_in(name: str) -> None:
    stored, lets_in = STORED[name]
    app = session_app()

    @app.post("/store")
    async def store(request: Request, response: Response) -> None:
        request.session["user"] = stored

    client = TestClient(app)
    client.post("/store")
    assert client.get("/me").status_code == (200 if lets_in else 401)


@pytest.mark.parametrize("identity", [7, "7"])
def test_a_number_is_an_identity_as_its_text(identity: Any) -> None:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(SessionMiddleware())
    app.add_middleware(AuthenticationMiddleware(user_model=SimpleUser, backend=SessionAuthBackend()))

    @app.post("/login")
    async def enter(request: Request, response: Response) -> None:
        login(request, SimpleUser(identity))

    @app.get("/me")
    @auth()
    async def me(request: Request, response: Response) -> dict[str, Any]:
        return who(request)

    client = TestClient(app)
    client.post("/login")
    assert client.get("/me").json()["user"] == "7"


class Nameless(BaseUser):
    pass


class NotIn(SimpleUser):
    is_authenticated = False


@pytest.mark.parametrize(
    "user",
    [
        *("ada", None, {"id": "ada"}, Person, UnauthenticatedUser(), SimpleUser(""), SimpleUser(None)),  # type: ignore[arg-type]
        *(SimpleUser(["ada"]), SimpleUser(True), NotIn("ada"), Nameless()),  # type: ignore[arg-type]
    ],
    ids=[
        *("text", "None", "dict", "class", "stranger", "empty identity", "identity None"),
        *("identity list", "identity True", "not authenticated", "no identity"),
    ],
)
def test_who_cannot_be_logged_in_is_not(user: Any) -> None:
    app = session_app()

    @app.post("/as")
    async def handler(request: Request, response: Response) -> None:
        login(request, user)

    client = TestClient(app)
    answer = client.post("/as")
    assert_problem(answer, 500)
    assert "set-cookie" not in answer.headers
    assert client.get("/me").status_code == 401
