"""A route behind `JWTAuthBackend(tokens=ring)`, while the ring changes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from nexios import MakeConfig
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.exceptions import ConfigError, InvalidToken
from nexios.stores.memory import MemoryStore
from nexios.tokens import Issuer, KeyRing, ProtectedResource, Tokens
from nexios.tokens.claims import Claims
from tests.attacks.asking import Answer
from tests.attacks.targets import Target
from tests.parts import Clock
from tests.tokens.provider import Provider

MCP = "https://api.example/mcp"

INVALID = 'Bearer realm="api", error="invalid_token"'


class RingTarget(Target):
    def __init__(self, ring: Any, kept: int, clock: Clock, **settings: Any) -> None:
        backend = JWTAuthBackend("sub", tokens=ring, kept=kept, clock=clock)
        super().__init__([backend], "jwt", secret_key=None, **settings)

    def takes(self, token: str) -> None:
        for _ in range(2):
            self.assert_lets_in("7", ("authorization", f"Bearer {token}"))

    def refuses(self, token: str) -> None:
        for _ in range(2):
            answer: Answer = self.assert_stranger(("authorization", f"Bearer {token}"))
            assert answer.one("www-authenticate") == INVALID


@pytest.mark.parametrize("algorithm", ["HS256", "EdDSA"])
def test_nobody_is_logged_out_by_a_rotation_and_what_is_retired_is_dead(
    algorithm: str, kept: int, clock: Clock
) -> None:
    ring = KeyRing.generate(algorithm, clock=clock)
    target = RingTarget(ring, kept, clock)
    first, old = ring.sign({"sub": "7"}), ring.signing_key.kid
    target.takes(first)
    ring.rotate()
    second = ring.sign({"sub": "7"})
    target.takes(first)
    target.takes(second)
    ring.retire(old)
    target.refuses(first)
    target.takes(second)


def test_a_running_application_takes_a_changed_file(tmp_path: Path, kept: int, clock: Clock) -> None:
    path, ring = tmp_path / "ring.json", KeyRing.generate(clock=clock)
    ring.save(path)
    target = RingTarget(KeyRing.follow(path, clock=clock), kept, clock)
    token, old = ring.sign({"sub": "7"}), ring.signing_key.kid
    target.takes(token)
    ring.rotate()
    ring.retire(old)
    ring.save(path)
    clock.turn(seconds=1)
    target.refuses(token)
    target.takes(ring.sign({"sub": "7"}))
    path.write_text("{")
    clock.turn(seconds=1)
    target.takes(ring.sign({"sub": "7"}))


def test_times_are_checked_on_each_use(kept: int, clock: Clock) -> None:
    ring = KeyRing.generate("HS256", clock=clock)
    target = RingTarget(ring, kept, clock)
    token = ring.sign({"sub": "7"}, expires_in=1)
    target.takes(token)
    clock.turn(seconds=60)
    target.refuses(token)


def test_issuer_and_audience_are_those_of_the_settings(kept: int, clock: Clock) -> None:
    ring = KeyRing.generate("HS256", clock=clock)
    target = RingTarget(ring, kept, clock, jwt_issuer="https://api.example", jwt_audience="api")
    good = {"sub": "7", "iss": "https://api.example", "aud": "api"}
    target.takes(ring.sign(good))
    target.refuses(ring.sign(good | {"aud": "web"}))
    target.refuses(ring.sign(good | {"iss": "https://web.example"}))
    target.refuses(ring.sign({"sub": "7"}))


@pytest.mark.parametrize(
    "claims", [{"id": "7"}, {"sub": ""}, {"sub": "7", "exp": "soon"}, {"sub": "7", "aud": "x"}]
)
def test_claims_that_say_nothing_for_us_are_refused(claims: dict[str, Any], kept: int, clock: Clock) -> None:
    ring = KeyRing.generate("HS256", clock=clock)
    from tests.attacks.forging import forge

    secret, kid = ring.signing_key.key.key.raw_value, ring.signing_key.kid
    header = {"alg": "HS256", "kid": kid}
    RingTarget(ring, kept, clock).takes(forge(header, {"sub": "7"}, secret=secret))
    RingTarget(ring, kept, clock).refuses(forge(header, claims, secret=secret))


class Opaque:
    """Somebody's own verifier, which knows one token."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked = 0

    async def verify(self, token: str) -> Any:
        self.asked += 1
        if token != "good":
            raise InvalidToken("unknown")
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_anything_that_verifies_is_asked_for_each_request(clock: Clock) -> None:
    own = Opaque({"sub": "7"})
    target = RingTarget(own, 10, clock)
    target.takes("good")
    target.refuses("bad")
    assert own.asked == 4
    target.assert_stranger(("authorization", "Basic good"))
    target.assert_stranger()
    target.refuses("x" * 20_000)
    assert own.asked == 4


@pytest.mark.parametrize(
    "answer", [None, "claims", [("sub", "7")], 7, OSError("down"), {"sub": None}], ids=repr
)
def test_whatever_else_it_answers_lets_nobody_in(answer: Any, clock: Clock) -> None:
    target = RingTarget(Opaque(answer), 10, clock)
    status = 401 if isinstance(answer, dict) else 503
    target.assert_stranger(("authorization", "Bearer good"), statuses=[status])


@pytest.mark.parametrize(
    ("audience", "status"),
    [(MCP, 200), ([MCP], 200), ({MCP: 1}, 401), ([[MCP]], 401), (f"{MCP}/", 401), (7, 401), (None, 401)],
    ids=repr,
)
def test_what_somebody_elses_verifier_says_of_the_audience(audience: Any, status: int) -> None:
    resource = ProtectedResource(resource=MCP, authorization_servers=["https://accounts.example"])
    backend = JWTAuthBackend("sub", tokens=Opaque({"sub": "7", "aud": audience}), resource=resource)
    target = Target([backend], "jwt", secret_key=None)
    assert target.ask(headers=[("authorization", "Bearer good")]).status == status


def test_two_authorization_headers_are_none(clock: Clock) -> None:
    own = Opaque({"sub": "7"})
    header = ("authorization", "Bearer good")
    RingTarget(own, 10, clock).assert_stranger(header, header)
    assert own.asked == 0


def test_ones_own_tokens_stand_beside_an_issuers(provider: Provider, clock: Clock) -> None:
    ring = KeyRing.generate(clock=clock)
    own = Tokens(ring, store=MemoryStore(), issuer="https://api.example", audience="api", clock=clock)
    issuer = Issuer(provider.url, audience="api", clock=clock)

    async def issued() -> str:
        return (await own.issue("7")).access_token

    token = asyncio.run(issued())
    for order in ([own, issuer], [issuer, own]):
        target = RingTarget(order, 10, clock)
        target.takes(provider.token())
        target.takes(token)
        target.refuses(provider.token(iss="https://api.example"))


@pytest.mark.parametrize(
    "tokens", [Opaque, "https://accounts.example", 7, [], [KeyRing.generate("HS256")], object()]
)
def test_what_verifies_nothing_is_an_error_at_once(tokens: Any) -> None:
    with pytest.raises(ConfigError, match="tokens"):
        JWTAuthBackend(tokens=tokens)


def test_it_needs_no_settings_in_another_host(clock: Clock) -> None:
    ring = KeyRing.generate("HS256", clock=clock)
    backend = JWTAuthBackend("sub", tokens=ring, clock=clock).bind(None)
    value = f"Bearer {ring.sign({'sub': '7'})}".encode()
    found = backend.find({"type": "http", "headers": [(b"authorization", value)]})
    assert found == backend.find({"type": "http", "headers": [(b"authorization", value)]})
    assert found.identity == "7"
    assert MakeConfig().secret_keys == ()


class Prompt(Opaque):
    """One that knows at once, and whose claims hold for half a minute."""

    generation = 1

    def __init__(self, clock: Clock) -> None:
        super().__init__(None)
        self.clock = clock

    def verify_at_once(self, token: str) -> Claims:
        self.asked += 1
        return Claims({"sub": "7"}, self.clock.now, self.clock.now + 30)


def test_what_holds_no_longer_is_asked_about_again_and_kept_anew(clock: Clock) -> None:
    own = Prompt(clock)
    target = RingTarget(own, 10, clock)
    for asked in (1, 2, 3):
        target.takes("good")
        target.takes("good")
        assert own.asked == asked
        clock.turn(seconds=30)
    target.takes("good")
    own.generation += 1
    target.takes("good")
    assert own.asked == 5
