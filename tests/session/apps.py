"""The application whose sessions these tests are about."""

from __future__ import annotations

from typing import Any

from starlette.testclient import TestClient

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, auth
from nexios.auth.backends.session import SessionAuthBackend, login, logout
from nexios.session import Session, SessionMiddleware
from tests.parts import SECRET, Person

kept_in: dict[str, Any] = {}
"""Where the sessions of these applications are kept; the fixture `source` changes it for a test."""


def session_app(
    secret_key: Any = SECRET, backend: SessionAuthBackend | None = None, **options: Any
) -> NexiosApp:
    """Logs people in and out, keeps what it is told, and shows it."""
    app = NexiosApp(config=MakeConfig(secret_key=secret_key))
    app.add_middleware(SessionMiddleware(**{**kept_in, **options}))
    app.add_middleware(AuthenticationMiddleware(user_model=Person, backend=backend or SessionAuthBackend()))

    @app.route("/login/{name}", methods=["GET", "POST"])
    async def enter(request: Request, response: Response, name: str) -> dict[str, Any]:
        login(request, Person(name))
        return who(request)

    @app.route("/logout", methods=["GET", "POST"])
    async def leave(request: Request, response: Response) -> dict[str, Any]:
        logout(request)
        return who(request)

    @app.post("/renew")
    async def renew(request: Request, response: Response) -> None:
        request.session.renew()

    @app.route("/keep/{key}/{value}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    async def keep(request: Request, response: Response, key: str, value: str) -> None:
        request.session[key] = value

    @app.post("/drop/{key}")
    async def drop(request: Request, response: Response, key: str) -> None:
        del request.session[key]

    @app.get("/me")
    @auth()
    async def me(request: Request, response: Response) -> dict[str, Any]:
        return who(request)

    @app.get("/session")
    async def show(request: Request, response: Response) -> dict[str, Any]:
        return dict(request.session)

    @app.get("/id")
    async def show_id(request: Request, response: Response) -> dict[str, Any]:
        return {"id": request.session.id if request.session.found else None}

    @app.route("/untouched", methods=["GET", "POST"])
    async def untouched(request: Request, response: Response) -> None: ...

    return app


def who(request: Any) -> dict[str, Any]:
    return {"user": request.user.identity, "auth": request.scope["auth"]}


def client_of(app: Any, cookie: str | None = None, **options: Any) -> TestClient:
    """A client, with a session cookie or without."""
    client = TestClient(app, **options)
    if cookie is not None:
        client.cookies.set("session", cookie, domain="testserver.local", path="/")
    return client


def kept(app: Any, cookie: str) -> Any:
    """What the session of `cookie` holds."""
    return TestClient(app).get("/session", headers={"cookie": f"session={cookie}"}).json()


def id_of(app: Any, cookie: str) -> Any:
    """The id of the session that `cookie` opens, or None."""
    return TestClient(app).get("/id", headers={"cookie": f"session={cookie}"}).json()["id"]


def is_in(app: Any, cookie: str) -> bool:
    """Whether `cookie` lets in."""
    status = TestClient(app).get("/me", headers={"cookie": f"session={cookie}"}).status_code
    assert status in (200, 401)
    return bool(status == 200)


def app_doing(act: Any) -> NexiosApp:
    """An application that does something to the session and then shows it."""
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(SessionMiddleware(**kept_in))

    @app.post("/act")
    async def handler(request: Request, response: Response) -> Any:
        found = act(request.session)
        return None if isinstance(found, Session) else found

    @app.get("/session")
    async def show(request: Request, response: Response) -> dict[str, Any]:
        return dict(request.session)

    return app


def after(*acts: Any) -> Any:
    """What a session holds after one request for each of `acts`."""
    current: list[Any] = []
    client = TestClient(app_doing(lambda session: current[0](session)))
    for act in acts:
        current[:] = [act]
        assert client.post("/act").status_code in (200, 204)
    return client.get("/session").json()
