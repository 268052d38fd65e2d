"""Where one is logged in, over HTTP: one's own sessions only, and none by an API key."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, AuthResult
from nexios.auth.backends.base import AuthenticationBackend
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt
from nexios.auth.backends.session import SessionAuthBackend, login
from nexios.exceptions import ConfigError
from nexios.session import SessionMiddleware, Sessions, session_routes
from nexios.stores import MemoryStore
from tests.parts import SECRET, Clock, Person, assert_problem
from tests.session.sources import stored_only

pytestmark = stored_only


class ByKey(AuthenticationBackend):
    """Stands for API keys: `X-Key` names the owner, and after a colon what the key may do."""

    scope = "apikey"

    async def authenticate(self, request: Request, response: Response) -> AuthResult | None:
        owner, _, permissions = request.headers.get("x-key", "").partition(":")
        return AuthResult(True, owner, self.scope, permissions.split(",") if permissions else None)


class Narrowed(AuthenticationBackend):
    """Stands for a token that may do a few things only: `X-Narrow: ada:read`."""

    scope = "narrow"
    headers = frozenset({b"x-narrow"})

    async def authenticate(self, request: Request, response: Response) -> AuthResult | None:
        owner, _, permissions = request.headers["x-narrow"].partition(":")
        return AuthResult(True, owner, self.scope, permissions.split(","))


def app_with_routes(clock: Clock, **options: Any) -> NexiosApp:
    store = MemoryStore()
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(SessionMiddleware(store=store, clock=clock))
    backends = [Narrowed(), JWTAuthBackend(), SessionAuthBackend(), _keys()]
    app.add_middleware(AuthenticationMiddleware(user_model=Person, backends=backends))
    app.include(session_routes(Sessions(store, clock=clock), **options))

    @app.post("/login/{name}")
    async def enter(request: Request, response: Response, name: str) -> None:
        login(request, Person(name))

    return app


def _keys() -> ByKey:
    backend = ByKey()
    backend.headers = frozenset({b"x-key"})
    return backend


def logged_in(app: NexiosApp, name: str) -> TestClient:
    client = TestClient(app, client=("192.0.2.7", 4711))
    client.post(f"/login/{name}", headers={"user-agent": "a browser"})
    return client


def bearer(name: str) -> dict[str, str]:
    return {"authorization": f"Bearer {create_jwt({'id': name}, secret=SECRET)}"}


def test_one_sees_ones_own_sessions_and_which_is_this_one(clock: Clock) -> None:
    app = app_with_routes(clock)
    phone = logged_in(app, "ada")
    clock.turn(minutes=5)
    laptop = logged_in(app, "ada")
    logged_in(app, "bob")
    answer = laptop.get("/sessions")
    assert answer.headers["cache-control"] == "no-store"
    first, second = answer.json()["sessions"]
    assert (first["current"], second["current"]) == (True, False)
    assert first == {
        "id": first["id"],
        "identity": "ada",
        "created_at": "2027-01-15T08:05:00Z",
        "last_seen_at": "2027-01-15T08:05:00Z",
        "expires_at": "2027-01-29T08:05:00Z",
        "address": "192.0.2.7",
        "user_agent": "a browser",
        "current": True,
    }
    assert laptop.cookies["session"] not in answer.text
    assert [each["current"] for each in phone.get("/sessions").json()["sessions"]] == [False, True]


def test_a_stranger_sees_and_ends_nothing(clock: Clock) -> None:
    app = app_with_routes(clock)
    ada = logged_in(app, "ada")
    (own,) = ada.get("/sessions").json()["sessions"]
    stranger = TestClient(app)
    assert_problem(stranger.get("/sessions"), 401)
    assert_problem(stranger.delete("/sessions"), 401)
    assert_problem(stranger.delete(f"/sessions/{own['id']}"), 401)
    assert ada.get("/sessions").status_code == 200


def test_one_ends_another_session_of_ones_own(clock: Clock) -> None:
    app = app_with_routes(clock)
    phone, laptop = logged_in(app, "ada"), logged_in(app, "ada")
    lost = next(each for each in laptop.get("/sessions").json()["sessions"] if not each["current"])
    answer = laptop.delete(f"/sessions/{lost['id']}")
    assert (answer.status_code, answer.headers["cache-control"]) == (204, "no-store")
    assert "set-cookie" not in answer.headers
    assert phone.get("/sessions").status_code == 401
    assert laptop.get("/sessions").status_code == 200
    assert_problem(laptop.delete(f"/sessions/{lost['id']}"), 404, "There is no such session.")


def test_to_end_the_session_that_one_comes_by_is_a_logout(clock: Clock) -> None:
    client = logged_in(app_with_routes(clock), "ada")
    copied = client.cookies["session"]
    (own,) = client.get("/sessions").json()["sessions"]
    answer = client.delete(f"/sessions/{own['id']}")
    assert answer.status_code == 204
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert client.get("/sessions", headers={"cookie": f"session={copied}"}).status_code == 401


@pytest.mark.parametrize("body", [None, {"identity": "bob"}, {"id": "x", "identity": "bob"}])
def test_nobody_ends_the_session_of_somebody_else(clock: Clock, body: Any) -> None:
    app = app_with_routes(clock)
    ada, bob = logged_in(app, "ada"), logged_in(app, "bob")
    (of_bob,) = bob.get("/sessions").json()["sessions"]
    answer = ada.request("DELETE", f"/sessions/{of_bob['id']}?identity=bob", json=body)
    assert_problem(answer, 404, "There is no such session.")
    assert ada.request("DELETE", "/sessions?identity=bob", json=body).json() == {"ended": 0}
    assert [each["identity"] for each in ada.get("/sessions?identity=bob").json()["sessions"]] == ["ada"]
    assert bob.get("/sessions").status_code == 200


def test_all_others_end_and_this_one_stays(clock: Clock) -> None:
    app = app_with_routes(clock)
    phone, laptop, bob = logged_in(app, "ada"), logged_in(app, "ada"), logged_in(app, "bob")
    answer = laptop.delete("/sessions")
    assert (answer.json(), answer.headers["cache-control"]) == ({"ended": 1}, "no-store")
    assert [each.get("/sessions").status_code for each in (phone, laptop, bob)] == [401, 200, 200]


def test_by_a_token_one_ends_all(clock: Clock) -> None:
    app = app_with_routes(clock)
    phone = logged_in(app, "ada")
    client = TestClient(app)
    (shown,) = client.get("/sessions", headers=bearer("ada")).json()["sessions"]
    assert shown["current"] is False
    assert client.delete("/sessions", headers=bearer("ada")).json() == {"ended": 1}
    assert phone.get("/sessions").status_code == 401


def test_the_session_of_somebody_else_beside_a_token_is_not_the_tokens(clock: Clock) -> None:
    app = app_with_routes(clock)
    bob = logged_in(app, "bob")
    (of_bob,) = bob.get("/sessions").json()["sessions"]
    assert_problem(bob.delete(f"/sessions/{of_bob['id']}", headers=bearer("ada")), 404)
    assert bob.get("/sessions", headers=bearer("ada")).json() == {"sessions": []}
    assert bob.get("/sessions").status_code == 200


def test_an_api_key_reaches_no_sessions_unless_the_application_says_so(clock: Clock) -> None:
    closed = app_with_routes(clock)
    logged_in(closed, "ada")
    key = {"x-key": "ada"}
    for method, path in [("GET", "/sessions"), ("DELETE", "/sessions"), ("DELETE", "/sessions/x")]:
        assert TestClient(closed).request(method, path, headers=key).status_code == 401
    # A session that came along will do.
    assert logged_in(closed, "ada").get("/sessions", headers=key).status_code == 200
    opened = app_with_routes(clock, allow_api_keys=True)
    logged_in(opened, "ada")
    assert TestClient(opened).delete("/sessions", headers=key).json() == {"ended": 1}


@pytest.mark.parametrize("headers", [{"x-narrow": "ada:read"}, {"x-key": "ada:read"}], ids=["token", "key"])
def test_a_narrowed_credential_does_not_reach_what_can_do_more(clock: Clock, headers: dict[str, str]) -> None:
    app = app_with_routes(clock, allow_api_keys=True)
    phone = logged_in(app, "ada")
    assert_problem(TestClient(app).delete("/sessions", headers=headers), 403)
    assert_problem(TestClient(app).get("/sessions", headers=headers), 403)
    assert phone.get("/sessions").status_code == 200


def test_a_permission_of_the_applications_choice_may_be_needed(clock: Clock) -> None:
    app = app_with_routes(clock, permission="write")
    assert logged_in(app, "ada").get("/sessions").status_code == 200
    assert_problem(logged_in(app, "bob").get("/sessions"), 403)
    client = TestClient(app)
    assert_problem(client.get("/sessions", headers={"x-narrow": "ada:read"}), 403)
    assert client.get("/sessions", headers={"x-narrow": "ada:write"}).status_code == 200


def test_a_page_of_another_site_ends_nothing(clock: Clock) -> None:
    app = app_with_routes(clock)
    phone, laptop = logged_in(app, "ada"), logged_in(app, "ada")
    assert_problem(laptop.delete("/sessions", headers={"sec-fetch-site": "cross-site"}), 403)
    assert phone.get("/sessions").status_code == 200


def test_the_routes_stand_where_they_are_put_and_are_guarded(clock: Clock) -> None:
    app = app_with_routes(clock, prefix="/account/devices/")
    rows = [row for row in app.routes_table() if row.path.startswith("/account")]
    assert [(row.path, row.guarded) for row in rows] == [
        ("/account/devices", True),
        ("/account/devices", True),
        ("/account/devices/{session_id}", True),
    ]
    assert len(logged_in(app, "ada").get("/account/devices").json()["sessions"]) == 1


@pytest.mark.parametrize(
    ("options", "mend"),
    [
        ({"scopes": ["apikey"]}, "allow_api_keys=True"),
        ({"scopes": ["session"], "allow_api_keys": True}, "allow_api_keys=True"),
        ({"scopes": "session"}, "takes a list"),
        ({"allow_api_keys": "no"}, "allow_api_keys is a bool"),
    ],
)
def test_options_that_do_not_fit_are_refused_at_once(options: dict[str, Any], mend: str) -> None:
    with pytest.raises(ConfigError, match=mend):
        session_routes(Sessions(MemoryStore()), **options)


def test_the_routes_are_those_of_a_sessions() -> None:
    with pytest.raises(ConfigError, match=r"session_routes\(Sessions\(store\)\)"):
        session_routes(MemoryStore())  # type: ignore[arg-type]
