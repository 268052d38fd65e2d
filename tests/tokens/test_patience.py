"""How long an issuer is waited for, by a clock that does not wait."""

from __future__ import annotations

from typing import Any

import anyio
import httpx2
import pytest
import trio
from trio.testing import MockClock

from nexios.exceptions import IssuerUnavailable
from nexios.tokens import Introspection
from tests.parts import Clock

URL = "https://accounts.example"


async def asked(seconds: float) -> Any:
    async def answer(request: httpx2.Request) -> httpx2.Response:
        await anyio.sleep(seconds)
        return httpx2.Response(200, content=b'{"active": true, "sub": "7"}')

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as http:
        asking = Introspection(URL, client_id="a", client_secret="b", http=http, clock=Clock())
        return await asking.verify("opaque")


@pytest.mark.parametrize("seconds", [0, 4.99])
def test_an_answer_within_five_seconds_is_waited_for(seconds: float) -> None:
    claims = trio.run(asked, seconds, clock=MockClock(autojump_threshold=0))
    assert claims["sub"] == "7"


@pytest.mark.parametrize("seconds", [5.01, 3600])
def test_a_later_one_is_not(seconds: float) -> None:
    with pytest.raises(IssuerUnavailable, match="did not answer within 5 seconds"):
        trio.run(asked, seconds, clock=MockClock(autojump_threshold=0))
