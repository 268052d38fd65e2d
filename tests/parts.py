"""The people, the clock and the backend that the tests of the web part share."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, AuthResult, BaseUser
from nexios.auth.backends.base import AuthenticationBackend

SECRET = "0b7f4c1e9d2a8365f1c07e5b94da3826c7f0e1b85a3d9246"
OTHER_SECRET = "e91d03a6b7582cf40d6e1b9a3c5f7824f60b1c9d8e7a5342"


class Clock:
    """A clock that stands until it is turned."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def turn(self, **by: float) -> None:
        self.now += timedelta(**by).total_seconds()


class Person(BaseUser):
    """Ada may read and write, Bob may read, Cy may nothing; nobody else exists."""

    permissions_of: ClassVar[dict[str, set[str]]] = {"ada": {"read", "write"}, "bob": {"read"}, "cy": set()}

    def __init__(self, identity: str) -> None:
        self.identity = identity
        self.display_name = identity.capitalize()
        self.permissions = self.permissions_of[identity]

    @classmethod
    async def load_user(cls, identity: str) -> Person | None:
        return cls(identity) if identity in cls.permissions_of else None


class ByHeader(AuthenticationBackend):
    """Believes whatever a header says; `-` is a credential that is refused."""

    def __init__(self, scope: str = "header", header: str = "x-user", scheme: str = "Custom") -> None:
        self.scope = scope
        self.scheme = scheme
        self.header = header

    async def authenticate(self, request: Request, response: Response) -> AuthResult | None:
        value = request.headers.get(self.header)
        if value is None:
            return None
        return AuthResult(False, "", self.scope) if value == "-" else AuthResult(True, value, self.scope)


def app_for(*backends: AuthenticationBackend, **settings: Any) -> NexiosApp:
    """An application whose users are `Person`s, found by `backends`."""
    app = NexiosApp(config=MakeConfig(secret_key=SECRET, **settings))
    app.add_middleware(AuthenticationMiddleware(user_model=Person, backends=list(backends) or [ByHeader()]))
    return app


def assert_problem(answer: Any, status: int, detail: str | None = None) -> None:
    """The answer is a problem body (RFC 9457) of this status and, where it is given, this detail."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert set(body) == {"type", "title", "status", "detail"}
    assert body["status"] == status
    assert body["type"] == "about:blank"
    assert body["title"]
    if detail is not None:
        assert body["detail"] == detail
