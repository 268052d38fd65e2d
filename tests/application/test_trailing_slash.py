"""A path with a slash too many or too few redirects, as Starlette's does."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, Router, WebSocketRoute
from starlette.testclient import TestClient

from nexios import NexiosApp

PATHS = ["/with/", "/without", "/both", "/both/", "/things/{name}", "/kinds/{kind}/", "/files/{rest:path}"]

ASKED = [
    *("/", "//", "/with", "/with/", "/with//", "/without", "/without/", "/both", "/both/"),
    *("/things/one", "/things/one/", "/things", "/things/", "/kinds/a", "/kinds/a/", "/kinds/a/b"),
    *("/files", "/files/", "/files/a/b/", "/sub", "/sub/", "/sub/in", "/sub/in/", "/sub/nowhere"),
    *("/socket", "/socket/", "/nowhere", "/nowhere/", "/with?a=1&b=%20", "/things/%C3%A4/"),
]


@pytest.fixture(scope="module")
def theirs() -> TestClient:
    async def endpoint(request: object) -> PlainTextResponse:
        return PlainTextResponse("here")

    async def socket(websocket: object) -> None: ...

    routes = [Route(path, endpoint) for path in PATHS]
    app = Starlette(
        routes=[
            *routes,
            WebSocketRoute("/socket", socket),
            Mount("/sub", app=Router([Route("/in", endpoint)])),
        ]
    )
    return TestClient(app, follow_redirects=False)


@pytest.fixture(scope="module")
def ours() -> TestClient:
    async def handler(request: object, response: object) -> str:
        return "here"

    async def socket(websocket: object) -> None: ...

    app, inner = NexiosApp(), NexiosApp()
    for path in PATHS:
        app.get(path)(handler)
    app.websocket_route("/socket")(socket)
    inner.get("/in")(handler)
    app.mount("/sub", inner)
    return TestClient(app, follow_redirects=False)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ASKED)
def test_every_path_answers_as_in_starlette(
    ours: TestClient, theirs: TestClient, path: str, method: str
) -> None:
    expected, found = theirs.request(method, path), ours.request(method, path)
    assert found.status_code == expected.status_code
    assert found.headers.get("location") == expected.headers.get("location")


def test_the_redirect_keeps_the_method_and_the_query(ours: TestClient) -> None:
    app = NexiosApp()

    @app.post("/thing")
    async def handler(request: object, response: object) -> dict[str, str]:
        return {"asked": request.method, "query": request.url.query}  # type: ignore[attr-defined]

    client = TestClient(app)
    answer = client.post("/thing/?a=1")
    assert [step.status_code for step in answer.history] == [307]
    assert answer.json() == {"asked": "POST", "query": "a=1"}
