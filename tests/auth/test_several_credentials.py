"""Requests with several credentials, and backends in any order."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from starlette.testclient import TestClient

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, AuthResult, auth, has_permission
from nexios.auth.backends.apikey import APIKeyAuthBackend, create_api_key, hash_key
from nexios.auth.backends.base import AuthenticationBackend
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt
from nexios.auth.backends.session import SessionAuthBackend, login, logout
from nexios.session import SessionMiddleware
from tests.parts import SECRET, ByHeader, Person, assert_problem

KEY, KEY_HASH = create_api_key()


class Owner(Person):
    """Ada by her name, Bob by his key, whose hash alone is known."""

    @classmethod
    async def load_user(cls, identity: str) -> Owner | None:
        if identity.startswith("key_"):
            return cls("bob") if hash_key(identity) == KEY_HASH else None
        return cls(identity) if identity in cls.permissions_of else None


BACKENDS = {"jwt": JWTAuthBackend, "session": SessionAuthBackend, "apikey": APIKeyAuthBackend}

# Whom the credential of each scope names.
NAMED = {"jwt": "ada", "session": "cy", "apikey": "bob"}


def app_in_order(order: tuple[str, ...]) -> NexiosApp:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(SessionMiddleware())
    app.add_middleware(
        AuthenticationMiddleware(user_model=Owner, backends=[BACKENDS[name]() for name in order])
    )

    async def answer(request: Request, response: Response) -> dict[str, Any]:
        return {"user": request.user.identity, "auth": request.scope["auth"]}

    app.get("/open")(answer)
    app.get("/any")(auth()(answer_again(answer)))
    for scope in BACKENDS:
        app.get(f"/{scope}")(auth(scope=scope)(answer_again(answer)))
    app.get("/two")(auth(scopes=["jwt", "session"])(answer_again(answer)))

    @app.post("/login")
    async def enter(request: Request, response: Response) -> None:
        login(request, Owner("cy"))

    return app


def answer_again(answer: Any) -> Any:
    async def handler(request: Request, response: Response) -> Any:
        return await answer(request, response)

    return handler


def headers_for(
    client: TestClient, scopes: tuple[str, ...], *, broken: tuple[str, ...] = ()
) -> dict[str, str]:
    token = create_jwt({"id": "ada"}, secret=SECRET)
    cookie = client.post("/login").cookies["session"]
    client.cookies.clear()
    credentials = {
        "jwt": ("authorization", f"Bearer {token}"),
        "session": ("cookie", f"session={cookie}"),
        "apikey": ("x-api-key", KEY),
    }
    headers = {}
    for scope in (*scopes, *broken):
        name, value = credentials[scope]
        headers[name] = (
            value[:-2] + ("AA" if not value.endswith("AA") else "BB") if scope in broken else value
        )
    return headers


ORDERS = list(itertools.permutations(BACKENDS))
SUBSETS = [found for size in (1, 2, 3) for found in itertools.combinations(BACKENDS, size)]


@pytest.mark.parametrize("order", ORDERS, ids=" > ".join)
@pytest.mark.parametrize("given", SUBSETS, ids=" + ".join)
def test_any_valid_credential_of_the_wanted_scope_lets_in(
    order: tuple[str, ...], given: tuple[str, ...]
) -> None:
    client = TestClient(app_in_order(order))
    headers = headers_for(client, given)
    for scope in BACKENDS:
        answer = client.get(f"/{scope}", headers=headers)
        if scope in given:
            assert answer.json() == {"user": NAMED[scope], "auth": scope}
        else:
            assert_problem(answer, 401, "Authentication is required.")


@pytest.mark.parametrize("order", ORDERS, ids=" > ".join)
@pytest.mark.parametrize("given", SUBSETS, ids=" + ".join)
def test_the_first_backend_that_succeeds_names_the_user_where_any_will_do(
    order: tuple[str, ...], given: tuple[str, ...]
) -> None:
    client = TestClient(app_in_order(order))
    headers = headers_for(client, given)
    first = next(scope for scope in order if scope in given)
    expected = {"user": NAMED[first], "auth": first}
    assert client.get("/open", headers=headers).json() == expected
    assert client.get("/any", headers=headers).json() == expected


@pytest.mark.parametrize("order", ORDERS, ids=" > ".join)
def test_the_first_of_several_wanted_scopes_names_the_user(order: tuple[str, ...]) -> None:
    client = TestClient(app_in_order(order))
    first = next(scope for scope in order if scope in ("jwt", "session"))
    answer = client.get("/two", headers=headers_for(client, tuple(BACKENDS)))
    assert answer.json() == {"user": NAMED[first], "auth": first}


@pytest.mark.parametrize("order", ORDERS, ids=" > ".join)
@pytest.mark.parametrize("broken", SUBSETS[:-1], ids=" + ".join)
def test_a_broken_credential_does_not_stand_in_the_way_of_a_good_one(
    order: tuple[str, ...], broken: tuple[str, ...]
) -> None:
    client = TestClient(app_in_order(order))
    good = tuple(scope for scope in BACKENDS if scope not in broken)
    headers = headers_for(client, good, broken=broken)
    first = next(scope for scope in order if scope in good)
    assert client.get("/any", headers=headers).json() == {"user": NAMED[first], "auth": first}
    for scope in BACKENDS:
        assert client.get(f"/{scope}", headers=headers).status_code == (401 if scope in broken else 200)


@pytest.mark.parametrize("order", ORDERS, ids=" > ".join)
def test_broken_credentials_alone_let_nobody_in(order: tuple[str, ...]) -> None:
    client = TestClient(app_in_order(order))
    headers = headers_for(client, (), broken=tuple(BACKENDS))
    for path in ("any", "two", *BACKENDS):
        assert client.get(f"/{path}", headers=headers).status_code == 401
    assert client.get("/open", headers=headers).json() == {"user": "", "auth": None}


def test_one_header_may_bring_either_of_two_credentials() -> None:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    backends = [JWTAuthBackend(), APIKeyAuthBackend(header_name="Authorization")]
    app.add_middleware(AuthenticationMiddleware(user_model=Owner, backends=backends))

    @app.get("/")
    @auth()
    async def handler(request: Request, response: Response) -> str:
        return f"{request.user.identity} by {request.auth}"

    client = TestClient(app)
    token = create_jwt({"id": "ada"}, secret=SECRET)
    for value, text in [
        (f"Bearer {token}", "ada by jwt"),
        (f"Bearer {KEY}", "bob by apikey"),
        (f"ApiKey {KEY}", "bob by apikey"),
        (KEY, "bob by apikey"),
    ]:
        assert client.get("/", headers={"authorization": value}).text == text


class Counting(AuthenticationBackend):
    """Counts how often it is asked."""

    def __init__(self, scope: str, identity: str | None, permissions: Any = None) -> None:
        self.scope = scope
        self.identity = identity
        self.permissions = permissions
        self.asked = 0

    async def authenticate(self, request: Request, response: Response) -> AuthResult | None:
        self.asked += 1
        if self.identity is None:
            return None
        return AuthResult(True, self.identity, str(self.scope), self.permissions)


def counted(*backends: Counting) -> TestClient:
    app = NexiosApp()
    app.add_middleware(AuthenticationMiddleware(user_model=Person, backends=list(backends)))

    async def answer(request: Request, response: Response) -> str:
        return str(request.user.identity)

    app.get("/open")(answer)
    for scope in {backend.scope for backend in backends}:
        app.get(f"/{scope}")(auth(scope)(answer_again(answer)))
    app.get("/read/last")(has_permission("read")(auth(backends[-1].scope)(answer_again(answer))))
    return TestClient(app)


def test_backends_are_asked_in_order_until_one_succeeds() -> None:
    backends = [Counting("a", None), Counting("b", "ada"), Counting("c", "bob")]
    assert counted(*backends).get("/open").text == "ada"
    assert [backend.asked for backend in backends] == [1, 1, 0]


def test_a_guard_asks_only_those_that_were_not_asked_yet() -> None:
    backends = [Counting("a", None), Counting("b", "ada"), Counting("c", "bob")]
    assert counted(*backends).get("/c").text == "bob"
    assert [backend.asked for backend in backends] == [1, 1, 1]


def test_no_backend_is_asked_twice_in_a_request() -> None:
    backends = [Counting("a", "ada"), Counting("b", None)]
    client = counted(*backends)
    assert client.get("/b").status_code == 401
    assert [backend.asked for backend in backends] == [1, 1]


def test_the_permissions_of_the_wanted_credential_count_and_not_those_of_another() -> None:
    narrow, wide = Counting("a", "ada", {"read"}), Counting("b", "ada", set())
    assert_problem(counted(narrow, wide).get("/read/last"), 403)
    narrow, wide = Counting("a", "ada", set()), Counting("b", "ada", {"read"})
    assert counted(narrow, wide).get("/read/last").text == "ada"


def test_without_a_credential_nobody_is_loaded_and_no_session_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded: list[str] = []

    async def load_user(cls: Any, identity: str) -> None:
        loaded.append(identity)

    monkeypatch.setattr(Owner, "load_user", classmethod(load_user))
    client = TestClient(app_in_order(tuple(BACKENDS)))
    answer = client.get("/any")
    assert answer.status_code == 401
    assert client.get("/open", headers={"accept": "*/*", "x-more": "1"}).status_code == 200
    # An answer that had looked at the session would say so to caches.
    assert "vary" not in answer.headers
    assert loaded == []


def test_a_user_is_loaded_once_for_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []

    async def load_user(cls: Any, identity: str) -> Any:
        loaded.append(identity)
        return Owner(identity)

    monkeypatch.setattr(Owner, "load_user", classmethod(load_user))
    client = TestClient(app_in_order(("jwt", "apikey", "session")))
    headers = headers_for(client, ("jwt",))
    assert client.get("/jwt", headers=headers).status_code == 200
    assert loaded == ["ada"]


def test_two_backends_of_one_scope_are_both_asked() -> None:
    assert counted(Counting("a", None), Counting("a", "bob")).get("/a").text == "bob"


@pytest.mark.parametrize("other", ["a", "z"])
@pytest.mark.parametrize("first", ["session", "other"])
def test_a_logout_takes_away_what_the_session_gave_and_nothing_else(first: str, other: str) -> None:
    backends = [SessionAuthBackend(), ByHeader(other, "x-user")]
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(SessionMiddleware())
    app.add_middleware(
        AuthenticationMiddleware(
            user_model=Person, backends=backends if first == "session" else backends[::-1]
        )
    )
    ran: list[str] = []

    async def note(request: Request) -> None:
        ran.append(f"{request.user.identity} by {request.auth}")

    @app.post("/login")
    async def enter(request: Request, response: Response) -> None:
        login(request, Person("cy"))

    @app.post("/leave")
    async def leave(request: Request, response: Response) -> list[Any]:
        logout(request)
        return [request.user.identity, request.auth]

    @app.post("/come-and-leave")
    @auth(other)
    async def come_and_leave(request: Request, response: Response) -> None:
        login(request, Person("cy"))
        logout(request)
        await auth()(note)(request)

    @app.post("/leave-and-come-back")
    @auth("session")
    async def come_back(request: Request, response: Response) -> None:
        await note(request)
        logout(request)
        await auth()(note)(request)

    def post(path: str) -> Any:
        ran.clear()
        client = TestClient(app)
        client.post("/login")
        return client.post(path, headers={"x-user": "ada"})

    assert post("/leave").json() == (["ada", other] if first == "other" else ["", None])
    assert post("/come-and-leave").status_code == 204
    assert ran == [f"ada by {other}"]
    assert_problem(post("/leave-and-come-back"), 401)
    assert ran == ["cy by session"]
