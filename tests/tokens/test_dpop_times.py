"""How old a proof may be, and how long it is remembered: never shorter than it would be taken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nexios.exceptions import ConfigError, InvalidProof
from nexios.stores import MemoryStore
from nexios.tokens import DPoP
from nexios.tokens.dpop import Proof
from tests.parts import Clock
from tests.tokens.proving import ORIGIN, Client

pytestmark = pytest.mark.anyio

CLIENT = Client()


async def proved(dpop: DPoP, proof: str) -> Proof | None:
    scope = {"type": "http", "method": "GET", "path": "/me", "headers": [(b"dpop", proof.encode())]}
    return await dpop.proved(scope)


@pytest.mark.parametrize(
    ("options", "oldest", "newest"),
    [
        ({}, 59, 5),
        ({"lifetime": timedelta(seconds=1), "leeway": timedelta(0)}, 0, 0),
        ({"lifetime": timedelta(hours=1), "leeway": timedelta(hours=1)}, 3599, 3600),
    ],
    ids=["as a rule", "the shortest", "the longest"],
)
async def test_a_proof_is_good_from_its_first_second_to_its_last(
    options: dict[str, Any], oldest: int, newest: int, clock: Clock
) -> None:
    dpop = DPoP(MemoryStore(), origin=ORIGIN, clock=clock, **options)
    for age in (oldest, -newest):
        assert await proved(dpop, CLIENT.proof("GET", "/me", clock.now - age))
    for age in (oldest + 1, -newest - 1):
        with pytest.raises(InvalidProof, match="too old, or not yet good"):
            await proved(dpop, CLIENT.proof("GET", "/me", clock.now - age))


@pytest.mark.parametrize("ahead", [0, 5])
async def test_a_proof_is_remembered_until_no_process_takes_it(ahead: int, clock: Clock) -> None:
    store = MemoryStore()
    dpop = DPoP(store, origin=ORIGIN, clock=clock)
    proof = CLIENT.proof("GET", "/me", clock.now + ahead)
    assert await proved(dpop, proof)

    async def forgotten() -> int:
        return await store.purge_revocations(datetime.fromtimestamp(clock.now, UTC), 100)

    # For its lifetime, and as long again as another process may be behind.
    clock.turn(seconds=ahead + 59)
    assert await forgotten() == 0
    with pytest.raises(InvalidProof, match="before"):
        await proved(dpop, proof)
    clock.turn(seconds=5.5)
    assert await forgotten() == 0
    clock.turn(seconds=0.5)
    assert await forgotten() == 1
    with pytest.raises(InvalidProof, match="too old"):
        await proved(dpop, proof)


MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    "options",
    [
        {"lifetime": timedelta(seconds=1) - MOMENT},
        {"lifetime": timedelta(hours=1) + MOMENT},
        {"leeway": -MOMENT},
        {"leeway": timedelta(hours=1) + MOMENT},
    ],
    ids=str,
)
def test_a_time_beyond_what_is_safe_is_told_at_once(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="an hour at most"):
        DPoP(MemoryStore(), origin=ORIGIN, **options)
