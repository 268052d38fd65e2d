"""`@rate_limit`: a handler that answers only so often."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar, cast

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response as StarletteResponse

from nexios.auth.admission import admitted, refuse_websocket
from nexios.auth.decorators import connection_of, is_async, takes_something
from nexios.auth.requirements import ROUTED_ATTRIBUTE, handler_requirement
from nexios.auth.uncalled import no_dependency
from nexios.description import LIMITED_ATTRIBUTE
from nexios.exceptions import ConfigError, StoreUnavailable
from nexios.http.problems import Problem, Unavailable
from nexios.http.response import Response
from nexios.ratelimit.counting import RateLimits, limits_of
from nexios.ratelimit.fields import fields, put_fields, too_many
from nexios.ratelimit.model import Limit, read_limits
from nexios.ratelimit.telling import tell_limit
from nexios.ratelimit.whose import By, checked_by, whose, word_for

__all__ = ["checked_limit", "count_request", "rate_limit"]

Handler = TypeVar("Handler", bound=Callable[..., Any])

logger = logging.getLogger("nexios.ratelimit")


@no_dependency(
    "@rate_limit is a decorator, and counts nothing as a dependency: write Depends(limited(...)), "
    "with limited from nexios.integrations.fastapi"
)
def rate_limit(
    limit: str, *, by: By = "user", name: str | None = None, limits: RateLimits | None = None
) -> Callable[[Handler], Handler]:
    """Let a handler answer only so often; beyond that, the answer is 429 (RFC 6585 4).

    Guards are asked first, in whichever order the decorators stand: what they refuse is not counted.

    Args:
        limit: How often, e.g. `"10/minute"`, or several: `"10/minute; 1000/day"`.
        by: What is counted: `"user"`, `"ip"`, `"credential"`, or a function of the request, sync or async,
            whose text or number names whose it is. Strangers, and those of whom it returns None or an empty
            text, are counted by address.
        name: Counts together with every limit of this name; the handler's own by default.
        limits: Counts; the application's by default.

    Raises:
        ConfigError: An argument is of another kind, or the decorator stands above the route's.
    """
    checked = checked_limit(limit, by, name, limits)

    def decorate(handler: Handler) -> Handler:
        own = f"{getattr(handler, '__module__', '')}.{getattr(handler, '__qualname__', '')}"
        return cast("Handler", _limited(handler, checked, by, name or own, limits))

    return decorate


def checked_limit(limit: str, by: By, name: str | None, limits: RateLimits | None) -> tuple[Limit, ...]:
    """The limits that `limit` names, if all these arguments are what they must be.

    Raises:
        ConfigError: One is not.
    """
    if callable(limit):
        raise ConfigError('@rate_limit is called: write @rate_limit("10/minute")')
    checked_by(by)
    if not isinstance(name, str | None) or name == "":
        raise ConfigError("rate_limit: name is a text that several limits may share")
    if not isinstance(limits, RateLimits | None):
        raise ConfigError(f"rate_limit: limits is RateLimits(...), not {type(limits).__name__}")
    return read_limits(limit)


async def count_request(
    connection: Any, checked: tuple[Limit, ...], by: By, name: str, limits: RateLimits | None
) -> dict[str, str]:
    """Count the request of `connection`.

    Returns:
        The headers that its answer shall have.

    Raises:
        TooManyRequests: A limit is reached.
        Unavailable: The counters are not.
    """
    scope = connection.scope
    counters = limits_of(scope) if limits is None else limits
    key = await whose(by, connection)
    try:
        count = await counters.hit(checked, name, *key)
    except StoreUnavailable as error:
        logger.error("%s: the route answers 503", error)
        raise Unavailable("The server cannot answer the request at the moment.") from None
    if not count.allowed:
        tell_limit(scope, count, word_for(by))
        raise too_many(count, word_for(by))
    return fields(count, word_for(by))


def _limited(
    handler: Any, checked: tuple[Limit, ...], by: By, name: str, limits: RateLimits | None
) -> Callable[..., Any]:
    if isinstance(handler, type):
        raise ConfigError(
            f"@rate_limit stands on the methods that answer, not on the class {handler.__name__}: "
            "put it above `async def get(...)`"
        )
    if not callable(handler):
        raise ConfigError(
            f"@rate_limit decorates a handler, not {type(handler).__name__}: put it above an `async def`"
        )
    if ROUTED_ATTRIBUTE in getattr(handler, "__dict__", ()):
        raise ConfigError(
            "@rate_limit stands above the route's decorator, where no request passes it: "
            "put @app.get(...) first and @rate_limit below it"
        )
    if not takes_something(handler):
        raise ConfigError(f"{name} has a limit but is not given the request: add a parameter `request`")
    guard = handler_requirement(handler)
    requirement = None if guard is None or guard.public else guard
    call: Any = handler if is_async(handler) else partial(run_in_threadpool, handler)

    @functools.wraps(handler)
    async def limited(*args: Any, **kwargs: Any) -> Any:
        connection = connection_of(handler, args, kwargs)
        try:
            if requirement is not None:
                await admitted(connection.scope, requirement)
            added = await count_request(connection, checked, by, name, limits)
        except Problem as refusal:
            if connection.scope["type"] == "websocket":
                return await refuse_websocket(connection, refusal)
            raise
        answer = await call(*args, **kwargs)
        given = [value for value in (*args, *kwargs.values()) if isinstance(value, _RESPONSES)]
        for response in given or [answer]:
            if answer is None and isinstance(response, Response) and not response.touched:
                response.status(204)  # as it would be without our headers
            if isinstance(response, _RESPONSES):
                put_fields(response.headers, added)
        return answer

    setattr(limited, LIMITED_ATTRIBUTE, True)
    return limited


_RESPONSES = (Response, StarletteResponse)
