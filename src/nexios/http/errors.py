"""Exceptions as answers: by the application's own handlers, else as problem bodies."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING, Any

from starlette._utils import is_async_callable
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response as StarletteResponse

from nexios.exceptions import NexiosError, StoreUnavailable
from nexios.http.answers import Answer, FixedAnswer, answer_of
from nexios.http.problems import Problem, problem_response
from nexios.http.response import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["ErrorAnswers"]

logger = logging.getLogger("nexios")


class ErrorAnswers:
    """Turns an exception into the answer that the client gets.

    Args:
        handlers: Functions `(request, exception)` by exception class or HTTP status.
        debug: Say in a 500 which exception was raised, and where.
    """

    def __init__(self, handlers: Mapping[int | type[Exception], Callable[..., Any]], *, debug: bool) -> None:
        self.handlers = dict(handlers)
        self._debug = debug

    def prepared(self, error: Exception) -> FixedAnswer | None:
        """The answer that is written already; None where there is none or the application has a say."""
        return error.answer if isinstance(error, Problem) and not self.handlers else None

    async def answer(self, request: Any, error: Exception) -> Answer:
        """What to send in place of the handler's answer, by the application's own where it has one."""
        handler = self._handler(error)
        if handler is None:
            return (error.answer if isinstance(error, Problem) else None) or self._problem(error)
        if not isinstance(error, HTTPException):
            logger.debug("%s answers %s", getattr(handler, "__name__", handler), type(error).__name__)
        try:
            if is_async_callable(handler):
                value = await handler(request, error)
            else:
                value = await run_in_threadpool(handler, request, error)
            response = Response()
            if isinstance(error, HTTPException) and not isinstance(value, (Response, StarletteResponse)):
                # Data alone says how a refusal reads, not that there was none.
                response = Response(status_code=error.status_code, headers=error.headers)
            return answer_of(value, response)
        except Exception as second:
            return self._problem(second)

    def _handler(self, error: Exception) -> Callable[..., Any] | None:
        if isinstance(error, HTTPException) and error.status_code in self.handlers:
            return self.handlers[error.status_code]
        for kind in type(error).__mro__:
            if kind is Exception and isinstance(error, HTTPException):
                break  # as in Starlette: whoever asks for crashes is not told of refusals
            if kind in self.handlers:
                return self.handlers[kind]
        return None if isinstance(error, HTTPException) else self.handlers.get(500)

    def _problem(self, error: Exception) -> Answer:
        if isinstance(error, HTTPException):
            if error.status_code < 200 or error.status_code in (204, 304):
                return Response(status_code=error.status_code, headers=error.headers)
            return problem_response(error.status_code, str(error.detail), error.headers)
        if isinstance(error, StoreUnavailable):
            logger.error("%s: the route answers 503", error)
            return problem_response(503, "The server cannot answer the request at the moment.")
        if isinstance(error, NexiosError):
            # The application's mistake: its message says the mend, and a stack trace would only hide it.
            logger.error("%s: %s", type(error).__name__, error)
        else:
            logger.error("a handler raised %s", type(error).__name__, exc_info=error)
        detail = "The server could not answer the request."
        if self._debug:
            # The message of an exception, or its variables, may hold a secret: the place says enough.
            frame = traceback.extract_tb(error.__traceback__)[-1:]
            place = f" in {frame[0].name}, line {frame[0].lineno}" if frame else ""
            detail = f"{type(error).__name__}{place}; the log has the rest."
        return problem_response(500, detail)
