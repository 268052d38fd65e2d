"""An application that logs people in and out, and what the model knows of its sessions and cookies."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, auth
from nexios.auth.backends.session import SessionAuthBackend, login, logout
from nexios.session import SessionMiddleware
from tests.stateful.machines import Anyone, Machine, Over, Process

MAX_AGE = 8 * 3600
IDLE = 20 * 60


class SessionProcess(Process):
    """An application with sessions; each answer says what the request came with, and what the session is."""

    def __init__(self, machine: Machine, secrets: list[str], idle: int | None, kept_as: str) -> None:
        super().__init__(machine)
        self.secrets = list(secrets)
        self.app = app = NexiosApp(config=MakeConfig(secret_key=self.secrets))
        app.add_middleware(
            SessionMiddleware(
                max_age=timedelta(seconds=MAX_AGE),
                idle_timeout=None if idle is None else timedelta(seconds=idle),
                clock=machine.clock,
                **{kept_as: self.store},
            )
        )
        app.add_middleware(AuthenticationMiddleware(user_model=Anyone, backend=SessionAuthBackend()))

        @app.post("/login/{name}")
        async def enter(request: Request, response: Response, name: str) -> dict[str, Any]:
            before = came_with(request)
            login(request, Anyone(name))
            return before | now_is(request)

        @app.post("/logout")
        async def leave(request: Request, response: Response) -> dict[str, Any]:
            before = came_with(request)
            logout(request)
            return before | now_is(request)

        @app.post("/renew")
        async def renew(request: Request, response: Response) -> dict[str, Any]:
            before = came_with(request)
            request.session.renew()
            return before | now_is(request)

        @app.post("/keep/{key}/{value}")
        async def keep(request: Request, response: Response, key: str, value: str) -> dict[str, Any]:
            before = came_with(request)
            request.session[key] = value
            return before | now_is(request)

        @app.post("/look")
        async def look(request: Request, response: Response) -> dict[str, Any]:
            return came_with(request) | now_is(request)

        @app.get("/me")
        @auth()
        async def me(request: Request, response: Response) -> dict[str, Any]:
            return {"user": request.user.identity}


def came_with(request: Request) -> dict[str, Any]:
    kept = {key: value for key, value in request.session.items() if key != "user"}
    user = request.user.identity or None
    return {"found": request.session.found, "was": request.session.id, "user": user, "data": kept}


def now_is(request: Request) -> dict[str, Any]:
    return {"id": request.session.id}


class Session:
    """A session, from its beginning or the login on.

    Attributes:
        identity: Who has logged in; None: nobody.
        began: When.
        seen: When it was last used.
        data: What it holds, where that is in a store.
        id: Its id; None as long as it is not known.
        over: Whether it has ended.
    """

    def __init__(
        self, identity: str | None, now: float, data: dict[str, str], session_id: str | None
    ) -> None:
        self.identity = identity
        self.began = self.seen = now
        self.data = data
        self.id = session_id
        self.over = Over()


class Name:
    """What a session is called until it is renewed."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.over = Over()


class Cookie:
    """The value of a cookie, good or not any more.

    Attributes:
        value: The value.
        name: What it names.
        data: What it holds, where that is in the cookie.
        at: When it was made.
        secret: What it was signed with.
    """

    def __init__(self, value: str, name: Name, data: dict[str, str], at: float, secret: str) -> None:
        self.value = value
        self.name = name
        self.data = data
        self.at = at
        self.secret = secret

    @property
    def session(self) -> Session:
        return self.name.session
