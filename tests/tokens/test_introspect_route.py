"""Who may, asks at `/introspect` what a token is (RFC 7662); whoever may not learns nothing."""

from __future__ import annotations

import pytest

from nexios import NexiosApp
from nexios.auth import has_permission
from nexios.tokens import Tokens, token_routes
from tests.attacks.asking import Answer
from tests.parts import ByHeader, Clock, app_for
from tests.tokens.issuing import AUDIENCE, ISSUER, tokens_of
from tests.tokens.serving import assert_refused, post

pytestmark = pytest.mark.anyio

ADA, BOB = ("x-user", "ada"), ("x-user", "bob")


@pytest.fixture
def tokens(clock: Clock) -> Tokens:
    return tokens_of(clock=clock)


@pytest.fixture
def app(tokens: Tokens) -> NexiosApp:
    app = app_for(ByHeader())
    # Ada may write, Bob may not.
    app.include(token_routes(tokens, introspect=has_permission("write")))
    return app


async def ask(app: NexiosApp, token: str) -> Answer:
    answer = await post(app, "/introspect", {"token": token}, ADA)
    assert answer.status == 200
    assert answer.one("cache-control") == "no-store"
    return answer


async def test_only_who_may_is_told(app: NexiosApp, tokens: Tokens) -> None:
    pair = await tokens.issue("7")
    assert (await post(app, "/introspect", {"token": pair.access_token})).status == 401
    assert (await post(app, "/introspect", {"token": pair.access_token}, BOB)).status == 403
    assert (await ask(app, pair.access_token)).json()["active"] is True


async def test_an_access_token_is_what_it_says(app: NexiosApp, tokens: Tokens, clock: Clock) -> None:
    pair = await tokens.issue("7", claims={"plan": "free"}, scope="read", client_id="app")
    known = (await ask(app, pair.access_token)).json()
    assert len(known.pop("jti")) == len(known.pop("sid")) == 36
    assert known == {
        "active": True,
        "token_type": "Bearer",
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "7",
        "iat": clock.now,
        "exp": clock.now + 600,
        "scope": "read",
        "client_id": "app",
        "plan": "free",
    }


async def test_no_claim_of_the_application_stands_for_the_answer(app: NexiosApp, tokens: Tokens) -> None:
    pair = await tokens.issue("7", claims={"active": False, "token_type": "Bearer"}, jkt="key")
    known = (await ask(app, pair.access_token)).json()
    assert known["active"] is True
    assert known["token_type"] == "DPoP"


async def test_a_refresh_token_is_active_until_it_is_used(
    app: NexiosApp, tokens: Tokens, clock: Clock
) -> None:
    pair = await tokens.issue("7", scope="read", client_id="app", jkt="key")
    known = (await ask(app, pair.refresh_token)).json()
    assert len(known.pop("sid")) == 36
    assert known == {
        "active": True,
        "iss": ISSUER,
        "sub": "7",
        "iat": clock.now,
        "exp": clock.now + 30 * 86400,
        "scope": "read",
        "client_id": "app",
        "cnf": {"jkt": "key"},
    }
    # Asking has not used it.
    following = await tokens.refresh(pair.refresh_token, client_id="app", jkt="key")
    assert (await ask(app, pair.refresh_token)).json() == {"active": False}
    assert (await ask(app, following.refresh_token)).json()["active"] is True


async def test_of_what_is_over_or_unknown_nothing_more_is_told(
    app: NexiosApp, tokens: Tokens, clock: Clock
) -> None:
    revoked, expired = await tokens.issue("7"), await tokens.issue("7")
    await tokens.revoke(revoked.access_token)
    await tokens.revoke(revoked.refresh_token)
    clock.turn(days=31)
    junk = ("junk", "a.b.c", "rt_" + "A" * 43, "é")
    for token in (
        *junk,
        *(getattr(p, f"{n}_token") for p in (revoked, expired) for n in ("access", "refresh")),
    ):
        assert (await ask(app, token)).json() == {"active": False}


async def test_a_form_that_is_none_is_refused(app: NexiosApp) -> None:
    assert_refused(await post(app, "/introspect", {}, ADA), "invalid_request")
    assert_refused(await post(app, "/introspect", {"token": "a"}, ADA, query=b"token=a"), "invalid_request")
