"""The requests that are measured, the same for every application."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.asgi import Headers, Wire
from benchmarks.credentials import fresh_tokens, token
from benchmarks.world import API_KEY


@dataclass(frozen=True, slots=True)
class Request:
    """One kind of request: its name, its column's title, its path and the status that is right."""

    name: str
    title: str
    path: str
    status: int = 200


REQUESTS: dict[str, Request] = {
    request.name: request
    for request in (
        Request("plain", "plain", "/plain"),
        Request("jwt", "JWT, same token", "/jwt"),
        Request("jwt_fresh", "JWT, new token each time", "/jwt"),
        Request("session", "session cookie", "/session"),
        Request("apikey", "API key", "/apikey"),
        Request("refused", "no credential, 401", "/jwt", 401),
    )
}
"""Every request, in the order of the tables."""

SAME_TOKEN = token(lifetime=24 * 3600)
"""The token of `jwt`, good for a day."""


def bearer(credential: bytes) -> Headers:
    """The header that carries a token."""
    return ((b"authorization", b"Bearer " + credential),)


def credential_headers(name: str, cookie: bytes) -> Headers:
    """The header that carries the credential of the request of that name, if it has one."""
    if name == "jwt":
        return bearer(SAME_TOKEN)
    if name == "session":
        return ((b"cookie", b"session=" + cookie),)
    if name == "apikey":
        return ((b"x-api-key", API_KEY.encode()),)
    return ()


def wires(request: Request, cookie: bytes, count: int) -> Iterator[Wire]:
    """`count` requests of that kind, made here so that nothing is made while the clock runs."""
    if request.name == "jwt_fresh":
        return iter([Wire("GET", request.path, bearer(fresh)) for fresh in fresh_tokens(count)])
    return itertools.repeat(Wire("GET", request.path, credential_headers(request.name, cookie)), count)
