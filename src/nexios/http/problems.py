"""Refusals as exceptions, and their bodies (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from nexios.exceptions import AuthenticationError, NexiosError
from nexios.http.encoding import json_bytes
from nexios.http.response import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nexios.http.answers import FixedAnswer

__all__ = [
    "BadRequest",
    "Forbidden",
    "Problem",
    "TooManyRequests",
    "Unauthorized",
    "Unavailable",
    "problem_response",
    "quoted_string",
]


class Problem(NexiosError, HTTPException):
    """An answer other than success, raised; every host that knows Starlette's HTTPException can send it.

    Args:
        detail: What the client is told.
        headers: Headers of the answer.
        answer: The answer, where it is written already.
    """

    status_code = 500

    def __init__(
        self, detail: str, headers: Mapping[str, str] | None = None, answer: FixedAnswer | None = None
    ) -> None:
        # Not by HTTPException's own, which would cost a refusal more than all the rest of it.
        self.detail = detail
        self.headers = headers
        self.answer = answer


class BadRequest(Problem):
    """400: the request cannot be read (RFC 9110 15.5.1)."""

    status_code = 400


class Unauthorized(Problem, AuthenticationError):
    """401: there is no credential that is good for this route (RFC 9110 15.5.2)."""

    status_code = 401


class Forbidden(Problem):
    """403: who asks is known, and may not (RFC 9110 15.5.4)."""

    status_code = 403


class TooManyRequests(Problem):
    """429: this was asked too often (RFC 6585 4)."""

    status_code = 429


class NotFound(Problem):
    """404: there is no such thing, or it is not for whoever asks (RFC 9110 15.5.5)."""

    status_code = 404


class Conflict(Problem):
    """409: as things stand it cannot be done (RFC 9110 15.5.10)."""

    status_code = 409


class ContentTooLarge(Problem):
    """413: the body is larger than is read (RFC 9110 15.5.14)."""

    status_code = 413


class Unprocessable(Problem):
    """422: the body can be read, and what it says cannot be (RFC 9110 15.5.21)."""

    status_code = 422


class Unavailable(Problem):
    """503: who asks could not be found out just now (RFC 9110 15.6.4)."""

    status_code = 503


def problem_response(
    status: int, detail: str, headers: Mapping[str, str] | None = None, **extensions: object
) -> Response:
    """A problem body (RFC 9457 3): `type`, `title`, `status`, `detail`, and members of one's own (3.2)."""
    try:
        title = HTTPStatus(status).phrase
    except ValueError:
        title = "Error"
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **extensions}
    return Response(json_bytes(body), status, headers, "application/problem+json")


def quoted_string(text: str) -> str:
    """`text` as a quoted-string (RFC 9110 5.6.4)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
