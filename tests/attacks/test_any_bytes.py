"""Any bytes at all, wherever a client can put them: never an error, and nobody gets in."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nexios import MakeConfig, NexiosApp
from nexios.auth import AuthenticationMiddleware, SimpleUser, auth
from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.auth.backends.session import SessionAuthBackend
from nexios.http import Request, Response
from nexios.session import SessionMiddleware
from tests.attacks.asking import Answer, asking, knock
from tests.attacks.forging import forge
from tests.parts import SECRET

NAMES = [b"authorization", b"cookie", b"x-api-key", b"origin", b"host", b"sec-fetch-site", b"x-forwarded-for"]
STARTS = [b"", b"Bearer ", b"bearer  ", b"session=", b"key_", b"a=b; session=", forge()[:40].encode()]

values = st.binary(max_size=80) | st.builds(bytes.__add__, st.sampled_from(STARTS), st.binary(max_size=80))
headers = st.lists(st.tuples(st.sampled_from(NAMES), values), max_size=5)
paths = st.text(max_size=30) | st.builds(
    str.__add__,
    st.sampled_from(["/", "/guarded", "/people/", "/mounted", "//", "/mounted/guarded"]),
    st.text(max_size=9),
)
methods = st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]) | st.text(
    "ABCabc!#$%&'*+-.^_`|~09", min_size=1, max_size=9
)


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def app() -> NexiosApp:
    """Every route is guarded, by every backend."""

    class User(SimpleUser):
        @classmethod
        async def load_user(cls, identity: str) -> None:
            return None

    app = NexiosApp(config=MakeConfig(secret_key=SECRET, require_auth=True))
    app.add_middleware(SessionMiddleware())
    backends = [SessionAuthBackend(), JWTAuthBackend(), APIKeyAuthBackend()]
    app.add_middleware(AuthenticationMiddleware(user_model=User, backends=backends))

    async def handler(request: Request, response: Response, **params: Any) -> str:
        raise AssertionError("somebody got in")

    app.route("/guarded", methods=["GET", "POST", "PUT", "DELETE"])(auth()(handler))
    app.get("/people/{number:int}")(handler)
    app.get("/files/{path:path}")(handler)
    inner = NexiosApp()
    inner.get("/guarded")(handler)
    app.mount("/mounted", inner)

    @app.websocket_route("/ws")
    async def serve(websocket: Any) -> None:
        raise AssertionError("somebody got in")

    return app


def assert_refused(answer: Answer) -> None:
    assert answer.status in (204, 307, 401, 403, 404, 405), answer
    for name, value in answer.headers:
        assert b"\r" not in value
        assert b"\n" not in value
        assert name == name.lower()


@settings(max_examples=400)
@given(headers)
def test_any_bytes_in_headers(
    app: NexiosApp, loop: asyncio.Runner, headers: list[tuple[bytes, bytes]]
) -> None:
    for method in ("GET", "POST"):
        assert_refused(loop.run(asking(app, "/guarded", method=method, headers=headers)))


@settings(max_examples=400)
@given(path=paths, method=methods, query=st.binary(max_size=30))
def test_any_path_and_method(
    app: NexiosApp, loop: asyncio.Runner, path: str, method: str, query: bytes
) -> None:
    assert_refused(loop.run(asking(app, path, method=method, query=query)))


@settings(max_examples=400)
@given(headers=headers, denials=st.booleans())
def test_any_bytes_in_the_handshake_of_a_websocket(
    app: NexiosApp, headers: list[tuple[bytes, bytes]], denials: bool
) -> None:
    (first, *_) = knock(app, "/ws", headers=headers, denials=denials)
    assert first["type"] == ("websocket.http.response.start" if denials else "websocket.close")
    assert first.get("status", 401) in (401, 403)
