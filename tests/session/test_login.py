"""`login` and `logout`."""

from __future__ import annotations

from typing import Any

from starlette.testclient import TestClient

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, auth
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt
from nexios.auth.backends.session import SessionAuthBackend, login, logout
from nexios.session import SessionMiddleware
from tests.parts import SECRET, Person, assert_problem
from tests.session.apps import client_of, is_in, kept, session_app, who
from tests.session.sources import every_source

pytestmark = every_source


def test_login_lets_in_until_logout() -> None:
    client = TestClient(session_app())
    assert_problem(client.get("/me"), 401)
    client.post("/login/ada")
    assert client.get("/me").json() == {"user": "ada", "auth": "session"}
    client.post("/logout")
    assert_problem(client.get("/me"), 401)


def test_login_and_logout_hold_at_once_in_their_own_request() -> None:
    client = TestClient(session_app())
    assert client.post("/login/ada").json() == {"user": "ada", "auth": "session"}
    assert client.post("/login/bob").json() == {"user": "bob", "auth": "session"}
    assert client.post("/logout").json() == {"user": "", "auth": None}


def test_login_begins_another_session_and_keeps_the_data() -> None:
    app = session_app()
    client = TestClient(app)
    client.post("/keep/cart/apples")
    before = client.cookies["session"]
    client.post("/login/ada")
    after = client.cookies["session"]
    assert before != after
    assert kept(app, after) == {"cart": "apples", "user": {"id": "ada"}}
    assert kept(app, before) == {}


def test_login_as_somebody_else_takes_the_place_of_the_first_and_finds_nothing_of_theirs() -> None:
    app = session_app()
    client = TestClient(app)
    client.post("/login/ada")
    client.post("/keep/letter/private")
    first = client.cookies["session"]
    client.post("/login/bob")
    assert client.get("/session").json() == {"user": {"id": "bob"}}
    assert not is_in(app, first)


def test_login_as_the_same_person_again_keeps_the_data() -> None:
    client = TestClient(session_app())
    client.post("/login/ada")
    client.post("/keep/letter/private")
    client.post("/login/ada")
    assert client.get("/session").json() == {"user": {"id": "ada"}, "letter": "private"}


def test_logout_forgets_everything_and_the_cookie() -> None:
    app = session_app()
    client = TestClient(app)
    client.post("/keep/cart/apples")
    client.post("/login/ada")
    cookie = client.cookies["session"]
    answer = client.post("/logout")
    assert answer.headers["set-cookie"].startswith("session=; Max-Age=0; Expires=Thu, 01 Jan 1970")
    assert "session" not in client.cookies
    assert kept(app, cookie) == {}
    assert not is_in(app, cookie)


def test_logout_may_be_called_twice_and_by_a_stranger() -> None:
    app = session_app()

    @app.post("/twice")
    async def twice(request: Request, response: Response) -> None:
        logout(request)
        logout(request)

    client = TestClient(app)
    assert client.post("/logout").status_code == 200
    client.post("/login/ada")
    assert client.post("/twice").status_code == 204
    assert client.post("/logout").status_code == 200
    assert "set-cookie" not in client.post("/logout").headers


def test_what_is_stored_after_logout_begins_a_session_of_its_own() -> None:
    app = session_app()

    @app.post("/out-and-greet")
    async def handler(request: Request, response: Response) -> None:
        logout(request)
        request.session["word"] = "goodbye"

    client = TestClient(app)
    client.post("/login/ada")
    before = client.cookies["session"]
    client.post("/out-and-greet")
    assert kept(app, client.cookies["session"]) == {"word": "goodbye"}
    assert not is_in(app, before)


def test_login_and_logout_in_one_request_leave_nobody_in() -> None:
    app = session_app()

    @app.post("/in-and-out")
    async def handler(request: Request, response: Response) -> dict[str, Any]:
        login(request, Person("bob"))
        logout(request)
        return who(request)

    client = TestClient(app)
    client.post("/login/ada")
    before = client.cookies["session"]
    assert client.post("/in-and-out").json() == {"user": "", "auth": None}
    assert "session" not in client.cookies
    assert not is_in(app, before)


def test_who_has_just_logged_in_passes_a_guard_inside_the_same_request() -> None:
    app = session_app()

    @auth("session")
    async def inner(request: Request) -> str:
        return str(request.user.identity)

    @app.post("/enter")
    async def enter(request: Request, response: Response) -> Any:
        login(request, Person("ada"))
        assert request.credential is request.session
        return await inner(request)

    @app.post("/leave")
    async def leave(request: Request, response: Response) -> Any:
        logout(request)
        assert request.credential is None
        return await inner(request)

    client = TestClient(app)
    assert client.post("/enter").text == "ada"
    assert_problem(client.post("/leave"), 401)


def test_the_settings_of_the_backend_say_where_the_user_stands() -> None:
    app = session_app(backend=SessionAuthBackend(session_key="account", identifier="name"))
    client = TestClient(app)
    client.post("/login/ada")
    assert kept(app, client.cookies["session"]) == {"account": {"name": "ada"}}
    assert client.get("/me").json()["user"] == "ada"
    client.post("/logout")
    assert client.get("/me").status_code == 401


def test_a_backend_with_a_scope_of_its_own_is_logged_in_and_out_by() -> None:
    class Web(SessionAuthBackend):
        scope = "web"

    client = TestClient(session_app(backend=Web()))
    assert client.post("/login/ada").json() == {"user": "ada", "auth": "web"}
    assert client.get("/me").json() == {"user": "ada", "auth": "web"}
    assert client.post("/logout").json() == {"user": "", "auth": None}


def test_two_applications_with_other_settings_do_not_mix() -> None:
    one = session_app(backend=SessionAuthBackend(session_key="one"))
    two = session_app(backend=SessionAuthBackend(session_key="two"), secret_key=SECRET[::-1])
    client = TestClient(one)
    client.post("/login/ada")
    cookie = client.cookies["session"]
    assert is_in(one, cookie)
    assert not is_in(two, cookie)


def test_logout_leaves_another_credential_of_the_request_alone() -> None:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(SessionMiddleware())
    backends = [JWTAuthBackend(), SessionAuthBackend()]
    app.add_middleware(AuthenticationMiddleware(user_model=Person, backends=backends))

    @app.post("/login")
    async def enter(request: Request, response: Response) -> dict[str, Any]:
        login(request, Person("bob"))
        return who(request)

    @app.post("/logout")
    async def leave(request: Request, response: Response) -> dict[str, Any]:
        logout(request)
        return who(request)

    client = TestClient(app)
    headers = {"authorization": f"Bearer {create_jwt({'id': 'ada'}, secret=SECRET)}"}
    assert client.post("/login", headers=headers).json() == {"user": "bob", "auth": "session"}
    assert client.post("/logout", headers=headers).json() == {"user": "ada", "auth": "jwt"}


def test_logout_needs_no_authentication_middleware() -> None:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(SessionMiddleware())

    @app.post("/keep")
    async def keep(request: Request, response: Response) -> None:
        request.session["a"] = 1

    @app.post("/logout")
    async def leave(request: Request, response: Response) -> None:
        logout(request)

    client = TestClient(app)
    client.post("/keep")
    assert "session" in client.cookies
    client.post("/logout")
    assert "session" not in client.cookies


def test_a_client_with_a_cookie_that_is_none_of_ours_may_log_in() -> None:
    app = session_app()
    client = client_of(app, "rubbish")
    assert client.post("/login/ada").json()["user"] == "ada"
    assert client.get("/me").status_code == 200
