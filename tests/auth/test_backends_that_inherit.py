"""Backends that build on ours: what they say of a credential is what counts."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, AuthResult, auth
from nexios.auth.backends.apikey import APIKeyAuthBackend, create_api_key
from nexios.auth.backends.base import AuthenticationBackend
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt
from nexios.auth.backends.session import SessionAuthBackend, login
from nexios.session import SessionMiddleware
from tests.auth.apps import app_with
from tests.parts import SECRET, Person, assert_problem

KEY, _ = create_api_key()


class Refusing:
    """A mixin that refuses everybody, whatever is behind it."""

    async def authenticate(self, request: Request, response: Response) -> AuthResult | None:
        return AuthResult(False, "", "x")


class MixedJWT(Refusing, JWTAuthBackend):
    pass


class MixedKey(Refusing, APIKeyAuthBackend):
    pass


class OverridingJWT(JWTAuthBackend):
    async def authenticate(self, request: Request, response: Response) -> AuthResult | None:
        return AuthResult(False, "", "jwt")


class SubclassOfOverriding(OverridingJWT):
    pass


@pytest.mark.parametrize("backend", [MixedJWT(), MixedKey(), OverridingJWT(), SubclassOfOverriding()])
def test_a_backend_of_ones_own_is_asked_in_place_of_what_it_inherits(backend: AuthenticationBackend) -> None:
    class KeyUser(Person):
        @classmethod
        async def load_user(cls, identity: str) -> KeyUser:
            return cls("ada")

    client = TestClient(app_with(backend, user_model=KeyUser))
    token = create_jwt({"id": "ada"}, secret=SECRET)
    headers = {"authorization": f"Bearer {token}", "x-api-key": KEY}
    assert_problem(client.get("/guarded", headers=headers), 401, "The credential was refused.")


def test_a_backend_of_ones_own_may_build_on_the_jwt_backend() -> None:
    class FromCookie(JWTAuthBackend):
        """Takes the token from a cookie where there is no header."""

        async def authenticate(self, request: Request, response: Response) -> AuthResult | None:
            token = request.cookies.get("token")
            if token is not None:
                headers = [(b"authorization", f"Bearer {token}".encode())]
                request = Request({**request.scope, "headers": headers})
            return await super().authenticate(request, response)

    client = TestClient(app_with(FromCookie()))
    token = create_jwt({"id": "ada"}, secret=SECRET)
    assert client.get("/guarded", headers={"cookie": f"token={token}"}).json()["user"] == "ada"
    assert client.get("/guarded", headers={"authorization": f"Bearer {token}"}).json()["user"] == "ada"
    assert client.get("/guarded", headers={"cookie": f"token={token}x"}).status_code == 401
    assert client.get("/guarded").status_code == 401


class Passing:
    """A mixin that only passes on, as one that logs or counts does."""

    async def authenticate(self, request: Request, response: Response) -> AuthResult | None:
        return await super().authenticate(request, response)  # type: ignore[misc, no-any-return]


class PassingJWT(Passing, JWTAuthBackend):
    pass


class PassingKey(Passing, APIKeyAuthBackend):
    pass


class PassingSession(Passing, SessionAuthBackend):
    pass


@pytest.mark.parametrize("scope", ["jwt", "apikey", "session"])
def test_a_backend_of_ones_own_may_pass_on_to_what_it_inherits(scope: str) -> None:
    class KeyUser(Person):
        @classmethod
        async def load_user(cls, identity: str) -> KeyUser:
            return cls("bob" if identity == KEY else identity)

    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(SessionMiddleware())
    backend = {"jwt": PassingJWT, "apikey": PassingKey, "session": PassingSession}[scope]()
    app.add_middleware(AuthenticationMiddleware(user_model=KeyUser, backend=backend))

    @app.post("/login")
    async def enter(request: Request, response: Response) -> None:
        login(request, Person("cy"))

    @app.get("/guarded")
    @auth(scope)
    async def guarded(request: Request, response: Response) -> str:
        return str(request.user.identity)

    client = TestClient(app)
    assert client.get("/guarded").status_code == 401
    if scope == "session":
        client.post("/login")
    token = create_jwt({"id": "ada"}, secret=SECRET)
    headers = {"authorization": f"Bearer {token}", "x-api-key": KEY}
    expected = {"jwt": "ada", "apikey": "bob", "session": "cy"}[scope]
    assert client.get("/guarded", headers=headers).text == expected
