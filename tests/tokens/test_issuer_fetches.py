"""How often an issuer is asked for its keys, and what goes on meanwhile."""

from __future__ import annotations

import asyncio
import ssl
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from nexios.tokens import KeyRing
from tests.attacks.asking import Answer, asking
from tests.attacks.keys import certificate, private_pem, rsa_key
from tests.parts import Clock
from tests.tokens.behind import IssuerTarget, issuer_of
from tests.tokens.provider import JWKS, OAUTH, OIDC, Provider, serving


def test_a_rotated_key_is_fetched_and_the_old_one_is_dead_after_it(kept: int, provider: Provider) -> None:
    target = IssuerTarget(issuer_of(provider), kept=kept)
    old = provider.token()
    target.takes(old)
    provider.rotate_without_notice()
    provider.clock.turn(seconds=31)
    target.takes(provider.token())
    target.refuses(old)


def test_a_storm_of_unknown_keys_is_one_fetch_in_thirty_seconds(provider: Provider) -> None:
    target = IssuerTarget(issuer_of(provider))
    target.takes(provider.token())
    provider.clock.turn(seconds=31)
    provider.asked.clear()
    stranger = KeyRing.generate("ES256", clock=provider.clock)

    async def storm() -> list[Answer]:
        tokens = [provider.token(stranger, kid=f"unknown {number}") for number in range(200)]
        headers = [[("authorization", f"Bearer {token}")] for token in tokens]
        return await asyncio.gather(*(asking(target.app, headers=each) for each in headers))

    assert {answer.status for answer in asyncio.run(storm())} == {401}
    provider.clock.turn(seconds=29)
    assert {answer.status for answer in asyncio.run(storm())} == {401}
    assert provider.asked == [JWKS]
    provider.clock.turn(seconds=1)
    assert {answer.status for answer in asyncio.run(storm())} == {401}
    assert provider.asked == [JWKS, JWKS]
    target.takes(provider.token())


def test_all_who_wait_share_one_fetch(provider: Provider) -> None:
    target = IssuerTarget(issuer_of(provider))
    header = [("authorization", f"Bearer {provider.token()}")]

    async def at_once() -> list[Answer]:
        return await asyncio.gather(*(asking(target.app, headers=header) for _ in range(50)))

    assert {answer.status for answer in asyncio.run(at_once())} == {200}
    assert provider.asked == [OIDC, JWKS]


def test_who_comes_while_a_new_key_is_fetched_waits_for_it(provider: Provider) -> None:
    target = IssuerTarget(issuer_of(provider))
    target.takes(provider.token())
    provider.rotate_without_notice()
    provider.clock.turn(seconds=31)
    provider.asked.clear()
    header = [("authorization", f"Bearer {provider.token()}")]

    async def one_after_another() -> list[Answer]:
        provider.came.clear()
        provider.hold.clear()
        first = asyncio.create_task(asking(target.app, headers=header))
        await asyncio.to_thread(provider.came.wait, 30)
        second = asyncio.create_task(asking(target.app, headers=header))
        await asyncio.sleep(0)
        provider.hold.set()
        return [await first, await second]

    assert [answer.status for answer in asyncio.run(one_after_another())] == [200, 200]
    assert provider.asked == [JWKS]


def test_who_gives_up_waiting_does_not_take_the_fetch_from_the_others(provider: Provider) -> None:
    issuer, token = issuer_of(provider), provider.token()

    async def first_gives_up() -> str:
        provider.hold.clear()
        first, second = (asyncio.create_task(issuer.verify(token)) for _ in range(2))
        await asyncio.to_thread(provider.came.wait, 30)
        first.cancel()
        provider.hold.set()
        return str((await second)["sub"])

    assert asyncio.run(first_gives_up()) == "7"


def test_known_keys_go_on_while_the_provider_is_down(kept: int, provider: Provider) -> None:
    target = IssuerTarget(issuer_of(provider), kept=kept)
    target.takes(provider.token())
    provider.answers.clear()
    for _ in range(5):
        provider.clock.turn(minutes=20)
        target.takes(provider.token())
    # Of a key that nobody knows nobody can tell while it is down.
    stranger = provider.token(KeyRing.generate("ES256", clock=provider.clock))
    provider.clock.turn(seconds=31)
    target.cannot_tell(stranger)
    target.refuses(stranger)


def test_keys_grow_old_and_are_fetched_behind_the_requests(kept: int, provider: Provider) -> None:
    issuer = issuer_of(provider, refresh_every=timedelta(minutes=5))
    target, old = IssuerTarget(issuer, kept=kept), provider.token(exp=2_000_000_000)
    target.takes(old)
    provider.rotate_without_notice()
    provider.clock.turn(minutes=5)

    async def in_one_loop() -> None:
        before = len(provider.asked)
        header = [("authorization", f"Bearer {old}")]
        assert (await asking(target.app, headers=header)).status == 200
        (behind,) = asyncio.all_tasks() - {asyncio.current_task()}
        await behind
        assert provider.asked[before:] == [JWKS]
        # The provider has taken its key back: what was kept of it is gone.
        assert (await asking(target.app, headers=header)).status == 401

    asyncio.run(in_one_loop())
    target.takes(provider.token())


def test_a_provider_that_is_down_lets_nobody_in_and_is_well_again_by_itself(provider: Provider) -> None:
    answers = dict(provider.answers)
    provider.answers.clear()
    target = IssuerTarget(issuer_of(provider))
    for _ in range(3):
        target.cannot_tell(provider.token())
    assert provider.asked == [OIDC, OAUTH], "and is not asked again for each request"
    provider.answers.update(answers)
    provider.clock.turn(seconds=5)
    target.takes(provider.token())


def test_nobody_listening_is_a_503_as_well(clock: Clock) -> None:
    with serving(clock) as provider:
        token = provider.token()
    IssuerTarget(issuer_of(provider)).cannot_tell(token)


def test_a_client_of_ones_own_asks_and_stays_open(provider: Provider) -> None:
    async def with_client() -> None:
        async with httpx2.AsyncClient() as http:
            issuer = issuer_of(provider, http=http)
            assert (await issuer.verify(provider.token()))["sub"] == "7"
            assert not http.is_closed

    asyncio.run(with_client())


def test_a_provider_whose_certificate_nobody_vouches_for_is_not_believed(
    clock: Clock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pem = tmp_path / "provider.pem"
    signed = f"-----BEGIN CERTIFICATE-----\n{certificate(rsa_key())}\n-----END CERTIFICATE-----\n"
    pem.write_text(private_pem(rsa_key()) + signed)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem)
    with serving(clock, tls=tls) as provider:
        assert provider.url.startswith("https://")
        IssuerTarget(issuer_of(provider)).cannot_tell(provider.token())
        assert provider.asked == []
    assert "could not be asked: ConnectError" in caplog.text


def test_a_loop_that_ends_while_keys_are_fetched_behind_it_leaves_nothing_open(provider: Provider) -> None:
    issuer = issuer_of(provider, refresh_every=timedelta(minutes=5))
    target = IssuerTarget(issuer)
    target.takes(provider.token(exp=2_000_000_000))
    provider.hold.clear()
    provider.clock.turn(minutes=5)
    # Each request runs in a loop of its own, which ends with it.
    target.takes(provider.token(exp=2_000_000_000))
    provider.hold.set()
    provider.clock.turn(minutes=5)
    target.takes(provider.token(exp=2_000_000_000))


def test_keys_are_known_without_a_loop_once_they_were_fetched(provider: Provider) -> None:
    issuer = issuer_of(provider)
    asyncio.run(issuer.verify(provider.token()))
    provider.clock.turn(hours=1)
    assert issuer.generation == 1
    assert issuer.verify_at_once(provider.token())["sub"] == "7"  # type: ignore[index]


def test_a_token_of_somebody_else_is_no_reason_to_ask(provider: Provider) -> None:
    target = IssuerTarget(issuer_of(provider))
    target.refuses(provider.token(iss="https://accounts.forger.example"))
    target.refuses("opaque")
    assert provider.asked == []


def test_a_clock_that_was_set_back_stops_no_fetch(provider: Provider) -> None:
    target = IssuerTarget(issuer_of(provider))
    target.takes(provider.token())
    provider.rotate_without_notice()
    provider.clock.turn(hours=-1)
    target.takes(provider.token())
