"""Attacks on tokens that we issue ourselves: area tokens of the catalogue, as far as they are ours."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.auth.decorators import auth
from nexios.stores import MemoryStore
from nexios.tokens import DPoP, KeyRing, RefreshCookie, Tokens, token_routes
from tests.attacks.asking import Answer, Header
from tests.attacks.targets import Target
from tests.parts import Clock
from tests.tokens.proving import ORIGIN, Client

FORM = ("content-type", "application/x-www-form-urlencoded")
INVALID = 'Bearer realm="api", error="invalid_token"'
CLIENT, THIEF = Client(), Client()


class Issued(Target):
    """A route guarded by `@auth(scope="jwt")`, tokens of our own, and their routes."""

    def __init__(self, kept: int, clock: Clock, *, dpop: bool = False) -> None:
        self.clock = clock
        self.ring = KeyRing.generate(clock=clock)
        self.store = MemoryStore()
        self.tokens = self.process()
        proving = {"dpop": DPoP(self.store, origin=ORIGIN, clock=clock)} if dpop else {}
        backend = JWTAuthBackend("sub", tokens=self.tokens, kept=kept, **proving)
        super().__init__([backend], "jwt", secret_key=None)
        self.app.include(
            token_routes(self.tokens, cookie=RefreshCookie(), introspect=auth(scope="jwt"), **proving)
        )

    def process(self) -> Tokens:
        """The tokens as another process has them."""
        return Tokens(
            self.ring,
            store=self.store,
            issuer="https://api.example",
            audience="api",
            reuse_grace=timedelta(0),
            clock=self.clock,
            monotonic=self.clock,
        )

    def issue(self, subject: str = "7", **options: Any) -> Any:
        return asyncio.run(self.tokens.issue(subject, **options))

    def refuses(self, token: str) -> None:
        for _ in range(2):
            answer = self.assert_stranger(("authorization", f"Bearer {token}"))
            assert answer.one("www-authenticate") == INVALID

    def refresh(self, token: str) -> Answer:
        body = urlencode({"grant_type": "refresh_token", "refresh_token": token}).encode()
        return self.ask("/token", method="POST", headers=[FORM], body=body)


@pytest.fixture
def target(kept: int, clock: Clock) -> Issued:
    return Issued(kept, clock)


def bearer(token: str) -> Header:
    return ("authorization", f"Bearer {token}")


def test_tokens_01_a_refresh_token_is_no_access_token_nor_the_other_way_round(target: Issued) -> None:
    pair = target.issue()
    target.refuses(pair.refresh_token)
    refused = target.refresh(pair.access_token)
    assert (refused.status, refused.json()["error"]) == (400, "invalid_grant")
    target.assert_lets_in("7", bearer(pair.access_token))
    assert target.refresh(pair.refresh_token).status == 200


def test_tokens_02_nothing_else_that_the_ring_signed_is_an_access_token(target: Issued) -> None:
    claims = dict(asyncio.run(target.tokens.verify(target.issue().access_token)))
    # An ID token of the same issuer and key: it may even name the same audience.
    target.refuses(target.ring.sign(claims))
    target.refuses(target.ring.sign({**claims, "nonce": "n-0S6_WzA2Mj", "aud": "the client"}))


def test_tokens_04_a_token_of_a_retired_key_falls_though_it_was_kept(target: Issued) -> None:
    pair, old = target.issue(), target.ring.signing_key.kid
    target.ring.rotate()
    for _ in range(2):
        target.assert_lets_in("7", bearer(pair.access_token))
    target.ring.retire(old)
    target.refuses(pair.access_token)


ENDS: dict[str, Callable[[Tokens, Any], Any]] = {
    "the token is revoked": lambda tokens, pair: tokens.revoke(pair.access_token),
    "its login is": lambda tokens, pair: tokens.revoke(pair.refresh_token),
    "its subject is": lambda tokens, pair: tokens.revoke_all("7"),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
def test_tokens_05_a_kept_token_is_refused_from_the_moment_it_is_revoked(
    end: Callable[[Tokens, Any], Any], target: Issued
) -> None:
    here, elsewhere = target.issue(), target.issue()
    for pair in (here, elsewhere):
        for _ in range(2):
            target.assert_lets_in("7", bearer(pair.access_token))
    asyncio.run(end(target.tokens, here))
    target.refuses(here.access_token)
    asyncio.run(end(target.process(), elsewhere))
    target.clock.turn(seconds=1)
    target.refuses(elsewhere.access_token)


def test_tokens_05_a_kept_token_of_ours_expires_to_the_second(target: Issued) -> None:
    pair = target.issue()
    target.clock.turn(seconds=599)
    for _ in range(2):
        target.assert_lets_in("7", bearer(pair.access_token))
    target.clock.turn(seconds=1)
    target.refuses(pair.access_token)


def _fields(path: str, token: str) -> dict[str, str]:
    if path == "/token":
        return {"grant_type": "refresh_token", "refresh_token": token}
    return {"token": token}


HOSTILE: dict[str, Callable[[dict[str, str]], dict[str, Any]]] = {
    "JSON": lambda fields: {
        "headers": [("content-type", "application/json")],
        "body": str(fields).replace("'", '"').encode(),
    },
    "no content type": lambda fields: {"body": urlencode(fields).encode()},
    "two content types": lambda fields: {"headers": [FORM, FORM], "body": urlencode(fields).encode()},
    "each parameter twice": lambda fields: {
        "headers": [FORM],
        "body": urlencode([*fields.items(), *fields.items()]).encode(),
    },
    "in the query": lambda fields: {"headers": [FORM], "query": urlencode(fields).encode()},
    "in the query as well": lambda fields: {
        "headers": [FORM],
        "query": urlencode(fields).encode(),
        "body": urlencode(fields).encode(),
    },
    "a megabyte": lambda fields: {
        "headers": [FORM],
        "body": urlencode({**fields, "long": "a" * 2**20}).encode(),
    },
    "by GET": lambda fields: {"method": "GET", "query": urlencode(fields).encode()},
    "by PUT": lambda fields: {"method": "PUT", "headers": [FORM], "body": urlencode(fields).encode()},
    "bytes that are no text": lambda fields: {"headers": [FORM], "body": b"\xff\x00=%ff&" * 9},
    "nothing": lambda fields: {"headers": [FORM]},
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("path", ["/token", "/revoke", "/introspect"])
def test_tokens_10_a_form_that_is_none_is_the_clients_mistake(
    path: str, hostile: Callable[[dict[str, str]], dict[str, Any]], target: Issued
) -> None:
    pair, asking = target.issue(), target.issue("8")
    how = {"method": "POST", "headers": [], **hostile(_fields(path, pair.refresh_token))}
    how["headers"] = [*how["headers"], bearer(asking.access_token)]
    answer = target.ask(path, **how)
    assert answer.status in (400, 405, 415), (answer.status, answer.body)
    assert pair.refresh_token.encode() not in answer.body
    # It was neither used nor given back.
    assert target.refresh(pair.refresh_token).status == 200


def _others(target: Issued, token: str) -> dict[str, list[Header]]:
    now = target.clock.now
    presented: Header = ("authorization", f"DPoP {token}")

    def with_proof(
        client: Client = CLIENT, method: str = "GET", path: str = "/guarded", **claims: Any
    ) -> Any:
        return [presented, ("dpop", client.proof(method, path, now, claims.pop("token", token), **claims))]

    return {
        "without proof": [presented],
        "as a bearer token": [bearer(token)],
        "as a bearer token with a proof": [bearer(token), with_proof()[1]],
        "another key's proof": with_proof(THIEF),
        "another key's proof that names ours": with_proof(THIEF, header={"jwk": CLIENT.jwk}),
        "another method": with_proof(method="POST"),
        "another path": with_proof(path="/other"),
        "another host": with_proof(htu="https://evil.example/guarded"),
        "another token's": with_proof(token="another"),
        "of no token": with_proof(token=None),
        "an old one": with_proof(iat=int(now) - 61),
        "one of the future": with_proof(iat=int(now) + 60),
        "unsigned": with_proof(header={"alg": "none"}),
        "two": [*with_proof(), with_proof()[1]],
    }


def test_tokens_11_a_bound_token_is_of_no_use_without_its_key(kept: int, clock: Clock) -> None:
    target = Issued(kept, clock, dpop=True)
    pair = target.issue(jkt=CLIENT.jkt)
    good = CLIENT.headers("GET", "/guarded", clock.now, pair.access_token)
    target.assert_lets_in("7", *good)
    for name, headers in {"a used one": good, **_others(target, pair.access_token)}.items():
        challenge = target.assert_stranger(*headers).one("www-authenticate") or ""
        assert 'DPoP realm="api"' in challenge, name
        assert 'algs="ES256 EdDSA"' in challenge, name
    target.assert_lets_in("7", *CLIENT.headers("GET", "/guarded", clock.now, pair.access_token))
