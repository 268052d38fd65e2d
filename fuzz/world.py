"""The applications that are fuzzed, and the few credentials that are good there.

Secrets and keys are the same each time, so that what a corpus holds stays what it was. They guard nothing.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import SimpleUser, auth
from nexios.auth.backends.base import AuthenticationBackend
from nexios.auth.middleware import AuthenticationMiddleware

__all__ = ["CONFIG", "SECRET", "WHO", "guarded"]

SECRET = "for-fuzzing-only-" + hashlib.sha256(b"nexios").hexdigest()
_ED25519 = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"nexios ed25519").digest())
_PUBLIC = _ED25519.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

CONFIG = MakeConfig(
    secret_key=SECRET,
    jwt_algorithms=["HS256", "EdDSA"],
    jwt_key={
        "kty": "OKP",
        "crv": "Ed25519",
        "kid": "one",
        "x": base64.urlsafe_b64encode(_PUBLIC).rstrip(b"=").decode(),
    },
)

WHO = "7"
"""The one user."""


class User(SimpleUser):
    """Nobody but `WHO` is known."""

    @classmethod
    async def load_user(cls, identity: str) -> User | None:
        return cls(identity) if identity == WHO else None


async def who(request: Request, response: Response) -> dict[str, Any]:
    return {"identity": request.user.identity}


def guarded(*backends: AuthenticationBackend, before: Any = None) -> NexiosApp:
    """An application with one guarded route, `/who`."""
    app = NexiosApp(config=CONFIG)
    if before is not None:
        app.add_middleware(before)
    app.add_middleware(AuthenticationMiddleware(user_model=User, backends=list(backends)))
    app.get("/who")(auth()(who))
    app.build()
    return app
