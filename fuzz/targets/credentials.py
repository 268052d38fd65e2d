"""Credentials in a header: tokens, API keys, and whatever stands after a scheme."""

from __future__ import annotations

from fuzz.asking import App, ask, run
from fuzz.findings import Finding
from fuzz.world import SECRET, WHO, guarded
from nexios.apikeys import APIKeys
from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt
from nexios.stores import MemoryStore

__all__ = ["api_key", "authorization", "token"]

GOOD_TOKEN = create_jwt({"id": WHO, "exp": 4_102_444_800}, secret=SECRET, algorithm="HS256").encode()

_keys = APIKeys(MemoryStore())
_key, _ = run(_keys.create(WHO, "fuzzing"))
GOOD_KEY = _key.encode()

_by_token = guarded(JWTAuthBackend())
_by_key = guarded(APIKeyAuthBackend(keys=_keys))
_by_either = guarded(JWTAuthBackend(), APIKeyAuthBackend(header_name="Authorization", keys=_keys))


def token(data: bytes) -> None:
    """A compact token after `Bearer `."""
    _refused(_by_token, b"authorization", b"Bearer " + data, GOOD_TOKEN)


def api_key(data: bytes) -> None:
    """An API key in its header."""
    _refused(_by_key, b"x-api-key", data, GOOD_KEY)


def authorization(data: bytes) -> None:
    """A whole `Authorization` header."""
    _refused(_by_either, b"authorization", data, GOOD_TOKEN, GOOD_KEY)


def _refused(app: App, header: bytes, value: bytes, *good: bytes) -> None:
    answer = ask(app, headers=[(header, value)])
    if answer.status == 200 and value.rpartition(b" ")[2] not in good:
        raise Finding(f"let in by {value!r}")
    if answer.status not in (200, 401):
        raise Finding(f"answered {answer.status}")
    if len(value) > 40 and value in answer.everything:
        raise Finding("the answer repeats the credential")
