"""Where limits are counted: each kind, with nothing counted yet."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from nexios.ratelimit import RateLimits
from tests.ratelimit.servers import redis_prefix
from tests.stores.engines import REDIS


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.service)])
def counters(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Makes counters, which in Redis are those of one server."""
    if request.param == "memory":
        yield RateLimits
    else:
        with redis_prefix() as prefix:
            yield partial(RateLimits, REDIS, prefix=prefix)
