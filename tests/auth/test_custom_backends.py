"""Backends of one's own: the page's two, and ones that look into the body or set headers."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.testclient import TestClient

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, AuthResult, SimpleUser, auth
from nexios.auth.backends.apikey import APIKeyAuthBackend, create_api_key
from nexios.auth.backends.base import AuthenticationBackend
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt
from nexios.auth.backends.session import SessionAuthBackend, login
from nexios.http import WebSocket
from nexios.session import SessionMiddleware
from tests.parts import SECRET, Person, assert_problem


class Everybody(AuthenticationBackend):
    async def authenticate(self, request: Request, response: Response) -> AuthResult:
        return AuthResult(success=True, identity="123", scope="custom")


class Database(AuthenticationBackend):
    async def authenticate(self, request: Request, response: Response) -> AuthResult:
        header = request.headers.get("X-Key")
        if not header:
            return AuthResult(success=False, identity="", scope="database")
        return AuthResult(success=True, identity=header, scope="database")


def app_with(*backends: AuthenticationBackend, user_model: Any = Person) -> NexiosApp:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(AuthenticationMiddleware(user_model=user_model, backends=list(backends)))

    @app.get("/open")
    async def opened(request: Request, response: Response) -> dict[str, Any]:
        return {"user": request.user.identity, "auth": request.scope["auth"]}

    @app.get("/guarded")
    @auth()
    async def guarded(request: Request, response: Response) -> dict[str, Any]:
        return {"user": request.user.identity, "auth": request.scope["auth"]}

    return app


def test_the_pages_first_example_lets_everybody_in() -> None:
    client = TestClient(app_with(Everybody(), user_model=SimpleUser))
    assert client.get("/guarded").json() == {"user": "123", "auth": "custom"}


def test_the_pages_second_example_looks_into_a_header() -> None:
    client = TestClient(app_with(Database()))
    assert client.get("/guarded", headers={"X-Key": "ada"}).json() == {"user": "ada", "auth": "database"}
    for headers in ({}, {"X-Key": ""}, {"X-Key": "nobody"}):
        assert_problem(client.get("/guarded", headers=headers), 401, "The credential was refused.")
        assert client.get("/open", headers=headers).json() == {"user": "", "auth": None}


class Setting(AuthenticationBackend):
    """Sets headers and cookies, whether it lets in or not."""

    scope = "setting"

    async def authenticate(self, request: Request, response: Response) -> AuthResult | None:
        response.set_header("X-Limit", "7").set_cookie("seen", "1")
        name = request.headers.get("x-user")
        if name == "fail":
            raise RuntimeError("failed")
        return AuthResult(True, name, "setting") if name else AuthResult(False, "", "setting")


def setting_app() -> NexiosApp:
    app = app_with(Setting())

    async def stream() -> Any:
        yield b"one"

    returned: dict[str, Any] = {
        "dict": lambda response: {"a": 1},
        "text": lambda response: "text",
        "nothing": lambda response: None,
        "given": lambda response: response.json({}).set_header("x-own", "1"),
        "starlette": lambda response: PlainTextResponse("x"),
        "stream": lambda response: StreamingResponse(stream()),
        "own": lambda response: PlainTextResponse("x", headers={"x-limit": "own"}),
        "error": lambda response: 1 / 0,
    }
    for name, make in returned.items():

        @app.get(f"/{name}")
        async def handler(request: Request, response: Response, make: Any = make) -> Any:
            return make(response)

    async def mounted(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse("mounted")(scope, receive, send)

    app.mount("/sub", mounted)

    @app.websocket_route("/socket")
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    return app


@pytest.mark.parametrize("user", ["", "ada", "nobody", "fail"], ids=["refused", "in", "unknown", "failing"])
@pytest.mark.parametrize(
    "path", ["dict", "text", "nothing", "given", "starlette", "stream", "sub/x", "open", "guarded", "nowhere"]
)
def test_headers_set_by_a_backend_reach_the_client_whatever_is_answered(path: str, user: str) -> None:
    answer = TestClient(setting_app()).get(f"/{path}", headers={"x-user": user} if user else {})
    assert answer.headers.get_list("x-limit") == ["7"]
    assert answer.headers["set-cookie"].startswith("seen=1;")


def test_the_answers_own_header_wins_over_the_backends() -> None:
    answer = TestClient(setting_app()).get("/own")
    assert answer.headers.get_list("x-limit") == ["own"]
    assert answer.headers["set-cookie"].startswith("seen=1;")


def test_headers_set_by_a_backend_reach_a_websocket_too() -> None:
    with TestClient(setting_app()).websocket_connect("/socket") as websocket:
        headers = dict(websocket.extra_headers or ())
    assert headers[b"x-limit"] == b"7"


def test_a_backend_that_is_asked_later_still_sets_its_headers() -> None:
    class Later(Setting):
        scope = "later"

        async def authenticate(self, request: Request, response: Response) -> AuthResult:
            response.set_header("x-later", "1")
            return AuthResult(True, "bob", "later")

    app = app_with(Setting(), Later())

    @app.get("/later")
    @auth("later")
    async def handler(request: Request, response: Response) -> str:
        return str(request.user.identity)

    answer = TestClient(app).get("/later", headers={"x-user": "ada"})
    assert (answer.text, answer.headers["x-later"], answer.headers["x-limit"]) == ("bob", "1", "7")


async def by_json(request: Request) -> Any:
    return (await request.json())["name"]


async def by_body(request: Request) -> Any:
    return (await request.body()).decode().partition('"name":"')[2].partition('"')[0]


async def by_stream(request: Request) -> Any:
    return b"".join([part async for part in request.stream()]).decode().partition('"name":"')[2][:3]


async def by_form(request: Request) -> Any:
    return (await request.form())["name"]


class Reading(AuthenticationBackend):
    """Reads the body in one of several ways."""

    def __init__(self, read: Any, scope: str = "body") -> None:
        self.read = read
        self.scope = scope

    async def authenticate(self, request: Request, response: Response) -> AuthResult:
        return AuthResult(True, await self.read(request), str(self.scope))


async def first_part(request: Request) -> Any:
    async for part in request.stream():
        return part.decode().partition('"name":"')[2][:3]


@pytest.mark.anyio
@pytest.mark.parametrize("handler_reads", [by_json, by_body, by_stream])
@pytest.mark.parametrize("backend_reads", [by_json, by_body, by_stream, first_part])
async def test_a_body_that_a_backend_has_read_is_there_for_the_handler(
    backend_reads: Any, handler_reads: Any
) -> None:
    app = app_with(Reading(backend_reads))

    @app.post("/")
    @auth()
    async def handler(request: Request, response: Response) -> Any:
        return f"{request.user.identity} {await handler_reads(request)}"

    parts = [b'{"name":"ada"', b',"more":"', b"x" * 1000, b'"}', b""]
    messages = iter([{"type": "http.request", "body": part, "more_body": bool(part)} for part in parts])
    sent: list[Any] = []

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    await app({"type": "http", "method": "POST", "path": "/", "headers": []}, receive, send)
    assert (sent[0]["status"], sent[1]["body"]) == (200, b"ada ada")


def test_a_form_that_a_backend_has_read_is_there_for_the_handler() -> None:
    app = app_with(Reading(by_form))

    @app.post("/")
    @auth()
    async def handler(request: Request, response: Response) -> Any:
        return f"{request.user.identity} {(await request.form())['more']}"

    assert TestClient(app).post("/", data={"name": "ada", "more": "7"}).text == "ada 7"


def test_two_backends_may_read_the_same_body() -> None:
    app = app_with(Reading(by_json, "first"), Reading(by_stream, "second"), Reading(by_body, "third"))

    for scope in ("first", "second", "third"):

        @app.post(f"/{scope}")
        @auth(scope)
        async def handler(request: Request, response: Response) -> Any:
            return f"{request.auth} {(await request.json())['name']}"

    client = TestClient(app)
    for scope in ("first", "second", "third"):
        assert client.post(f"/{scope}", content=b'{"name":"ada"}').text == f"{scope} ada"


def test_a_backend_that_does_not_read_the_body_leaves_it_to_the_handler() -> None:
    app = app_with(Setting())

    @app.post("/")
    async def handler(request: Request, response: Response) -> Any:
        return await request.body()

    assert TestClient(app).post("/", content=b"abc").content == b"abc"


def test_the_credential_that_a_backend_verified_reaches_the_handler() -> None:
    class Certificate(AuthenticationBackend):
        async def authenticate(self, request: Request, response: Response) -> AuthResult:
            return AuthResult(True, "ada", "certificate", credential={"serial": 7})

    app = app_with(Certificate())

    @app.get("/")
    async def handler(request: Request, response: Response) -> Any:
        return request.credential

    assert TestClient(app).get("/").json() == {"serial": 7}


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


def test_a_backend_that_would_answer_at_once_and_cannot_lets_nobody_in(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Hasty(AuthenticationBackend):
        at_once = True

    client = TestClient(app_with(Hasty()))
    assert_problem(client.get("/guarded"), 503)
    assert client.get("/open").json() == {"user": "", "auth": None}
    assert "Hasty must define `find`, or leave at_once False" in caplog.text


@pytest.mark.parametrize("kept", [0, 1, 3, 10_000])
def test_however_many_tokens_are_kept_each_names_its_own_user(kept: int) -> None:
    client = TestClient(app_with(JWTAuthBackend(kept=kept), user_model=SimpleUser))
    tokens = {f"u{number}": create_jwt({"id": f"u{number}"}, secret=SECRET) for number in range(8)}
    for name, token in [*tokens.items(), *reversed(tokens.items()), *tokens.items()]:
        found = client.get("/guarded", headers={"authorization": f"Bearer {token}"})
        assert found.json() == {"user": name, "auth": "jwt"}
        assert client.get("/guarded", headers={"authorization": f"Bearer {token[:-1]}!"}).status_code == 401


def test_a_backend_may_be_asked_by_hand_outside_an_application() -> None:
    import anyio

    async def ask() -> Any:
        app = app_with(JWTAuthBackend())
        assert app.config.secret_keys
        token = create_jwt({"id": "ada"})
        scope = {"type": "http", "headers": [(b"authorization", f"Bearer {token}".encode())]}
        return await JWTAuthBackend().authenticate(Request(scope), Response())

    result = anyio.run(ask)
    assert (result.success, result.identity, result.scope) == (True, "ada", "jwt")
    assert result.credential["id"] == "ada"
