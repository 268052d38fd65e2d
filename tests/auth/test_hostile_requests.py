"""Any bytes in a header, a cookie or a path: never a 500, and never in."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, auth, has_permission
from nexios.auth.backends.apikey import APIKeyAuthBackend, create_api_key, hash_key
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt
from nexios.auth.backends.session import SessionAuthBackend, login
from nexios.session import SessionMiddleware
from tests.parts import SECRET, Person

KEY, KEY_HASH = create_api_key()
TOKEN = create_jwt({"id": "ada"}, secret=SECRET)


class Owner(Person):
    @classmethod
    async def load_user(cls, identity: str) -> Owner | None:
        if identity.startswith("key_"):
            return cls("ada") if hash_key(identity) == KEY_HASH else None
        return cls(identity) if identity in cls.permissions_of else None


ran: list[str] = []


def build() -> NexiosApp:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(SessionMiddleware())
    app.add_middleware(
        AuthenticationMiddleware(
            user_model=Owner,
            backends=[
                JWTAuthBackend(),
                SessionAuthBackend(),
                APIKeyAuthBackend(),
                APIKeyAuthBackend(header_name="Authorization"),
            ],
        )
    )

    @app.get("/open")
    async def opened(request: Request, response: Response) -> dict[str, Any]:
        return {"user": request.user.identity}

    @app.get("/guarded")
    @has_permission("read")
    @auth(scopes=["jwt", "session", "apikey"])
    async def guarded(request: Request, response: Response) -> None:
        ran.append("guarded")

    @app.get("/login")
    async def enter(request: Request, response: Response) -> None:
        login(request, Owner("ada"))

    @app.get("/things/{number:int}/{rest:path}")
    @auth()
    async def things(request: Request, response: Response) -> None:
        ran.append("things")

    @app.get("/amounts/{amount:float}")
    @auth()
    async def amounts(request: Request, response: Response) -> None:
        ran.append("amounts")

    return app


APP = build()


def ask(path: str, headers: list[tuple[bytes, bytes]], method: str = "GET") -> tuple[int, dict[bytes, bytes]]:
    """The status and headers of a request whose every byte is ours to choose."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode("utf-8", "surrogatepass"),
        "query_string": b"",
        "headers": headers,
        "server": ("test", 80),
        "scheme": "http",
    }
    anyio.run(APP, scope, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"])


COOKIE = ask("/login", [])[1][b"set-cookie"].partition(b";")[0].partition(b"=")[2]

GOOD = {
    b"authorization": f"Bearer {TOKEN}".encode(),
    b"x-api-key": KEY.encode(),
    b"cookie": b"session=" + COOKIE,
}


def changed(value: bytes) -> st.SearchStrategy[bytes]:
    """`value` with a byte removed, added or replaced somewhere: what looks most like the real one."""

    def at(place: int, removed: int, added: bytes) -> bytes:
        place %= len(value) + 1
        return value[:place] + added + value[place + removed :]

    return st.builds(at, st.integers(0, 500), st.integers(0, 3), st.binary(max_size=3))


STARTS = {
    b"authorization": [b"", b"Bearer ", b"bearer  ", b"ApiKey ", b"Bearer key_", b"key_", b"Basic "],
    b"x-api-key": [b"", b"key_", b"Bearer "],
    b"cookie": [b"", b"session=", b"a=b; session=", b"session=;session=", b'session="'],
}


@pytest.mark.parametrize("header", GOOD)
def test_the_good_credential_lets_in(header: bytes) -> None:
    assert ask("/guarded", [(header, GOOD[header])])[0] == 204


@pytest.mark.parametrize("header", GOOD)
@given(data=st.data())
def test_any_bytes_in_a_header_are_refused(header: bytes, data: st.DataObject) -> None:
    ran.clear()
    value = data.draw(
        st.one_of(
            st.binary(max_size=200),
            st.tuples(st.sampled_from(STARTS[header]), st.binary(max_size=200)).map(b"".join),
            changed(GOOD[header]),
        )
    )
    # Blanks around it, the case of the scheme and other cookies beside it do not change a credential.
    real = {TOKEN.encode(), KEY.encode(), COOKIE}
    parts = value.replace(b";", b" ").replace(b"=", b" ").split()
    if real & set(parts):
        return
    status, headers = ask("/guarded", [(header, value)])
    assert status == 401
    assert b"www-authenticate" in headers
    assert ran == []
    assert ask("/open", [(header, value)])[0] == 200


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [b"authorization", b"cookie", b"x-api-key", b"origin", b"host", b"sec-fetch-site"]
            ),
            st.binary(max_size=60),
        ),
        max_size=6,
    ),
    st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "BREW"]),
)
def test_any_set_of_headers_is_answered_and_lets_nobody_in(
    headers: list[tuple[bytes, bytes]], method: str
) -> None:
    ran.clear()
    status, _ = ask("/guarded", headers, method)
    assert status == {"GET": 401, "HEAD": 401, "OPTIONS": 204}.get(method, 405)
    assert ran == []


@pytest.mark.parametrize("second", ["the same", "another", "nothing"])
@pytest.mark.parametrize("header", [b"authorization", b"x-api-key"])
def test_a_header_that_comes_twice_is_not_believed(header: bytes, second: str) -> None:
    good = GOOD[header]
    other = {"the same": good, "another": good[:-1] + b"x", "nothing": b""}[second]
    for values in ((good, other), (other, good)):
        assert ask("/guarded", [(header, value) for value in values])[0] == 401


PATHS = st.one_of(
    st.text(max_size=80).map("/".__add__),
    st.text(max_size=80),
    st.tuples(
        st.sampled_from(["/things/", "/amounts/", "/guarded", "/guarded/", "//", "/things//"]),
        st.text(st.characters(), max_size=40) | st.integers(1, 6000).map("9".__mul__),
        st.sampled_from(["", "/", "/x", "\n"]),
    ).map("".join),
)


@given(PATHS)
def test_any_path_is_answered_and_lets_nobody_in(path: str) -> None:
    ran.clear()
    status, headers = ask(path, [])
    assert status in ({200, 204} if path in ("/open", "/login") else {307, 401, 404})
    if status == 307:
        assert headers[b"location"].startswith(b"http://test/")
    assert ran == []


@given(st.text(max_size=60))
def test_any_path_is_answered_for_a_user_too(path: str) -> None:
    status, _ = ask(path, [(b"x-api-key", KEY.encode())])
    assert status in {200, 204, 307, 404}
