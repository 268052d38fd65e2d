"""Session cookies: the header, and what is inside one that we signed ourselves."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta

import itsdangerous
import msgspec

from fuzz.asking import Answer, App, ask
from fuzz.findings import Finding
from fuzz.seeds import CORPUS
from fuzz.world import CONFIG, SECRET, WHO, User, guarded
from nexios import NexiosApp, Request, Response
from nexios.auth.backends.session import SessionAuthBackend, login
from nexios.session import SessionMiddleware
from nexios.session.cookie import SALT
from nexios.stores import MemoryStore

__all__ = ["cookie", "payload", "stored_cookie"]


def _app(middleware: SessionMiddleware) -> NexiosApp:
    app = guarded(SessionAuthBackend(), before=middleware)

    @app.post("/login")
    async def begin(request: Request, response: Response) -> None:
        login(request, User(WHO))

    return app


_LONG = timedelta(days=36_500)
_signed = _app(SessionMiddleware(max_age=_LONG))
_stored = _app(SessionMiddleware(store=MemoryStore(), max_age=_LONG))


def _cookie(app: App) -> bytes:
    answer = ask(app, "POST", "/login")
    return dict(answer.headers)[b"set-cookie"].partition(b";")[0]


_good_signed = {_cookie(_signed), (CORPUS / "cookie" / "good").read_bytes()}
_good_stored = {_cookie(_stored)}


def cookie(data: bytes) -> None:
    """A whole `Cookie` header, where sessions are signed."""
    _refused(_signed, data, _good_signed)


def stored_cookie(data: bytes) -> None:
    """A whole `Cookie` header, where sessions are in a store."""
    _refused(_stored, data, _good_stored)


def payload(data: bytes) -> None:
    """What our own signature vouches for: somebody may be in it, and nothing may break."""
    name = "session"
    signer = itsdangerous.TimestampSigner(
        list(CONFIG.secret_keys), salt=f"{SALT}.{name}", key_derivation="hmac", digest_method=hashlib.sha256
    )
    value = signer.sign(base64.urlsafe_b64encode(data).rstrip(b"="))
    answer = ask(_signed, headers=[(b"cookie", name.encode() + b"=" + value)])
    if answer.status == 200 and _identity(data) != WHO:
        raise Finding(f"let in by {data!r}")
    _known(answer)


def _identity(data: bytes) -> object:
    """Who is logged in there, as another reader of JSON says."""
    try:
        identity = msgspec.json.decode(data)["data"]["user"]["id"]
    except (msgspec.MsgspecError, ValueError, LookupError, TypeError, RecursionError):
        return None
    return str(identity) if type(identity) is int else identity


def _refused(app: App, header: bytes, good: set[bytes]) -> None:
    answer = ask(app, headers=[(b"cookie", header)])
    if answer.status == 200 and good.isdisjoint(part.strip() for part in header.split(b";")):
        raise Finding(f"let in by {header!r}")
    _known(answer)
    if SECRET.encode() in answer.everything:
        raise Finding("the answer holds the secret")


def _known(answer: Answer) -> None:
    if answer.status not in (200, 401):
        raise Finding(f"answered {answer.status}")
