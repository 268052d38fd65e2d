"""Limits are an extra: what is missing is told with the command that brings it."""

from __future__ import annotations

import sys

import pytest

from nexios.auth import AuthenticationMiddleware
from nexios.exceptions import ConfigError
from nexios.ratelimit import RateLimits, rate_limit
from tests.parts import ByHeader, Person


def test_without_the_package_limits_the_mend_is_told_where_a_limit_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "limits", None)
    mend = r'pip install "nexios\[ratelimit\]"'
    with pytest.raises(ConfigError, match=mend):
        rate_limit("10/minute")
    with pytest.raises(ConfigError, match=mend):
        RateLimits()
    with pytest.raises(ConfigError, match=mend):
        AuthenticationMiddleware(user_model=Person, backend=ByHeader(), throttle="10/minute")
    # Nobody else needs it.
    AuthenticationMiddleware(user_model=Person, backend=ByHeader())


def test_without_the_package_redis_memory_counts_and_redis_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)
    RateLimits()
    with pytest.raises(ConfigError, match=r'pip install "nexios\[redis\]"'):
        RateLimits("redis://localhost")
