"""What an answer says of limits: `RateLimit`, `RateLimit-Policy` of the IETF's draft, and `Retry-After`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nexios.http.problems import TooManyRequests

if TYPE_CHECKING:
    from starlette.datastructures import MutableHeaders

    from nexios.ratelimit.model import Count

__all__ = ["fields", "put_fields", "too_many"]


def fields(count: Count, by: str) -> dict[str, str]:
    """The headers that tell how it stands (draft-ietf-httpapi-ratelimit-headers-10, 3 and 4).

    Args:
        count: What was counted.
        by: By what, in one word.
    """
    policies, states = [], []
    for window in count.windows:
        name = f'"{window.limit} by {by}"'
        policies.append(f"{name};q={window.limit.amount};w={window.limit.seconds}")
        states.append(f"{name};r={window.remaining};t={math.ceil(window.reset)}")
    return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(states)}


def put_fields(headers: MutableHeaders, added: dict[str, str]) -> None:
    """Add to an answer's headers; another limit may have left its own there, and both are lists."""
    for name, value in added.items():
        earlier = headers.get(name)
        headers[name] = value if earlier is None else f"{earlier}, {value}"


def too_many(count: Count, by: str) -> TooManyRequests:
    """The 429 that says when to come again (RFC 6585 4, RFC 9110 10.2.3)."""
    headers = fields(count, by)
    headers["Retry-After"] = str(count.retry_after)
    return TooManyRequests("There were too many requests. Try again later.", headers)
