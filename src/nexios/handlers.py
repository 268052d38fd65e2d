"""Calling a handler and sending what it returns."""

from __future__ import annotations

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
from nexios.parameters import handler_name, parameters_of

if TYPE_CHECKING:
    from nexios.auth.requirements import Requirement
    from nexios.http.errors import ErrorAnswers
    from nexios.parameters import Parameters

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
    methods: Collection[str] = (),
) -> Endpoint:
    """An ASGI app that answers by `handler(request, response)`.

    Args:
        handler: Sync or async; it may name path parameters after the first two, a body and a query.
        requirement: What is asked before it runs.
        errors: Turns its exceptions into answers.
        params: The path's parameters.
        methods: The HTTP methods that it answers.

    Raises:
        ConfigError: The handler's parameters are not ours.
    """
    parameters = parameters_of(handler, ("request", "response"), params)
    names = parameters.path
    call = handler if is_async(handler) else partial(run_in_threadpool, handler)
    if parameters.body is not None and not {"GET", "HEAD"}.isdisjoint(methods):
        # RFC 9110 9.3.1: what a body of GET means is not defined
        name, body = parameters.body
        raise ConfigError(
            f"{handler_name(handler)} answers GET, and a GET has no body: read the query by "
            f"{name}: Query[{getattr(body.annotation, '__name__', '...')}], or route it to another method"
        )
    if parameters.typed:
        call = _reading(call, parameters)

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
        raise ConfigError(f"{handler_name(handler)} serves a WebSocket and must be `async def`")
    names = parameters_of(handler, ("websocket",), params).path

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


def _reading(call: Callable[..., Any], parameters: Parameters) -> Callable[..., Any]:
    """`call`, given its body and its query, which are read when the request has been let in."""
    typed = parameters.typed

    async def call_with_typed(request: Request, response: Response, **given: Any) -> Any:
        for name, source in typed:
            given[name] = await source.read(request)
        return await call(request, response, **given)

    return call_with_typed


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
