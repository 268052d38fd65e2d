"""How long a proof may be, what it must be made of, and how long a nonce is good (RFC 9449)."""

from __future__ import annotations

from typing import Any

import pytest

from nexios.exceptions import InvalidProof
from nexios.stores import MemoryStore
from nexios.tokens import DPoP
from nexios.tokens.proofs import ProofReader
from tests.parts import SECRET, Clock
from tests.tokens.proving import ORIGIN, Client

pytestmark = pytest.mark.anyio

CLIENT, OTHER = Client(), Client()


async def prove(dpop: DPoP, proof: str) -> str:
    scope = {"type": "http", "method": "POST", "path": "/login", "headers": [(b"dpop", proof.encode())]}
    found = await dpop.proved(scope)
    assert found is not None
    return found.jkt


def proof_of(length: int, now: float) -> str:
    """A good proof of so many letters."""
    for more in range(4):
        said: dict[str, Any] = {"header": {"x": "a" * more}, "jti": f"{length:06}"}
        empty = len(CLIENT.proof("POST", "/login", now, pad="", **said))
        for pad in range((length - empty) * 3 // 4 - 2, (length - empty) * 3 // 4 + 3):
            proof = CLIENT.proof("POST", "/login", now, pad="a" * pad, **said)
            if len(proof) == length:
                return proof
    raise AssertionError("there is none")


async def test_the_longest_proof_that_is_read_is_read(clock: Clock) -> None:
    dpop = DPoP(MemoryStore(), origin=ORIGIN, clock=clock)
    assert await prove(dpop, proof_of(4096, clock.now)) == CLIENT.jkt
    with pytest.raises(InvalidProof, match="longer than 4096"):
        await prove(dpop, proof_of(4097, clock.now))


async def test_what_has_not_three_parts_is_no_proof(clock: Clock) -> None:
    dpop = DPoP(MemoryStore(), origin=ORIGIN, clock=clock)
    head, body, signature = CLIENT.proof("POST", "/login", clock.now).split(".")
    for parts in (
        ["", body, signature],
        [head, "", signature],
        [head, body, ""],
        [head, body, body, signature],
        [head, signature],
        [head],
    ):
        with pytest.raises(InvalidProof, match="not three parts"):
            await prove(dpop, ".".join(parts))


@pytest.mark.parametrize("members", [[CLIENT.jwk], [CLIENT.private_jwk], [CLIENT.jwk, OTHER.jwk], []])
async def test_a_proof_brings_one_key_and_no_set_of_them(members: list[Any], clock: Clock) -> None:
    dpop = DPoP(MemoryStore(), origin=ORIGIN, clock=clock)
    with pytest.raises(InvalidProof, match="cannot be used"):
        await prove(dpop, CLIENT.proof("POST", "/login", clock.now, header={"jwk": {"keys": members}}))


def test_keys_that_clients_make_up_do_not_add_up(clock: Clock) -> None:
    reader = ProofReader(["ES256"])
    for number in range(1100):
        proof = CLIENT.proof("GET", "/me", clock.now, header={"x": number})
        assert reader.read(proof).jkt == CLIENT.jkt
    assert len(reader._keys) <= 1024


@pytest.mark.parametrize("later", [0, 60], ids=["an even minute", "an odd one"])
async def test_a_nonce_is_good_for_its_minute_and_the_next(later: int, clock: Clock) -> None:
    clock.turn(seconds=later)
    dpop = DPoP(MemoryStore(), origin=ORIGIN, clock=clock, nonce_secret=SECRET)
    nonce = dpop.nonce
    for seconds in (0, 59.999, 60):
        clock.turn(seconds=seconds)
        await prove(dpop, CLIENT.proof("POST", "/login", clock.now, nonce=nonce))
    clock.turn(seconds=0.001)
    with pytest.raises(InvalidProof):
        await prove(dpop, CLIENT.proof("POST", "/login", clock.now, nonce=nonce))


@pytest.mark.parametrize("later", [0, 60], ids=["an even minute", "an odd one"])
async def test_a_nonce_that_is_to_come_is_not_good_yet(later: int, clock: Clock) -> None:
    clock.turn(seconds=later)
    ahead = DPoP(MemoryStore(), origin=ORIGIN, clock=Clock(clock.now + 60), nonce_secret=SECRET)
    dpop = DPoP(MemoryStore(), origin=ORIGIN, clock=clock, nonce_secret=SECRET)
    with pytest.raises(InvalidProof):
        await prove(dpop, CLIENT.proof("POST", "/login", clock.now, nonce=ahead.nonce))
