"""Calling a handler and sending what it returns."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Collection
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from nexios.auth.admission import admit, admitted, refuse_websocket
from nexios.auth.decorators import is_async
from nexios.exceptions import ConfigError
from nexios.http import Request, Response, WebSocket
from nexios.http.answers import ANSWER_BEGUN, Answer, answer_of
from nexios.http.encoding import json_bytes
from nexios.http.outgoing import Outgoing
from nexios.http.problems import Problem

if TYPE_CHECKING:
    from nexios.auth.requirements import Requirement
    from nexios.http.errors import ErrorAnswers

__all__ = ["Endpoint", "asgi_endpoint", "http_endpoint", "websocket_endpoint"]

Endpoint: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

new = object.__new__

_JSON = (b"content-type", b"application/json")
_FEW = 1024
_LENGTHS = tuple((b"content-length", b"%d" % size) for size in range(_FEW))


def http_endpoint(
    handler: Callable[..., Any],
    requirement: Requirement | None,
    errors: ErrorAnswers,
    params: Collection[str],
) -> Endpoint:
    """An ASGI app that answers by `handler(request, response)`.

    Args:
        handler: Sync or async; it may name path parameters after the first two.
        requirement: What is asked before it runs.
        errors: Turns its exceptions into answers.
        params: The path's parameters.

    Raises:
        ConfigError: The handler's parameters are not ours.
    """
    names = _named(handler, ("request", "response"), params)
    call = handler if is_async(handler) else partial(run_in_threadpool, handler)

    async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        response = new(Response)
        try:
            if requirement is not None:
                pending = admit(scope, requirement)
                if pending is not None:
                    await pending
            if names:
                found = scope["path_params"]
                value = await call(request, response, **{name: found[name] for name in names})
            else:
                value = await call(request, response)
            if type(value) is not dict or response.touched:
                return await _answer(answer_of(value, response), errors, request)
            # Most answers: nothing but JSON, so nothing is built to carry it.
            body = json_bytes(value)
            size = len(body)
            headers = [_JSON, _LENGTHS[size] if size < _FEW else (b"content-length", b"%d" % size)]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
        except Exception as error:
            prepared = errors.prepared(error)
            if prepared is not None:
                return await prepared(scope, receive, send)
            return await _answer_error(error, errors, request)
        scope[ANSWER_BEGUN] = True
        await send({"type": "http.response.body", "body": body})

    return endpoint


def websocket_endpoint(
    handler: Callable[..., Any], requirement: Requirement | None, params: Collection[str]
) -> Endpoint:
    """An ASGI app that serves a WebSocket by `handler(websocket)`; refused before it is accepted.

    Raises:
        ConfigError: The handler is not async, or its parameters are not ours.
    """
    if not is_async(handler):
        raise ConfigError(f"{_name(handler)} serves a WebSocket and must be `async def`")
    names = _named(handler, ("websocket",), params)

    async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        if requirement is not None:
            try:
                await admitted(scope, requirement)
            except Problem as refusal:
                return await refuse_websocket(websocket, refusal)
        found = scope["path_params"] if names else {}
        await handler(websocket, **{name: found[name] for name in names})

    return endpoint


def asgi_endpoint(app: ASGIApp, requirement: Requirement | None, errors: ErrorAnswers) -> Endpoint:
    """Another ASGI app behind `requirement`, e.g. one that is mounted."""

    async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            if requirement is not None:
                try:
                    await admitted(scope, requirement)
                except Problem as refusal:
                    return await refuse_websocket(WebSocket(scope, receive, send), refusal)
            return await app(scope, receive, send)

        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            if requirement is not None:
                await admitted(scope, requirement)
            await app(scope, receive, send)

        await _answer(guarded, errors, Request(scope, receive, send))

    return endpoint


async def _answer(answer: Answer, errors: ErrorAnswers, request: Request) -> None:
    """Send `answer`, or what stands for its failure where it fails before it has begun."""
    outgoing = Outgoing(request._send)
    try:
        await answer(request.scope, request.receive, outgoing.send)
    except Exception as error:
        if outgoing.begun:
            request.scope[ANSWER_BEGUN] = True
            raise
        return await _answer_error(error, errors, request)
    request.scope[ANSWER_BEGUN] = True


async def _answer_error(error: Exception, errors: ErrorAnswers, request: Request) -> None:
    if isinstance(error, ClientDisconnect):
        return  # nobody is there to be answered
    if ANSWER_BEGUN in request.scope:
        raise error
    answer = await errors.answer(request, error)
    outgoing = Outgoing(request._send)
    try:
        await answer(request.scope, request.receive, outgoing.send)
    finally:
        # A layer may refuse to send, as for a session that cannot be kept: then the host answers outside it.
        if outgoing.begun:
            request.scope[ANSWER_BEGUN] = True


def _named(handler: Callable[..., Any], first: tuple[str, ...], params: Collection[str]) -> tuple[str, ...]:
    """The path parameters that `handler` takes by name, after the parameters that each gets."""
    try:
        signature = inspect.signature(handler)
    except (TypeError, ValueError):
        return ()
    kinds = inspect.Parameter
    shown = f"{_name(handler)}({', '.join(first)})"
    positional, named, rest = 0, [], False
    for name, parameter in signature.parameters.items():
        if parameter.kind is kinds.VAR_POSITIONAL:
            positional = len(first)
        elif parameter.kind is kinds.VAR_KEYWORD:
            rest = True
        elif positional < len(first) and parameter.kind is not kinds.KEYWORD_ONLY:
            positional += 1
        elif name in params:
            named.append(name)
        elif parameter.default is kinds.empty:
            raise ConfigError(
                f"{_name(handler)} has a parameter {name!r} that the path does not: write {shown}, "
                f"or put {{{name}}} into the path"
            )
    if positional < len(first):
        raise ConfigError(f"{_name(handler)} must take {' and '.join(first)}: write {shown}")
    return tuple(params) if rest else tuple(named)


def _name(handler: Any) -> str:
    return getattr(handler, "__name__", type(handler).__name__)
