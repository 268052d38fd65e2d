"""What is promised to backends of one's own, also where they build on ours or name their headers."""

from __future__ import annotations

import secrets
from typing import ClassVar

import pytest
from starlette.testclient import TestClient

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, AuthResult, SimpleUser, auth
from nexios.auth.backends.base import AuthenticationBackend
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt


class Renewing(JWTAuthBackend):
    """Sets a header where a token was good."""

    async def authenticate(self, request: Request, response: Response) -> AuthResult | None:
        result = await super().authenticate(request, response)
        if result is not None and result.success:
            response.set_header("X-Renew", "soon").set_cookie("seen", "yes")
        return result


class Reading(AuthenticationBackend):
    """Reads the body, and takes whoever it names under the backend's scope."""

    headers: ClassVar[frozenset[bytes] | None] = frozenset({b"x-signed"})

    def __init__(self, scope: str) -> None:
        self.scope = scope

    async def authenticate(self, request: Request, response: Response) -> AuthResult | None:
        name = (await request.json())[self.scope]
        response.set_header(f"X-{self.scope}", name)
        return AuthResult(True, name, self.scope)


class ReadingAll(Reading):
    """The same, asked for every request."""

    headers = None


def app_of(*backends: AuthenticationBackend) -> NexiosApp:
    app = NexiosApp(config=MakeConfig(secret_key=secrets.token_urlsafe(32)))
    app.add_middleware(AuthenticationMiddleware(user_model=SimpleUser, backends=list(backends)))

    @app.get("/")
    @auth()
    async def index(request: Request, response: Response) -> dict[str, str]:
        return {"id": request.user.identity}

    @app.post("/first")
    @auth(scope="first")
    async def first(request: Request, response: Response) -> dict[str, object]:
        return {"id": request.user.identity, "body": await request.json()}

    @app.post("/second")
    @auth(scope="second")
    async def second(request: Request, response: Response) -> dict[str, object]:
        return {"id": request.user.identity, "body": await request.json()}

    return app


def test_a_backend_built_on_ours_may_set_headers_and_cookies() -> None:
    app = app_of(Renewing(), Reading("first"), Reading("second"))
    token = create_jwt({"id": "ada"})

    answer = TestClient(app).get("/", headers={"Authorization": f"Bearer {token}"})

    assert answer.json() == {"id": "ada"}
    assert answer.headers["X-Renew"] == "soon"
    assert answer.cookies["seen"] == "yes"


@pytest.mark.parametrize("kind", [Reading, ReadingAll])
@pytest.mark.parametrize(("path", "name"), [("/first", "ada"), ("/second", "bob")])
def test_backends_read_the_body_and_the_handler_reads_it_again(
    kind: type[Reading], path: str, name: str
) -> None:
    app = app_of(kind("first"), kind("second"))
    body = {"first": "ada", "second": "bob"}

    answer = TestClient(app).post(path, json=body, headers={"X-Signed": "yes"})

    assert answer.json() == {"id": name, "body": body}
    assert answer.headers["X-first"] == "ada"


def test_what_a_backend_sets_reaches_a_client_that_is_refused_as_well() -> None:
    class Refusing(AuthenticationBackend):
        headers = frozenset({b"x-signed"})

        async def authenticate(self, request: Request, response: Response) -> AuthResult | None:
            response.set_header("X-Why", "expired")
            return AuthResult(False, "", "refusing")

    answer = TestClient(app_of(Refusing())).get("/", headers={"X-Signed": "yes"})

    assert answer.status_code == 401
    assert answer.headers["X-Why"] == "expired"
