"""`JWTAuthBackend(tokens=...)` lets in by access tokens of ours, as cheaply as by a secret."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from nexios import NexiosApp, Request, Response
from nexios.auth import auth, has_permission
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt
from nexios.exceptions import StoreUnavailable
from nexios.stores import MemoryStore, Revocation
from nexios.tokens import KeyRing, Tokens
from tests.attacks.asking import Answer, asking
from tests.parts import SECRET, Clock, app_for
from tests.tokens.issuing import tokens_of
from tests.tokens.serving import app_of

pytestmark = pytest.mark.anyio

Get = Callable[..., Awaitable[Answer]]


class Counted(MemoryStore):
    """A store that counts the questions for revocations, and may be down."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.down = False

    async def revoked_since(
        self, kind: str, cursor: str | None, limit: int
    ) -> tuple[list[Revocation], str, bool]:
        self.asked += 1
        if self.down:
            raise StoreUnavailable("down")
        return await super().revoked_since(kind, cursor, limit)


@pytest.fixture
def store() -> Counted:
    return Counted()


@pytest.fixture
def tokens(store: Counted, clock: Clock) -> Tokens:
    return tokens_of(store, clock, ring=KeyRing.generate("ES256"))


@pytest.fixture
def ran() -> list[str]:
    return []


@pytest.fixture
def app(tokens: Tokens, kept: int, ran: list[str]) -> NexiosApp:
    app = app_for(JWTAuthBackend(identifier="sub", tokens=tokens, kept=kept))

    @app.get("/me")
    @auth(scope="jwt")
    async def me(request: Request, response: Response) -> dict[str, Any]:
        ran.append(request.user.identity)
        return {"user": request.user.identity, "plan": request.credential.get("plan")}

    @app.post("/pages")
    @has_permission("write")
    async def write(request: Request, response: Response) -> dict[str, Any]:
        return {"user": request.user.identity}

    @app.get("/health")
    async def health(request: Request, response: Response) -> dict[str, Any]:
        return {"user": request.user.identity}

    return app


@pytest.fixture
def get(app: NexiosApp) -> Get:
    def ask(token: str, path: str = "/me", **how: Any) -> Awaitable[Answer]:
        return asking(app, path, headers=[("authorization", f"Bearer {token}")], **how)

    return ask


async def test_a_pair_lets_its_subject_in_until_it_expires(
    tokens: Tokens, get: Get, clock: Clock, ran: list[str]
) -> None:
    pair = await tokens.issue("ada", claims={"plan": "free"})
    for _ in range(3):
        assert (await get(pair.access_token)).json() == {"user": "ada", "plan": "free"}
    clock.turn(minutes=10)
    ran.clear()
    for _ in range(2):
        refused = await get(pair.access_token)
        assert refused.status == 401
        assert refused.one("www-authenticate") == 'Bearer realm="api", error="invalid_token"'
    assert ran == []


async def test_a_refresh_token_lets_nobody_in(tokens: Tokens, get: Get) -> None:
    pair = await tokens.issue("ada")
    assert (await get(pair.refresh_token)).status == 401


async def test_a_kept_token_is_refused_from_the_moment_it_is_revoked(tokens: Tokens, get: Get) -> None:
    calls: list[Callable[[Any], Awaitable[object]]] = [
        lambda pair: tokens.revoke(pair.access_token),
        lambda pair: tokens.revoke(pair.refresh_token),
        lambda pair: tokens.revoke_all("ada"),
    ]
    for call_back in calls:
        pair = await tokens.issue("ada")
        assert (await get(pair.access_token)).status == 200
        assert (await get(pair.access_token)).status == 200
        await call_back(pair)
        assert (await get(pair.access_token)).status == 401
        assert (await get(pair.access_token)).status == 401


async def test_what_another_process_revoked_is_refused_within_a_second(
    tokens: Tokens, store: Counted, get: Get, clock: Clock
) -> None:
    pair = await tokens.issue("ada")
    assert (await get(pair.access_token)).status == 200
    await tokens_of(store, clock, ring=tokens.ring).revoke(pair.access_token)
    clock.turn(seconds=1)
    assert (await get(pair.access_token)).status == 401


async def test_a_thousand_requests_ask_for_revocations_once(
    tokens: Tokens, store: Counted, get: Get, clock: Clock
) -> None:
    pairs = [await tokens.issue("ada") for _ in range(4)]
    clock.turn(seconds=1)
    store.asked = 0
    answers = await asyncio.gather(*(get(pairs[turn % 4].access_token) for turn in range(1000)))
    assert {answer.status for answer in answers} == {200}
    assert store.asked == 1


async def test_a_store_that_is_down_lets_nobody_in_and_recovers(
    tokens: Tokens, store: Counted, get: Get, clock: Clock, ran: list[str]
) -> None:
    pair = await tokens.issue("ada")
    assert (await get(pair.access_token)).status == 200
    ran.clear()
    store.down = True
    clock.turn(seconds=1)
    for _ in range(2):
        assert (await get(pair.access_token)).status == 503
    assert ran == []
    # A route without a guard goes on, for a stranger.
    assert not (await get(pair.access_token, "/health")).json()["user"]
    store.down = False
    assert (await get(pair.access_token)).status == 200


async def test_the_scope_narrows_what_the_user_may_do(tokens: Tokens, get: Get) -> None:
    statuses = {}
    for subject in ("ada", "bob"):
        for scope in (None, "read", "read write", "admin"):
            pair = await tokens.issue(subject, scope=scope)
            statuses[subject, scope] = (await get(pair.access_token, "/pages", method="POST")).status
    # Bob may only read, whatever his token says.
    assert statuses == {
        ("ada", None): 200,
        ("ada", "read"): 403,
        ("ada", "read write"): 200,
        ("ada", "admin"): 403,
        ("bob", None): 403,
        ("bob", "read"): 403,
        ("bob", "read write"): 403,
        ("bob", "admin"): 403,
    }


async def test_a_kept_token_falls_with_its_key(tokens: Tokens, get: Get) -> None:
    pair = await tokens.issue("ada")
    old = tokens.ring.signing_key.kid
    tokens.ring.rotate()
    assert (await get(pair.access_token)).status == 200
    tokens.ring.retire(old)
    assert (await get(pair.access_token)).status == 401


async def test_a_key_that_is_retired_while_the_store_is_asked_leaves_no_token_behind(clock: Clock) -> None:
    asked, answers = asyncio.Event(), asyncio.Event()

    class Slow(MemoryStore):
        async def revoked_since(
            self, kind: str, cursor: str | None, limit: int
        ) -> tuple[list[Revocation], str, bool]:
            asked.set()
            await answers.wait()
            return await super().revoked_since(kind, cursor, limit)

    tokens = tokens_of(Slow(), clock, ring=KeyRing.generate("ES256"))
    app = app_for(JWTAuthBackend(identifier="sub", tokens=tokens))

    @app.get("/me")
    @auth()
    async def me(request: Request, response: Response) -> dict[str, Any]:
        return {"user": request.user.identity}

    answers.set()
    pair = await tokens.issue("ada")
    answers.clear()
    headers = [("authorization", f"Bearer {pair.access_token}")]
    waiting = asyncio.create_task(asking(app, "/me", headers=headers))
    await asked.wait()
    old = tokens.ring.signing_key.kid
    tokens.ring.rotate()
    tokens.ring.retire(old)
    # Another request is the first to see that the keys have changed.
    assert (await asking(app, "/me", headers=[("authorization", "Bearer junk")])).status == 401
    answers.set()
    assert (await waiting).status == 401
    assert (await asking(app, "/me", headers=headers)).status == 401


async def test_a_token_that_is_bound_to_a_key_is_no_bearer_token(
    tokens: Tokens, get: Get, ran: list[str]
) -> None:
    pair = await tokens.issue("ada", jkt="0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")
    assert pair.token_type == "DPoP"
    for _ in range(2):
        assert (await get(pair.access_token)).status == 401
    assert ran == []


async def test_nor_is_one_that_the_applications_secret_signed(kept: int) -> None:
    app = app_for(JWTAuthBackend(identifier="sub", kept=kept))

    @app.get("/me")
    @auth()
    async def me(request: Request, response: Response) -> dict[str, Any]:
        return {"user": request.user.identity}

    statuses = []
    for bound in ({}, {"cnf": {"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}}, {"cnf": None}):
        token = create_jwt({"sub": "ada", **bound}, SECRET)
        bearer = [("authorization", f"Bearer {token}")]
        statuses += [(await asking(app, "/me", headers=bearer)).status for _ in range(2)]
    assert statuses == [200, 200, 401, 401, 401, 401]


async def test_a_kept_token_is_good_within_its_time_alone(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    verify = Tokens.verify_at_once
    monkeypatch.setattr(Tokens, "verify_at_once", lambda own, token: read.append(1) or verify(own, token))
    # What is revoked stays known, so that nobody is asked: the clock alone decides.
    tokens, start = tokens_of(clock=clock, monotonic=Clock()), clock.now
    app = app_of(tokens)
    bearer = [("authorization", f"Bearer {(await tokens.issue('ada')).access_token}")]
    for moment, status in ((0, 200), (599, 200), (600, 401), (601, 401), (9000, 401), (-1, 401), (1, 200)):
        clock.now = start
        assert (await asking(app, "/me", headers=bearer)).status == 200
        read.clear()
        clock.now = start + moment
        assert (await asking(app, "/me", headers=bearer)).status == status
        assert bool(read) == (status == 401)


async def test_an_unknown_subject_is_a_stranger(tokens: Tokens, get: Get) -> None:
    pair = await tokens.issue("nobody")
    assert (await get(pair.access_token)).status == 401


async def test_tokens_of_ours_and_of_others_are_taken_side_by_side(
    store: Counted, clock: Clock, kept: int
) -> None:
    ours, theirs = (
        tokens_of(store, clock, ring=KeyRing.generate("ES256"), issuer=f"https://{name}.example")
        for name in ("ours", "theirs")
    )
    app = app_for(JWTAuthBackend(identifier="sub", tokens=[ours, theirs], kept=kept))

    @app.get("/me")
    @auth()
    async def me(request: Request, response: Response) -> dict[str, Any]:
        return {"user": request.user.identity}

    for tokens, subject in ((ours, "ada"), (theirs, "bob")):
        pair = await tokens.issue(subject)
        bearer = [("authorization", f"Bearer {pair.access_token}")]
        for _ in range(2):
            assert (await asking(app, "/me", headers=bearer)).json() == {"user": subject}
        await tokens.revoke(pair.access_token)
        assert (await asking(app, "/me", headers=bearer)).status == 401
