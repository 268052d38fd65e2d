"""Requests that a page of another site sent: refused where a session would answer for them."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient, WebSocketDenialResponse

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, auth
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt
from nexios.auth.backends.session import SessionAuthBackend
from nexios.http import WebSocket
from nexios.session import SessionMiddleware
from tests.parts import SECRET, Person, assert_problem
from tests.session.apps import session_app

TRUSTED = "https://app.example"
REFUSED = "The request comes from another site, which is not trusted to use the session."
SEALED = "A request that comes from another site cannot change the session."

# Headers beside `Host: testserver`, and whether they say that another site's page sent the request.
SENT: dict[str, tuple[dict[str, str], bool]] = {
    "no browser": ({}, False),
    "same origin": ({"sec-fetch-site": "same-origin"}, False),
    "typed by the user": ({"sec-fetch-site": "none"}, False),
    "cross site": ({"sec-fetch-site": "cross-site"}, True),
    "same site, another origin": ({"sec-fetch-site": "same-site"}, True),
    "unknown site": ({"sec-fetch-site": "whatever"}, True),
    "empty site": ({"sec-fetch-site": ""}, True),
    "site in capitals": ({"sec-fetch-site": "Same-Origin"}, True),
    "own origin": ({"origin": "http://testserver"}, False),
    "own origin behind TLS": ({"origin": "https://testserver"}, False),
    "own origin with its port": ({"origin": "http://testserver:80"}, False),
    "another origin": ({"origin": "https://evil.example"}, True),
    "another port": ({"origin": "http://testserver:8080"}, True),
    "an origin that begins alike": ({"origin": "http://testserver.evil.example"}, True),
    "an origin that ends alike": ({"origin": "http://evil-testserver"}, True),
    "no origin": ({"origin": "null"}, True),
    "an empty origin": ({"origin": ""}, True),
    "an origin of another kind": ({"origin": "file://testserver"}, True),
    "an origin that is none": ({"origin": "http://[testserver"}, True),
    "a port that is none": ({"origin": "http://testserver:port"}, True),
    "trusted": ({"origin": TRUSTED}, False),
    "trusted, cross site": ({"origin": TRUSTED, "sec-fetch-site": "cross-site"}, False),
    "trusted with a path": ({"origin": f"{TRUSTED}/x"}, True),
    "trusted over http": ({"origin": "http://app.example"}, True),
    "below the trusted": ({"origin": "https://a.app.example"}, True),
    "own origin, cross site": ({"origin": "http://testserver", "sec-fetch-site": "cross-site"}, True),
    "another origin, same origin": (
        {"origin": "https://evil.example", "sec-fetch-site": "same-origin"},
        False,
    ),
}


def app_with_trust() -> NexiosApp:
    app = session_app(trusted_origins=[TRUSTED])

    @app.websocket_route("/socket")
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(websocket.user.identity)
        await websocket.close()

    @app.websocket_route("/keep")
    async def keep(websocket: WebSocket) -> None:
        websocket.session["a"] = 1
        await websocket.accept()
        await websocket.close()

    return app


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("name", SENT)
def test_an_unsafe_request_of_another_site_is_refused_where_a_session_answers_for_it(
    name: str, method: str
) -> None:
    headers, foreign = SENT[name]
    client = TestClient(app_with_trust())
    client.post("/login/ada")
    before = client.cookies["session"]
    answer = client.request(method, "/keep/a/1", headers=headers)
    if foreign:
        assert_problem(answer, 403, REFUSED)
        assert "set-cookie" not in answer.headers
        assert client.cookies["session"] == before
        assert client.get("/session").json() == {"user": {"id": "ada"}}
    else:
        assert answer.status_code == 204
        assert client.get("/session").json() == {"user": {"id": "ada"}, "a": "1"}


@pytest.mark.parametrize("name", SENT)
def test_an_unsafe_request_of_another_site_begins_no_session(name: str) -> None:
    headers, foreign = SENT[name]
    for path in ("/login/ada", "/keep/a/1"):
        client = TestClient(app_with_trust())
        answer = client.post(path, headers=headers)
        if foreign:
            assert_problem(answer, 403, SEALED)
            assert "set-cookie" not in answer.headers
        else:
            assert answer.status_code in (200, 204)
            assert "set-cookie" in answer.headers


@pytest.mark.parametrize("name", SENT)
def test_a_websocket_of_another_site_is_refused_where_a_session_answers_for_it(name: str) -> None:
    headers, foreign = SENT[name]
    client = TestClient(app_with_trust())
    client.post("/login/ada")
    if foreign:
        with (
            pytest.raises(WebSocketDenialResponse) as denied,
            client.websocket_connect("/socket", headers=headers),
        ):
            pass
        assert (denied.value.status_code, denied.value.json()["detail"]) == (403, REFUSED)
    else:
        with client.websocket_connect("/socket", headers=headers) as websocket:
            assert websocket.receive_text() == "ada"


def test_a_websocket_of_another_site_without_a_session_is_a_strangers() -> None:
    headers = {"origin": "https://evil.example"}
    client = TestClient(app_with_trust())
    with client.websocket_connect("/socket", headers=headers) as websocket:
        assert websocket.receive_text() == ""


@pytest.mark.anyio
async def test_a_server_without_refusals_is_told_to_close_the_websocket() -> None:
    app = app_with_trust()
    client = TestClient(app)
    client.post("/login/ada")
    cookie = f"session={client.cookies['session']}".encode()
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"cookie", cookie), (b"origin", b"https://evil.example"), (b"host", b"testserver")]
    await app({"type": "websocket", "path": "/socket", "headers": headers}, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1008, "reason": REFUSED}]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("name", SENT)
def test_a_safe_request_of_another_site_passes(name: str, method: str) -> None:
    client = TestClient(app_with_trust())
    client.post("/login/ada")
    assert client.request(method, "/me", headers=SENT[name][0]).status_code in (200, 204)


@pytest.mark.parametrize(
    "headers",
    [
        [("origin", "http://testserver"), ("origin", "https://evil.example")],
        [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
        [("origin", "http://testserver"), ("host", "testserver"), ("host", "testserver")],
    ],
    ids=["two origins", "two sites", "two hosts"],
)
def test_what_is_said_twice_is_not_believed(headers: list[tuple[str, str]]) -> None:
    client = TestClient(app_with_trust())
    client.post("/login/ada")
    pairs = [*headers, ("cookie", f"session={client.cookies['session']}")]
    client.cookies.clear()
    assert_problem(client.post("/keep/a/1", headers=pairs), 403)


def test_an_unsafe_request_of_another_site_without_any_session_is_answered() -> None:
    client = TestClient(app_with_trust())
    headers = {"origin": "https://evil.example"}
    assert client.post("/untouched", headers=headers).status_code == 204
    assert client.post("/logout", headers=headers).status_code == 200


def test_a_dead_session_answers_for_nothing() -> None:
    client = TestClient(app_with_trust())
    headers = {"origin": "https://evil.example", "cookie": "session=rubbish"}
    assert client.post("/untouched", headers=headers).status_code == 204


def test_another_credential_may_come_from_another_site() -> None:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(SessionMiddleware())
    backends = [JWTAuthBackend(), SessionAuthBackend()]
    app.add_middleware(AuthenticationMiddleware(user_model=Person, backends=backends))

    @app.post("/")
    @auth()
    async def handler(request: Request, response: Response) -> str:
        return str(request.user.identity)

    token = create_jwt({"id": "ada"}, secret=SECRET)
    headers = {"origin": "https://evil.example", "authorization": f"Bearer {token}"}
    assert TestClient(app).post("/", headers=headers).text == "ada"


def test_without_a_session_middleware_no_origin_is_asked() -> None:
    app = NexiosApp()
    app.post("/")(lambda request, response: "answered")
    assert TestClient(app).post("/", headers={"sec-fetch-site": "cross-site"}).text == "answered"
