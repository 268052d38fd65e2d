"""PyJWT as a second opinion, by a clock of ours."""

from __future__ import annotations

import contextlib
import datetime
import warnings
from collections.abc import Iterator
from typing import Any

import jwt
import jwt.api_jwt
import pytest


class Opinion:
    """What PyJWT says of tokens under one key and set of settings.

    Args:
        key: Its key.
        algorithms: The algorithms that it accepts.
        claims: `audience`, `issuer` and `leeway`, as PyJWT takes them.
    """

    def __init__(self, key: Any, algorithms: list[str], **claims: Any) -> None:
        self._key = key
        self._algorithms = algorithms
        self._claims = claims

    def of(self, token: str) -> dict[str, Any] | None:
        """The claims of `token`, or None where it is refused."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Whatever it raises, it does not take the token: some hostile ones make it fail otherwise.
            with contextlib.suppress(Exception):
                return jwt.decode(token, self._key, self._algorithms, **self._claims)
        return None


@contextlib.contextmanager
def pyjwts_clock(now: float) -> Iterator[None]:
    """Let PyJWT believe that it is `now`."""

    class Stopped(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Any:
            return datetime.datetime.fromtimestamp(now, tz)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jwt.api_jwt, "datetime", Stopped)
        yield
