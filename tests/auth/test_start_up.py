"""An application that is put together wrongly says so when it starts, with the mend."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.testclient import TestClient

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, SimpleUser, auth, has_permission
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt, decode_jwt
from nexios.auth.backends.session import SessionAuthBackend, login, logout
from nexios.exceptions import ConfigError
from nexios.http import WebSocket
from nexios.session import SessionMiddleware
from tests.parts import SECRET, ByHeader, assert_problem


def jwt_layer() -> AuthenticationMiddleware:
    return AuthenticationMiddleware(user_model=SimpleUser, backend=JWTAuthBackend())


def session_layer() -> AuthenticationMiddleware:
    return AuthenticationMiddleware(user_model=SimpleUser, backend=SessionAuthBackend())


def app_of(*recipes: Any, guard: Any = None, **settings: Any) -> NexiosApp:
    app = NexiosApp(config=MakeConfig(**settings))
    for recipe in recipes:
        app.add_middleware(recipe)

    async def handler(request: Request, response: Response) -> None: ...

    app.get("/thing")(guard(handler) if guard else handler)
    return app


ORDER = "SessionAuthBackend needs SessionMiddleware before AuthenticationMiddleware"

WRONG: dict[str, tuple[Any, str]] = {
    "guard without middleware": (
        lambda: app_of(guard=auth()),
        "/thing is guarded and there is no AuthenticationMiddleware: "
        "app.add_middleware(AuthenticationMiddleware(user_model=..., backend=...))",
    ),
    "permission without middleware": (
        lambda: app_of(guard=has_permission("read")),
        "/thing is guarded and there is no AuthenticationMiddleware",
    ),
    "guard with session middleware alone": (
        lambda: app_of(SessionMiddleware(), guard=auth(), secret_key=SECRET),
        "/thing is guarded and there is no AuthenticationMiddleware",
    ),
    "session backend without session middleware": (
        lambda: app_of(session_layer(), secret_key=SECRET),
        f"{ORDER}: app.add_middleware(SessionMiddleware()) first",
    ),
    "session backend before session middleware": (
        lambda: app_of(session_layer(), SessionMiddleware(), secret_key=SECRET),
        f"{ORDER}: put the line app.add_middleware(SessionMiddleware()) above the other",
    ),
    "scope that no backend has": (
        lambda: app_of(jwt_layer(), guard=auth("session"), secret_key=SECRET),
        "/thing wants the scope 'session', which no installed backend has: choose from 'jwt'",
    ),
    "one scope of several that no backend has": (
        lambda: app_of(jwt_layer(), guard=auth(scopes=["jwt", "apikey"]), secret_key=SECRET),
        "/thing wants the scope 'apikey', which no installed backend has: choose from 'jwt'",
    ),
    "scope misspelt": (
        lambda: app_of(
            AuthenticationMiddleware(user_model=SimpleUser, backends=[JWTAuthBackend(), ByHeader("own")]),
            guard=auth("JWT"),
            secret_key=SECRET,
        ),
        "/thing wants the scope 'JWT', which no installed backend has: choose from 'jwt', 'own'",
    ),
    "sessions without a secret": (
        lambda: app_of(SessionMiddleware()),
        "SessionMiddleware has no secret to sign with: MakeConfig(secret_key=...); "
        "make one with `nexios secret`",
    ),
    "tokens without a secret": (
        lambda: app_of(jwt_layer()),
        "there is no key to verify HS256 tokens with: set MakeConfig(secret_key=... "
        "(make one with `nexios secret`))",
    ),
    "tokens of another algorithm without a key": (
        lambda: app_of(jwt_layer(), secret_key=SECRET, jwt_algorithms=["RS256"]),
        "there is no key to verify RS256 tokens with: set MakeConfig(jwt_key=...",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_fails_the_start_with_its_mend(name: str) -> None:
    make, mend = WRONG[name]
    with pytest.raises(ConfigError) as raised, TestClient(make()):
        pass
    assert str(raised.value).startswith(mend)


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_answers_no_request_where_no_start_was_asked_for(name: str) -> None:
    with pytest.raises(ConfigError):
        TestClient(WRONG[name][0]()).get("/thing")


@pytest.mark.parametrize("outer", [GZipMiddleware, CORSMiddleware], ids=lambda cls: cls.__name__)
def test_starlettes_middleware_outside_does_not_hide_a_missing_session(outer: Any) -> None:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(outer)
    app.add_middleware(session_layer())
    with pytest.raises(ConfigError, match=ORDER):
        app.build()


def test_an_application_is_built_once() -> None:
    app = app_of()
    assert app.build() is app.build()


def test_a_guarded_websocket_and_a_guarded_class_are_checked_too() -> None:
    app = NexiosApp()

    @app.websocket_route("/socket")
    @auth()
    async def socket(websocket: WebSocket) -> None: ...

    with pytest.raises(ConfigError, match="/socket is guarded"):
        app.build()

    app = app_of(jwt_layer(), secret_key=SECRET)

    @app.route("/class")
    class Thing:
        @auth("session")
        async def get(self, request: Request, response: Response) -> None: ...

    with pytest.raises(ConfigError, match="/class wants the scope 'session'"):
        app.build()


def test_a_backend_that_does_not_say_its_scope_may_have_any() -> None:
    unnamed = ByHeader()
    unnamed.scope = None
    app_of(AuthenticationMiddleware(user_model=SimpleUser, backend=unnamed), guard=auth("whatever")).build()


def test_two_authentication_layers_both_count() -> None:
    first = AuthenticationMiddleware(user_model=SimpleUser, backend=ByHeader("first"))
    app_of(first, jwt_layer(), guard=auth(scopes=["first", "jwt"]), secret_key=SECRET).build()


def hiding(app: Any) -> Any:
    """A middleware that keeps what is inside to itself."""

    async def middleware(scope: Any, receive: Any, send: Any) -> None:
        await app(scope, receive, send)

    return middleware


def test_a_middleware_that_hides_the_others_is_checked_at_the_request(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = app_of(hiding, guard=auth())
    with TestClient(app) as client:
        assert_problem(client.get("/thing"), 500, "The server could not answer the request.")
    assert "a guarded route needs AuthenticationMiddleware" in caplog.text


def test_a_session_that_is_missing_at_the_request_lets_nobody_in(caplog: pytest.LogCaptureFixture) -> None:
    class BringsNothing:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await self.app(scope, receive, send)

    app = app_of(BringsNothing, session_layer(), guard=auth(), secret_key=SECRET)
    with TestClient(app) as client:
        assert_problem(client.get("/thing", headers={"cookie": "session=x"}), 503)
    assert f"{ORDER}: app.add_middleware(SessionMiddleware()) first" in caplog.text


@pytest.mark.parametrize("what", ["login", "logout", "login without backend"])
def test_login_and_logout_say_what_is_missing(what: str, caplog: pytest.LogCaptureFixture) -> None:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    if what == "login without backend":
        app.add_middleware(SessionMiddleware())

    @app.get("/")
    async def handler(request: Request, response: Response) -> None:
        logout(request) if what == "logout" else login(request, SimpleUser("ada"))

    assert_problem(TestClient(app).get("/"), 500)
    mend = {
        "login": "login needs a SessionAuthBackend: add AuthenticationMiddleware(...",
        "login without backend": "login needs a SessionAuthBackend: add AuthenticationMiddleware(...",
        "logout": "login and logout need nexios.session.SessionMiddleware: app.add_middleware(",
    }
    assert mend[what] in caplog.text


@pytest.fixture
def no_app_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nexios.running._made_last", [])


@pytest.mark.usefixtures("no_app_made")
def test_a_token_without_a_secret_or_an_application_says_what_to_make() -> None:
    for function, argument in ((create_jwt, {"id": "1"}), (decode_jwt, "x.y.z")):
        with pytest.raises(
            ConfigError, match=r"make NexiosApp\(config=MakeConfig\(secret_key=\.\.\.\)\) first"
        ):
            function(argument)


@pytest.mark.parametrize("recipe", [jwt_layer, SessionMiddleware], ids=["tokens", "sessions"])
def test_another_host_must_be_given_the_settings_whatever_applications_there_are(recipe: Any) -> None:
    NexiosApp(config=MakeConfig(secret_key=SECRET))

    async def other_host(scope: Any, receive: Any, send: Any) -> None: ...

    with pytest.raises(ConfigError, match=r"in another host pass config=MakeConfig\(secret_key=\.\.\.\)"):
        recipe()(other_host)
