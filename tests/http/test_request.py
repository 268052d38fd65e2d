"""The request: Starlette's, with who is asking."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import UnauthenticatedUser, auth
from nexios.http import WebSocket
from nexios.session import Session, SessionMiddleware
from tests.parts import SECRET, Person, app_for, assert_problem


def seen_by(app: NexiosApp, look: Any, **options: Any) -> Any:
    """What `look` sees of a request."""
    seen: list[Any] = []

    @app.post("/")
    async def handler(request: Request, response: Response) -> None:
        found = look(request)
        seen.append(await found if hasattr(found, "__await__") else found)

    assert TestClient(app).post("/", **options).status_code == 204
    return seen[0]


def test_a_request_knows_its_user_the_scope_and_the_credential() -> None:
    app = app_for()
    user, scope, name = seen_by(app, lambda r: (r.user, r.auth, r.scope["auth"]), headers={"x-user": "ada"})
    assert isinstance(user, Person)
    assert (user.identity, scope, name) == ("ada", "header", "header")


def test_a_strangers_request_has_an_unauthenticated_user() -> None:
    user, scope, credential = seen_by(app_for(), lambda r: (r.user, r.auth, r.credential))
    assert isinstance(user, UnauthenticatedUser)
    assert (scope, credential) == (None, None)


def test_without_middleware_there_is_no_credential_and_no_scope() -> None:
    assert seen_by(NexiosApp(), lambda r: (r.auth, r.credential)) == (None, None)


@pytest.mark.parametrize(
    ("attribute", "mend"),
    [
        (
            "user",
            "request.user needs AuthenticationMiddleware: "
            "app.add_middleware(AuthenticationMiddleware(user_model=..., backend=...)) first",
        ),
        (
            "session",
            "request.session needs SessionMiddleware: app.add_middleware(SessionMiddleware()) first",
        ),
    ],
)
def test_what_a_middleware_gives_says_which_one_is_missing(
    attribute: str, mend: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = NexiosApp()

    @app.get("/")
    async def handler(request: Request, response: Response) -> None:
        getattr(request, attribute)

    assert_problem(TestClient(app).get("/"), 500, "The server could not answer the request.")
    assert mend in caplog.text


def test_a_request_has_its_session() -> None:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(SessionMiddleware())
    assert isinstance(seen_by(app, lambda r: r.session), Session)


@pytest.mark.parametrize(
    ("content", "value"),
    [(b'{"a": [1, null]}', {"a": [1, None]}), (b"12", 12), ('"ä"'.encode(), "ä"), (b" [] ", [])],
)
def test_the_body_is_read_as_json(content: bytes, value: object) -> None:
    assert seen_by(NexiosApp(), lambda r: r.json(), content=content) == value


def test_the_body_may_be_read_again() -> None:
    async def twice(request: Request) -> Any:
        first = await request.json()
        return first is await request.json(), await request.body()

    assert seen_by(NexiosApp(), twice, content=b'{"a":1}') == (True, b'{"a":1}')


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"{'a': 1}", b"NaN", b'{"a": 1} x', b"\xff", b'"\\ud800"', b"[" * 100_000],
    ids=["nothing", "half", "other quotes", "NaN", "more", "no UTF-8", "half a letter", "deep"],
)
def test_a_body_that_is_no_json_is_a_400(content: bytes) -> None:
    app = NexiosApp()

    @app.post("/")
    async def handler(request: Request, response: Response) -> None:
        await request.json()

    assert_problem(TestClient(app).post("/", content=content), 400, "The body is not valid JSON.")


def test_the_rest_is_starlettes() -> None:
    async def look(request: Request) -> Any:
        form = await request.form()
        return form["name"], request.query_params["q"], request.cookies["c"], request.client is not None

    seen = seen_by(
        NexiosApp(),
        look,
        params={"q": "1"},
        data={"name": "ada"},
        headers={"cookie": "c=2"},
    )
    assert seen == ("ada", "1", "2", True)


def test_the_body_may_be_streamed() -> None:
    async def look(request: Request) -> bytes:
        return b"".join([part async for part in request.stream()])

    assert seen_by(NexiosApp(), look, content=b"abc") == b"abc"


def test_a_form_that_cannot_be_read_is_a_400() -> None:
    app = NexiosApp()

    @app.post("/")
    async def handler(request: Request, response: Response) -> None:
        await request.form()

    answer = TestClient(app).post(
        "/", content=b"rubbish", headers={"content-type": "multipart/form-data; boundary=x"}
    )
    assert_problem(answer, 400)


def test_its_repr_shows_neither_headers_nor_query() -> None:
    shown = seen_by(app_for(), repr, params={"token": "hunter2"}, headers={"authorization": "Bearer hunter2"})
    assert shown == "<Request POST '/'>"


def test_a_websocket_knows_the_same() -> None:
    app = app_for()

    @app.websocket_route("/")
    @auth()
    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_json([websocket.user.identity, websocket.auth, websocket.credential])
        await websocket.close()

    with TestClient(app).websocket_connect("/", headers={"x-user": "ada"}) as websocket:
        assert websocket.receive_json() == ["ada", "header", None]
