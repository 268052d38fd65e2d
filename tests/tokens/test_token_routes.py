"""Clients refresh at `/token` and give back at `/revoke`, as RFC 6749 and RFC 7009 say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from nexios import MakeConfig, NexiosApp
from nexios.auth import AuthenticationMiddleware, has_permission, public
from nexios.exceptions import ConfigError, StoreUnavailable
from nexios.stores import MemoryStore
from nexios.tokens import KeyRing, RefreshCookie, Tokens, token_routes
from tests.attacks.asking import asking
from tests.parts import SECRET, ByHeader, Clock, Person
from tests.tokens.issuing import RING, tokens_of
from tests.tokens.serving import FORM, app_of, assert_refused, post, refresh

pytestmark = pytest.mark.anyio


@pytest.fixture
def tokens(clock: Clock) -> Tokens:
    return tokens_of(clock=clock)


async def test_a_refresh_token_gets_the_next_pair(tokens: Tokens) -> None:
    app = app_of(tokens)
    pair = await tokens.issue("ada", scope="read write")
    answer = await refresh(app, pair.refresh_token)
    assert answer.status == 200
    assert answer.one("cache-control") == "no-store"
    assert answer.one("pragma") == "no-cache"
    body = answer.json()
    assert set(body) == {"access_token", "refresh_token", "token_type", "expires_in", "scope"}
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 600, "read write")
    assert (await tokens.verify(body["access_token"]))["sub"] == "ada"
    me = await asking(app, "/me", headers=[("authorization", f"Bearer {body['access_token']}")])
    assert me.json() == {"user": "ada"}
    assert (await refresh(app, body["refresh_token"])).status == 200


async def test_a_client_may_ask_for_less_and_gets_no_more(tokens: Tokens) -> None:
    app = app_of(tokens)
    pair = await tokens.issue("ada", scope="read write")
    assert_refused(await refresh(app, pair.refresh_token, scope="read admin"), "invalid_scope")
    assert (await refresh(app, pair.refresh_token, scope="read")).json()["scope"] == "read"


async def test_a_client_must_be_the_one_that_the_token_was_issued_to(tokens: Tokens) -> None:
    app = app_of(tokens)
    pair = await tokens.issue("ada", client_id="app")
    assert_refused(await refresh(app, pair.refresh_token), "invalid_grant")
    assert_refused(await refresh(app, pair.refresh_token, client_id="other"), "invalid_grant")
    assert (await refresh(app, pair.refresh_token, client_id="app")).status == 200


async def test_whatever_is_wrong_with_a_token_the_client_is_told_the_same(
    tokens: Tokens, clock: Clock
) -> None:
    app = app_of(tokens)
    used, revoked, expired = [await tokens.issue("ada") for _ in range(3)]
    await tokens.refresh(used.refresh_token)
    await tokens.revoke(revoked.refresh_token)
    answers = [
        await refresh(app, token)
        for token in (used.refresh_token, revoked.refresh_token, "rt_" + "A" * 43, "junk", "é", "\0")
    ]
    clock.turn(days=30)
    answers.append(await refresh(app, expired.refresh_token))
    for answer in answers:
        assert_refused(answer, "invalid_grant")
    assert len({answer.body for answer in answers}) == 1


async def test_an_access_token_refreshes_nothing(tokens: Tokens) -> None:
    pair = await tokens.issue("ada")
    assert_refused(await refresh(app_of(tokens), pair.access_token), "invalid_grant")


GOOD = "grant_type=refresh_token&refresh_token={}"
FORMS: dict[str, tuple[str, str, str, str]] = {
    "no type of the body": ("", GOOD, "", "invalid_request"),
    "JSON": (
        "application/json",
        '{{"grant_type":"refresh_token","refresh_token":"{}"}}',
        "",
        "invalid_request",
    ),
    "multipart": ("multipart/form-data; boundary=x", GOOD, "", "invalid_request"),
    "another charset": (FORM[1] + "; charset=utf-16", GOOD, "", "invalid_request"),
    "nothing": (FORM[1], "", "", "invalid_request"),
    "no grant": (FORM[1], "refresh_token={}", "", "invalid_request"),
    "an empty grant": (FORM[1], "grant_type=&refresh_token={}", "", "invalid_request"),
    "another grant": (FORM[1], "grant_type=password&refresh_token={}", "", "unsupported_grant_type"),
    "a grant of later": (FORM[1], "grant_type=urn:x&refresh_token={}", "", "unsupported_grant_type"),
    "no token": (FORM[1], "grant_type=refresh_token", "", "invalid_request"),
    "an empty token": (FORM[1], "grant_type=refresh_token&refresh_token=", "", "invalid_request"),
    "the token twice": (FORM[1], GOOD + "&refresh_token={}", "", "invalid_request"),
    "the grant twice": (FORM[1], GOOD + "&grant_type=refresh_token", "", "invalid_request"),
    "the token in the query": (FORM[1], "grant_type=refresh_token", "refresh_token={}", "invalid_request"),
    "the token there as well": (FORM[1], GOOD, "refresh_token={}", "invalid_request"),
    "a query that cannot be read": (FORM[1], GOOD, "a=%ff", "invalid_request"),
    "no text": (FORM[1], "grant_type=%ff&refresh_token={}", "", "invalid_request"),
    "letters beyond ASCII": (FORM[1], GOOD + "&é=1", "", "invalid_request"),
    "a thousand fields": (FORM[1], GOOD + "&a{}=1" * 1000, "", "invalid_request"),
    "a megabyte": (FORM[1], GOOD + "&long=" + "a" * 2**20, "", "invalid_request"),
    "a client's secret": (FORM[1], GOOD + "&client_secret=x", "", "invalid_client"),
    "a client's assertion": (FORM[1], GOOD + "&client_assertion=x", "", "invalid_client"),
}


@pytest.mark.parametrize(("kind", "form", "query", "error"), FORMS.values(), ids=FORMS.keys())
async def test_a_form_that_is_none_uses_no_token(
    kind: str, form: str, query: str, error: str, tokens: Tokens
) -> None:
    app = app_of(tokens)
    pair = await tokens.issue("ada")
    answer = await asking(
        app,
        "/token",
        method="POST",
        headers=[("content-type", kind)] if kind else [],
        body=form.format(*[pair.refresh_token] * 1001).encode(),
        query=query.format(pair.refresh_token).encode(),
    )
    assert_refused(answer, error, 401 if error == "invalid_client" else 400)
    assert pair.refresh_token.encode() not in answer.body
    assert (await refresh(app, pair.refresh_token)).status == 200


async def test_a_client_that_authenticates_is_told_that_nobody_looks(tokens: Tokens) -> None:
    pair = await tokens.issue("ada")
    answer = await refresh(app_of(tokens), pair.refresh_token, ("authorization", "Basic YTpi"))
    assert_refused(answer, "invalid_client", 401)
    assert answer.one("www-authenticate") == 'Basic realm="token"'


async def test_an_old_access_token_that_comes_along_does_no_harm(tokens: Tokens, clock: Clock) -> None:
    app = app_of(tokens)
    pair = await tokens.issue("ada")
    clock.turn(minutes=11)
    bearer = ("authorization", f"Bearer {pair.access_token}")
    assert (await refresh(app, pair.refresh_token, bearer)).status == 200


@pytest.mark.parametrize("path", ["/token", "/revoke"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_other_methods_are_not_there(path: str, method: str, tokens: Tokens) -> None:
    assert (await asking(app_of(tokens), path, method=method)).status == 405


async def test_a_store_that_is_down_is_a_503(clock: Clock) -> None:
    class Down(MemoryStore):
        async def find_refresh(self, token_hash: str) -> Any:
            raise StoreUnavailable("down")

    answer = await refresh(app_of(tokens_of(Down(), clock)), "rt_" + "A" * 43)
    assert answer.status == 503


class TestRevoking:
    async def test_a_token_that_is_given_back_is_over(self, tokens: Tokens) -> None:
        app = app_of(tokens)
        for name in ("access_token", "refresh_token"):
            pair = await tokens.issue("ada")
            hint = {"token": getattr(pair, name), "token_type_hint": name}
            answer = await post(app, "/revoke", hint)
            assert (answer.status, answer.body) == (200, b"")
            assert answer.one("cache-control") == "no-store"
            me = await asking(app, "/me", headers=[("authorization", f"Bearer {pair.access_token}")])
            assert me.status == 401
        assert_refused(await refresh(app, pair.refresh_token), "invalid_grant")

    async def test_a_token_that_nobody_knows_is_given_back_too(self, tokens: Tokens) -> None:
        for token in ("junk", "rt_" + "A" * 43, "a.b.c", "é"):
            assert (await post(app_of(tokens), "/revoke", {"token": token})).status == 200

    async def test_nobody_gives_back_what_is_another_clients(self, tokens: Tokens) -> None:
        pair = await tokens.issue("ada", client_id="app")
        answer = await post(app_of(tokens), "/revoke", {"token": pair.refresh_token, "client_id": "other"})
        assert answer.status == 200
        assert await tokens.refresh(pair.refresh_token, client_id="app")

    async def test_a_form_that_is_none_gives_nothing_back(self, tokens: Tokens) -> None:
        pair = await tokens.issue("ada")
        app = app_of(tokens)
        assert_refused(await post(app, "/revoke", {}), "invalid_request")
        twice = f"token={pair.refresh_token}&token=x".encode()
        assert_refused(
            await asking(app, "/revoke", method="POST", headers=[FORM], body=twice), "invalid_request"
        )
        assert await tokens.refresh(pair.refresh_token)


class TestKeys:
    async def test_the_public_keys_may_be_kept_for_a_while(self, tokens: Tokens) -> None:
        app = app_of(tokens)
        answer = await asking(app, "/.well-known/jwks.json")
        assert answer.status == 200
        assert answer.json() == RING.public_jwks()
        assert len(answer.json()["keys"]) == 2
        assert not {"d", "k", "p"} & {name for key in answer.json()["keys"] for name in key}
        assert answer.one("cache-control") == "public, max-age=300"
        assert answer.one("access-control-allow-origin") == "*"
        tag = answer.one("etag")
        assert tag is not None
        again = await asking(app, "/.well-known/jwks.json", headers=[("if-none-match", tag)])
        assert (again.status, again.body) == (304, b"")

    async def test_a_rotated_ring_publishes_its_next_key(self, clock: Clock) -> None:
        ring = KeyRing.generate("ES256")
        app = app_of(tokens_of(clock=clock, ring=ring))
        before = await asking(app, "/.well-known/jwks.json")
        ring.rotate()
        after = await asking(app, "/.well-known/jwks.json")
        assert after.json() == ring.public_jwks()
        assert after.one("etag") != before.one("etag")

    @pytest.mark.parametrize("times", [0, 1, 2, 3])
    async def test_however_often_a_ring_was_rotated_its_keys_are_there_at_once(
        self, times: int, clock: Clock
    ) -> None:
        ring = KeyRing.generate("ES256")
        for _ in range(times):
            ring.rotate()
        tokens = tokens_of(clock=clock, ring=ring)
        app = app_of(tokens)
        pair = await tokens.issue("ada")
        for _ in range(2):
            assert (await asking(app, "/.well-known/jwks.json")).json() == ring.public_jwks()
            me = await asking(app, "/me", headers=[("authorization", f"Bearer {pair.access_token}")])
            assert me.status == 200

    async def test_of_a_secret_nothing_is_published(self, clock: Clock) -> None:
        app = app_of(tokens_of(clock=clock, ring=KeyRing.generate("HS256")))
        assert (await asking(app, "/.well-known/jwks.json")).json() == {"keys": []}


async def test_the_routes_are_open_on_purpose(tokens: Tokens) -> None:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET, require_auth=True))
    app.add_middleware(AuthenticationMiddleware(user_model=Person, backend=ByHeader()))
    app.include(token_routes(tokens, "/auth", cookie=RefreshCookie(path="/auth/token")))
    pair = await tokens.issue("ada")
    form = {"grant_type": "refresh_token", "refresh_token": pair.refresh_token}
    assert (await post(app, "/auth/token", form)).status == 200
    assert (await asking(app, "/.well-known/jwks.json")).status == 200


class TestSetUp:
    def test_what_is_no_tokens_is_told(self) -> None:
        wrong: Any = RING
        with pytest.raises(ConfigError, match="Tokens"):
            token_routes(wrong)

    def test_a_cookie_for_another_path_is_told(self, tokens: Tokens) -> None:
        with pytest.raises(ConfigError, match='path="/auth/token"'):
            token_routes(tokens, "/auth", cookie=RefreshCookie())

    @pytest.mark.parametrize("guard", [public, True, lambda handler: handler, "admin"], ids=repr)
    def test_introspection_without_a_guard_is_told(self, guard: Any, tokens: Tokens) -> None:
        with pytest.raises(ConfigError, match="introspect=has_permission"):
            token_routes(tokens, introspect=guard)
        assert token_routes(tokens, introspect=has_permission("introspect"))

    @pytest.mark.parametrize(
        "options",
        [
            {"name": "a b"},
            {"name": ""},
            {"name": 7},
            {"name": "__Host-refresh"},
            {"name": "__host-refresh"},
            {"path": "token"},
            {"path": "/"},
            {"path": "/a;b"},
            {"path": 7},
            {"max_age": 7},
            {"max_age": timedelta(0)},
            {"max_age": timedelta(seconds=1) - timedelta(microseconds=1)},
        ],
        ids=str,
    )
    def test_a_cookie_that_cannot_be_is_told(self, options: dict[str, Any]) -> None:
        with pytest.raises(ConfigError):
            RefreshCookie(**options)


async def test_introspection_is_not_there_unless_it_is_guarded(tokens: Tokens) -> None:
    pair = await tokens.issue("ada")
    assert (await post(app_of(tokens), "/introspect", {"token": pair.access_token})).status == 404
