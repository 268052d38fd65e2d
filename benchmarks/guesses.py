"""Credentials that are wrong, and right up to some letter, as a stranger would guess letter by letter."""

from __future__ import annotations

import random
import secrets
import string
import zlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from benchmarks.asgi import Wire
from benchmarks.candidates import ASGIApp
from nexios import NexiosApp, Request, Response
from nexios.apikeys import APIKeys, create_api_key
from nexios.auth import AuthenticationMiddleware, BaseUser, auth
from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt
from nexios.auth.backends.session import SessionAuthBackend, login
from nexios.config import MakeConfig
from nexios.session import SessionMiddleware, Sessions
from nexios.stores import MemoryStore
from nexios.tokens import KeyRing, Tokens, token_routes

LETTERS = string.ascii_letters + string.digits
LAST = "AEIMQUYcgkosw048"
"""How 32 bytes may end in base64url."""
SECRET, OTHER_SECRET = secrets.token_hex(32), secrets.token_hex(32)
MATCHES = (0, 10, 20, 30, 38)
"""So many letters of 43 are right; few enough that no guess comes twice, for what came before is faster."""

Asked = tuple[Wire, bytes]


@dataclass(frozen=True)
class Question:
    """Something that is asked of an application with a wrong credential, and never answered otherwise.

    Attributes:
        name: What is guessed.
        app: Who is asked.
        ask: Makes the request of a case; each time another.
        cases: Which there are.
        status: What every answer is.
        right: The request with the right credential, which gets another answer; None: there is none.
    """

    name: str
    app: ASGIApp
    ask: Callable[[int], Asked]
    cases: Sequence[int]
    status: int = 401
    right: Asked | None = None


class User(BaseUser):
    """Ada, and nobody else."""

    def __init__(self, identity: str) -> None:
        self.identity = identity
        self.display_name = identity

    @classmethod
    async def load_user(cls, identity: str) -> User | None:
        return cls(identity) if identity == "ada" else None


def guess(secret: str, right: int, last: str = LETTERS) -> str:
    """A text of the length of `secret` that has its first `right` letters and another one after them."""
    rest = [random.choice(LETTERS) for _ in secret[right:-1]] + [random.choice(last)]
    while rest[0] == secret[right]:
        rest[0] = random.choice(last if len(rest) == 1 else LETTERS)
    return secret[:right] + "".join(rest)


def get(header: str, value: str) -> Asked:
    return Wire("GET", "/me", ((header.encode(), value.encode()),)), b""


def post(path: str, *headers: tuple[bytes, bytes], **fields: str) -> Asked:
    form = (b"content-type", b"application/x-www-form-urlencoded")
    return Wire("POST", path, (form, *headers)), urlencode(fields).encode()


def application(*backends: Any, session: Any = None) -> NexiosApp:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    if session is not None:
        app.add_middleware(session)
    app.add_middleware(AuthenticationMiddleware(user_model=User, backends=list(backends)))

    @app.get("/me")
    @auth()
    async def me(request: Request, response: Response) -> str:
        return str(request.user.identity)

    return app


def letter_by_letter() -> Question:
    """What must be found: whoever compares so tells where the first wrong letter is."""
    secret = secrets.token_urlsafe(32)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        presented = dict(scope["headers"])[b"x-api-key"].decode()
        same = True
        for one, other in zip(presented, secret, strict=True):
            if one != other:
                same = False
                break
        await send({"type": "http.response.start", "status": 200 if same else 401, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return Question(
        "letter by letter", app, lambda right: get("x-api-key", guess(secret, right)), MATCHES,
        right=get("x-api-key", secret),
    )  # fmt: skip


def token() -> Question:
    good = create_jwt({"id": "ada"}, SECRET)
    signed, _, signature = good.rpartition(".")

    def ask(right: int) -> Asked:
        return get("authorization", f"Bearer {signed}.{guess(signature, right, LAST)}")

    app = application(JWTAuthBackend())
    return Question("signature of a token", app, ask, MATCHES, right=get("authorization", f"Bearer {good}"))


async def api_key() -> Question:
    keys = APIKeys(MemoryStore())
    good, _ = await keys.create("ada", "ci")
    secret = good[4:-8]

    def ask(right: int) -> Asked:
        start = f"key_{guess(secret, right)}"
        return get("x-api-key", f"{start}{zlib.crc32(start.encode()):08x}")

    app = application(APIKeyAuthBackend(keys=keys))
    return Question("API key", app, ask, MATCHES, right=get("x-api-key", good))


async def session(store: Any = None) -> Question:
    app = application(SessionAuthBackend(), session=SessionMiddleware(store=store))
    good = await cookie_of(app)
    signed, dot, secret = good.rpartition(".")

    def ask(right: int) -> Asked:
        return get("cookie", f"session={signed}{dot}{guess(secret, right, LAST)}")

    name = "signature of a session" if store is None else "secret of a session"
    return Question(name, app, ask, MATCHES, right=get("cookie", f"session={good}"))


async def cookie_of(app: NexiosApp) -> str:
    @app.post("/login")
    async def enter(request: Request, response: Response) -> None:
        login(request, User("ada"))

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await app(Wire("POST", "/login").scope(), _nothing, send)
    found = dict(sent[0]["headers"])[b"set-cookie"].decode()
    return str(found.partition(";")[0].partition("=")[2])


async def refresh_token(path: str) -> Question:
    tokens = issuer()
    keys = APIKeys(MemoryStore())
    key, _ = await keys.create("ada", "ci")
    app = application(APIKeyAuthBackend(keys=keys))
    app.include(token_routes(tokens, introspect=auth()))
    secret = (await tokens.issue("ada")).refresh_token[3:]

    def asked(guessed: str) -> Asked:
        if path == "/token":
            return post(path, grant_type="refresh_token", refresh_token=f"rt_{guessed}")
        return post(path, (b"x-api-key", key.encode()), token=f"rt_{guessed}")

    def ask(right: int) -> Asked:
        return asked(guess(secret, right))

    # What is introspected is answered 200 in any case, and is active or not.
    status, right = (400, asked(secret)) if path == "/token" else (200, None)
    return Question(f"refresh token, {path}", app, ask, MATCHES, status=status, right=right)


def issuer() -> Tokens:
    return Tokens(
        KeyRing.generate(), store=MemoryStore(), issuer="https://api.example", audience="api",
        reuse_grace=timedelta(0),
    )  # fmt: skip


async def known_key() -> Question:
    keys = APIKeys(MemoryStore())
    revoked, record = await keys.create("ada", "ci")
    await keys.revoke(record.id)
    unknown, _ = create_api_key()
    app = application(APIKeyAuthBackend(keys=keys))
    return Question(
        "key: unknown, revoked", app, lambda known: get("x-api-key", revoked if known else unknown), (0, 1)
    )


def known_user() -> Question:
    tokens = [create_jwt({"id": name}, OTHER_SECRET) for name in ("eve", "ada")]

    def ask(known: int) -> Asked:
        return get("authorization", f"Bearer {tokens[known]}")

    return Question("user: unknown, known", application(JWTAuthBackend()), ask, (0, 1))


async def known_session() -> Question:
    store = MemoryStore()
    app = application(SessionAuthBackend(), session=SessionMiddleware(store=store))
    ended = await cookie_of(app)
    await Sessions(store).revoke_all("ada")
    unknown = secrets.token_urlsafe(32)

    def ask(known: int) -> Asked:
        return get("cookie", f"session={ended if known else unknown}")

    return Question("session: unknown, ended", app, ask, (0, 1))


async def known_refresh() -> Question:
    tokens = issuer()
    app = application(JWTAuthBackend(identifier="sub", tokens=tokens))
    app.include(token_routes(tokens))
    over = (await tokens.issue("ada")).refresh_token
    await tokens.revoke(over)
    unknown = f"rt_{secrets.token_urlsafe(32)}"

    def ask(known: int) -> Asked:
        token = over if known else unknown
        return post("/token", grant_type="refresh_token", refresh_token=token)

    return Question("refresh token: unknown, over", app, ask, (0, 1), status=400)


async def _nothing() -> Any:
    return {"type": "http.request", "body": b"", "more_body": False}


async def questions() -> tuple[Question, list[Question], list[Question]]:
    """What must be found; secrets that are guessed; and what exists or does not."""
    guessed = [
        token(),
        await api_key(),
        await session(),
        await session(MemoryStore()),
        await refresh_token("/token"),
        await refresh_token("/introspect"),
    ]
    known: list[Awaitable[Question]] = [known_key(), known_session(), known_refresh()]
    return letter_by_letter(), guessed, [known_user(), *[await each for each in known]]
