"""How often an issuer is asked for its keys, and what goes on meanwhile."""

from __future__ import annotations

import asyncio
import ssl
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from nexios.exceptions import InvalidToken
from nexios.tokens import Issuer, KeyRing
from tests.attacks.asking import Answer, asking
from tests.attacks.forging import forge
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


def fetched_behind(issuer: Issuer, provider: Provider) -> list[str]:
    """What is asked for behind a look at the keys, all of which is waited for."""

    async def look() -> list[str]:
        before = len(provider.asked)
        assert issuer.generation
        for behind in asyncio.all_tasks() - {asyncio.current_task()}:
            await behind
        return provider.asked[before:]

    return asyncio.run(look())


@pytest.mark.parametrize(
    ("options", "age"),
    [({}, timedelta(minutes=10)), ({"refresh_every": timedelta(minutes=5)}, timedelta(minutes=5))],
    ids=["by default", "as set"],
)
@pytest.mark.parametrize("late", [0, 1])
def test_keys_are_fetched_again_at_their_age(
    late: int, options: dict[str, timedelta], age: timedelta, provider: Provider
) -> None:
    issuer = issuer_of(provider, **options)
    asyncio.run(issuer.verify(provider.token()))
    provider.clock.turn(seconds=age.total_seconds() - 1)
    assert fetched_behind(issuer, provider) == []
    provider.clock.turn(seconds=1 + late)
    assert fetched_behind(issuer, provider) == [JWKS]
    # The same keys: what was verified by them goes on.
    assert issuer.generation == 1
    assert fetched_behind(issuer, provider) == []


def test_a_fetch_behind_the_requests_that_fails_is_tried_again_after_thirty_seconds(
    provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    issuer = issuer_of(provider)
    asyncio.run(issuer.verify(provider.token()))
    provider.answers.clear()
    provider.clock.turn(minutes=10)
    assert fetched_behind(issuer, provider) == [JWKS]
    assert "could not be fetched" in caplog.text
    for _ in range(2):
        provider.clock.turn(seconds=29)
        assert fetched_behind(issuer, provider) == []
        provider.clock.turn(seconds=1)
        assert fetched_behind(issuer, provider) == [OIDC, OAUTH]


def test_one_unknown_key_after_another_is_one_fetch(provider: Provider) -> None:
    issuer, stranger = issuer_of(provider), KeyRing.generate("ES256", clock=provider.clock)
    asyncio.run(issuer.verify(provider.token()))
    provider.clock.turn(seconds=31)
    provider.asked.clear()

    async def one_after_another() -> None:
        for number in range(3):
            with pytest.raises(InvalidToken):
                await issuer.verify(provider.token(stranger, kid=f"unknown {number}"))

    asyncio.run(one_after_another())
    assert provider.asked == [JWKS]


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
    provider.clock.turn(seconds=4.999)
    target.cannot_tell(provider.token())
    assert provider.asked == [OIDC, OAUTH]
    provider.clock.turn(seconds=0.001)
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
    provider.asked.clear()
    provider.clock.turn(seconds=29)
    assert fetched_behind(issuer, provider) == []
    provider.clock.turn(seconds=1)
    assert fetched_behind(issuer, provider) == [JWKS]


def test_keys_are_known_without_a_loop_once_they_were_fetched(provider: Provider) -> None:
    issuer = issuer_of(provider)
    asyncio.run(issuer.verify(provider.token()))
    provider.clock.turn(hours=1)
    assert issuer.generation == 1
    assert issuer.verify_at_once(provider.token())["sub"] == "7"  # type: ignore[index]


def test_an_unknown_key_is_refused_at_once_where_it_is_no_time_to_ask(provider: Provider) -> None:
    issuer, stranger = issuer_of(provider), KeyRing.generate("ES256", clock=provider.clock)
    asyncio.run(issuer.verify(provider.token()))
    with pytest.raises(InvalidToken):
        issuer.verify_at_once(provider.token(stranger))
    provider.clock.turn(seconds=30)
    assert issuer.verify_at_once(provider.token(stranger)) is None


def test_a_token_of_somebody_else_is_no_reason_to_ask(provider: Provider) -> None:
    target = IssuerTarget(issuer_of(provider))
    target.refuses(provider.token(iss="https://accounts.forger.example"))
    target.refuses("opaque")
    assert provider.asked == []


def test_what_no_new_key_could_mend_is_no_reason_to_ask(provider: Provider) -> None:
    target = IssuerTarget(issuer_of(provider))
    good = provider.token()
    target.takes(good)
    provider.clock.turn(minutes=1)
    provider.asked.clear()
    known, claims = provider.ring.signing_key.kid, provider.claims()
    for header in (
        {"alg": "ES256", "kid": known},
        {"alg": "ES256", "kid": 7},
        {"alg": "HS256", "kid": "unknown"},
        {"alg": "none", "kid": "unknown"},
        {"kid": "unknown"},
    ):
        target.refuses(forge(header, claims))
    target.refuses(provider.token(exp=1))
    assert provider.asked == []


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(milliseconds=500)], ids=str)
def test_a_clock_that_was_set_back_stops_no_fetch(back: timedelta, provider: Provider) -> None:
    target = IssuerTarget(issuer_of(provider))
    target.takes(provider.token())
    provider.rotate_without_notice()
    provider.clock.turn(seconds=-back.total_seconds())
    target.takes(provider.token())
