"""One limit over several processes, which share a Redis."""

from __future__ import annotations

import pytest

from tests.ratelimit.flood import flood
from tests.ratelimit.servers import redis_prefix
from tests.stores.engines import REDIS

pytestmark = pytest.mark.service


@pytest.mark.parametrize("limit", ["100/hour", "1100/hour"])
def test_of_many_requests_at_once_over_four_processes_exactly_the_limit_pass(limit: str) -> None:
    amount = int(limit.partition("/")[0])
    requests = max(500, amount + 100)
    with redis_prefix() as prefix:
        answered = flood(REDIS, prefix, limit, processes=4, requests=requests)
    assert answered == {200: amount, 429: requests - amount}
