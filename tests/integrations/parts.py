"""What the tests of other hosts share."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from nexios import MakeConfig
from nexios.auth import AuthenticationMiddleware, AuthResult
from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt
from nexios.auth.backends.session import SessionAuthBackend
from nexios.session import SessionMiddleware
from tests.parts import SECRET, Person

CONFIG = MakeConfig(secret_key=SECRET)

KEY = "X-Service-Key"


class Keys(APIKeyAuthBackend):
    """Knows a key by its length, which is nobody's idea of a check but a test's."""

    identity_is_secret = False

    async def authenticate(self, request: Any, response: Any) -> AuthResult | None:
        value = request.headers.get(KEY)
        return None if value is None else AuthResult(value == "bob's", "bob", self.scope)


def parts() -> tuple[Any, ...]:
    """Sessions, and three ways to say who one is."""
    return (
        SessionMiddleware(cookie_name="sid"),
        AuthenticationMiddleware(
            user_model=Person, backends=[JWTAuthBackend(), Keys(header_name=KEY), SessionAuthBackend()]
        ),
    )


def bearer(identity: str = "ada") -> dict[str, str]:
    token = create_jwt({"id": identity}, secret=SECRET, expires_in=timedelta(minutes=5))
    return {"Authorization": f"Bearer {token}"}
