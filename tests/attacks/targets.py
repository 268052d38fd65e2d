"""What is attacked: applications whose guarded route notes everyone that it let in."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, BaseUser, SimpleUser, auth
from nexios.auth.backends.apikey import APIKeyAuthBackend, create_api_key, verify_key
from nexios.auth.backends.base import AuthenticationBackend
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.auth.backends.session import SessionAuthBackend, login, logout
from nexios.session import SessionMiddleware
from tests.attacks.asking import Answer, Header, ask
from tests.parts import SECRET


class Target:
    """An application with `GET /guarded` and `POST /guarded`, and who came through.

    Attributes:
        app: The application.
        ran: The identities that the handler ran for.
        clients: How the guarded route's credential is presented.
    """

    def __init__(
        self,
        backends: Sequence[AuthenticationBackend],
        scope: str | None,
        *,
        user_model: type[BaseUser] = SimpleUser,
        before: Sequence[Any] = (),
        **settings: Any,
    ) -> None:
        self.ran: list[str] = []
        self.app = NexiosApp(config=MakeConfig(**({"secret_key": SECRET} | settings)))
        for middleware in before:
            self.app.add_middleware(middleware)
        self.app.add_middleware(AuthenticationMiddleware(user_model=user_model, backends=list(backends)))

        @self.app.route("/guarded", methods=["GET", "POST"])
        @auth(scope=scope)
        async def guarded(request: Request, response: Response) -> dict[str, str]:
            self.ran.append(request.user.identity)
            return {"identity": request.user.identity}

    def ask(self, path: str = "/guarded", **how: Any) -> Answer:
        return ask(self.app, path, **how)

    def assert_stranger(self, *headers: Header, statuses: Sequence[int] = (401,), **how: Any) -> Answer:
        """The request is refused and the handler did not run."""
        before = list(self.ran)
        answer = self.ask(headers=headers, **how)
        assert answer.status in statuses, (answer.status, answer.body)
        assert self.ran == before
        if answer.status == 401:
            assert answer.one("www-authenticate")
            assert answer.one("content-type") == "application/problem+json"
        return answer

    def assert_lets_in(self, identity: str, *headers: Header, **how: Any) -> None:
        """The request comes through as `identity`."""
        answer = self.ask(headers=headers, **how)
        assert (answer.status, answer.body) == (200, b'{"identity":"%s"}' % identity.encode())
        assert self.ran[-1] == identity


class TokenTarget(Target):
    """A route guarded by `@auth(scope="jwt")`, HS256 unless said otherwise."""

    def __init__(
        self,
        *,
        kept: int = 10_000,
        clock: Callable[[], float] = time.time,
        identifier: str = "id",
        **settings: Any,
    ) -> None:
        backend = JWTAuthBackend(identifier=identifier, kept=kept, clock=clock)
        super().__init__([backend], "jwt", **settings)

    def takes(self, token: str, identity: str = "7") -> None:
        """The token lets its owner in, and again where it may have been kept."""
        for _ in range(2):
            self.assert_lets_in(identity, ("authorization", f"Bearer {token}"))

    def refuses(
        self, token: str | bytes, *, challenge: str = 'Bearer realm="api", error="invalid_token"'
    ) -> None:
        """The token is refused with the challenge of RFC 6750, and again when it comes again."""
        value = b"Bearer " + (token if isinstance(token, bytes) else token.encode("latin-1"))
        for _ in range(2):
            answer = self.assert_stranger(("authorization", value))
            assert answer.one("www-authenticate") == 'Bearer realm="api", error="invalid_token"'


class SessionTarget(Target):
    """A route guarded by `@auth(scope="session")`, with what begins, fills and ends a session."""

    def __init__(self, *, clock: Callable[[], float] = time.time, **options: Any) -> None:
        settings = {name: options.pop(name) for name in ("secret_key", "environment") if name in options}
        options.setdefault("max_age", timedelta(days=14))
        self.stored: list[Any] = []
        super().__init__(
            [SessionAuthBackend()], "session", before=[SessionMiddleware(clock=clock, **options)], **settings
        )

        @self.app.post("/login/{name}")
        async def begin(request: Request, response: Response, name: str) -> dict[str, str]:
            login(request, SimpleUser(name))
            return {"identity": request.user.identity}

        @self.app.post("/logout")
        async def end(request: Request, response: Response) -> dict[str, str]:
            logout(request)
            return {"identity": request.user.identity}

        @self.app.post("/store")
        async def store(request: Request, response: Response) -> dict[str, str]:
            name, value = self.stored.pop()
            request.session[name] = value
            return {}

        @self.app.get("/session")
        async def show(request: Request, response: Response) -> dict[str, Any]:
            return dict(request.session)

    def login(self, name: str = "7", *headers: Header, **how: Any) -> str:
        """Log somebody in; the value of the cookie."""
        answer = self.ask(f"/login/{name}", method="POST", headers=headers, **how)
        assert answer.status == 200, answer.body
        return cookie_value(answer)


class KeyTarget(Target):
    """A route guarded by `@auth(scope="apikey")`, and one issued key."""

    def __init__(self, *, header_name: str = "X-API-Key", prefix: str = "key", **settings: Any) -> None:
        self.key, stored_hash = create_api_key(prefix)
        self.looked_up: list[str] = []
        looked_up = self.looked_up

        class KeyUser(SimpleUser):
            @classmethod
            async def load_user(cls, identity: str) -> KeyUser | None:
                looked_up.append(identity)
                return cls("7") if verify_key(identity, stored_hash) else None

        super().__init__(
            [APIKeyAuthBackend(header_name=header_name, prefix=prefix)],
            "apikey",
            user_model=KeyUser,
            **settings,
        )
        self.header = header_name

    def takes(self, key: str | bytes) -> None:
        self.assert_lets_in("7", (self.header, key))

    def refuses(self, key: str | bytes, *, statuses: Sequence[int] = (401,)) -> None:
        self.assert_stranger((self.header, key), statuses=statuses)


def cookie_value(answer: Answer, name: str = "session") -> str:
    """What the answer sets the cookie to."""
    (line,) = answer.all("set-cookie")
    pair, _, _ = line.partition(";")
    assert pair.startswith(f"{name}=")
    return pair.removeprefix(f"{name}=")


def cookie(value: str, name: str = "session") -> Header:
    """The header that brings the cookie back."""
    return ("cookie", f"{name}={value}")
