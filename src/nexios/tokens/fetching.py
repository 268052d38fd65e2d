"""Asking a provider over HTTP: within a time, within a size, and of nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias
from urllib.parse import urljoin

import anyio

from nexios.exceptions import ConfigError, IssuerUnavailable
from nexios.tokens.urls import origin_of, secure_url

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from contextlib import AbstractAsyncContextManager

    import httpx2

__all__ = ["MAX_BODY", "Fetched", "OpenClient", "fetch", "post_form"]

MAX_BODY = 1024 * 1024
"""The largest answer that is read, in bytes."""

_SECONDS = 5.0
_REDIRECTS = 3

OpenClient: TypeAlias = "Callable[[], AbstractAsyncContextManager[httpx2.AsyncClient]]"
"""Gives a client to be closed after use."""

# A packed body could be a thousand times its size.
_ASK = {"Accept": "application/json", "Accept-Encoding": "identity"}


class Fetched(NamedTuple):
    """An answer.

    Attributes:
        status: Its HTTP status.
        body: Its body.
    """

    status: int
    body: bytes


async def fetch(open_client: OpenClient, url: str) -> Fetched:
    """Get `url`, which may lead to another address of the same host.

    Raises:
        IssuerUnavailable: No answer came that could be read; the message says why, for the log.
    """
    return await _within_time(_get(open_client, url), url)


async def post_form(
    open_client: OpenClient, url: str, form: Mapping[str, str], headers: Mapping[str, str]
) -> Fetched:
    """Post `form` to `url`, and to no other address: it holds what is secret.

    Raises:
        IssuerUnavailable: No answer came that could be read; the message says why, for the log.
    """
    return await _within_time(_post(open_client, url, form, headers), url)


async def _get(open_client: OpenClient, url: str) -> Fetched:
    here = url
    async with open_client() as client:
        for _ in range(_REDIRECTS + 1):
            async with client.stream("GET", here, headers=_ASK, follow_redirects=False) as answer:
                if answer.status_code not in (301, 302, 303, 307, 308):
                    return await _read(answer)
                here = _next(here, answer.headers.get("location", ""))
    raise IssuerUnavailable(f"{url} leads on more than {_REDIRECTS} times")


async def _post(
    open_client: OpenClient, url: str, form: Mapping[str, str], headers: Mapping[str, str]
) -> Fetched:
    async with (
        open_client() as client,
        client.stream(
            "POST", url, data=dict(form), headers={**_ASK, **headers}, follow_redirects=False
        ) as answer,
    ):
        return await _read(answer)


async def _read(answer: httpx2.Response) -> Fetched:
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        raise IssuerUnavailable(f"{answer.url} sent a packed body, which was not asked for")
    body = bytearray()
    # Not packed, so that nothing is unpacked here.
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > MAX_BODY:
            raise IssuerUnavailable(f"{answer.url} sent more than {MAX_BODY} bytes")
    return Fetched(answer.status_code, bytes(body))


def _next(here: str, location: str) -> str:
    there = urljoin(here, location)
    try:
        parts = secure_url(there, "the address")
    except ConfigError:
        raise IssuerUnavailable(f"{here} leads to an address that is not safe") from None
    if origin_of(parts) != origin_of(secure_url(here, "the address")):
        raise IssuerUnavailable(f"{here} leads to another host, which is not asked")
    return there


async def _within_time(answer: Coroutine[Any, Any, Fetched], url: str) -> Fetched:
    try:
        with anyio.fail_after(_SECONDS):
            return await answer
    except IssuerUnavailable:
        raise
    except TimeoutError:
        raise IssuerUnavailable(f"{url} did not answer within {_SECONDS:g} seconds") from None
    except Exception as error:
        # Whatever a client raises: the connection was refused, TLS failed, the answer was no HTTP.
        raise IssuerUnavailable(f"{url} could not be asked: {type(error).__name__}") from None
