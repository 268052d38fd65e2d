"""What a route may answer: its own answers, and those of whatever stands before it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from nexios.openapi.schemas import ANYTHING, Problem, Returned, Schemas, returned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nexios.description import Description

__all__ = ["Answers"]

_PROBLEMS = {
    400: ("BadRequest", "The request cannot be read."),
    401: ("Unauthorized", "No credential is good for this route."),
    403: ("Forbidden", "Who asks is known and may not, or the request comes from another site."),
    404: ("NotFound", "There is nothing at this path."),
    413: ("ContentTooLarge", "The body is too large."),
    415: ("UnsupportedMediaType", "The body is not JSON."),
    422: ("UnprocessableContent", "A field is not what it should be."),
    429: ("TooManyRequests", "These are too many requests; Retry-After says when to come back."),
    503: ("ServiceUnavailable", "Who asks could not be found out just now."),
}
_HEADERS = {
    401: {"WWW-Authenticate": "The schemes that would do (RFC 9110 11.6.1)."},
    429: {
        "Retry-After": "In how many seconds to come back (RFC 9110 10.2.3).",
        "RateLimit": "What is left of each limit.",
        "RateLimit-Policy": "The limits.",
    },
}


class Answers:
    """Writes the answers of the operations of one document.

    Args:
        schemas: Where the types of bodies go.
    """

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self.shared: dict[str, dict[str, Any]] = {}

    def of(
        self, annotation: Any, description: Description, problems: Mapping[int, None]
    ) -> dict[str, dict[str, Any]]:
        """The answers by status.

        Args:
            annotation: What the handler returns.
            description: What is said of it besides.
            problems: The statuses with which it may be refused.
        """
        found: dict[int, dict[str, Any]] = {}
        kind = annotation if description.returns is None else description.returns
        success = Returned(ANYTHING) if kind is ANYTHING else returned(kind)
        status = description.status or (204 if success.kind is None else 200)
        found[status] = self._answer(status, success)
        if success.nothing:
            found.setdefault(204, self._answer(204, Returned(None)))
        for code, said in description.answers.items():
            if not isinstance(said, str):
                found[code] = self._answer(code, returned(said))
            elif code >= 400:
                found[code] = self._problem(code, said)
            else:
                found[code] = {"description": said}
        for code in problems:
            if code not in found:
                found[code] = self._shared(code)
        return {str(code): found[code] for code in sorted(found)}

    def _answer(self, status: int, answer: Returned) -> dict[str, Any]:
        made: dict[str, Any] = {"description": _phrase(status)}
        if answer.kind is None or answer.kind is ANYTHING:
            return made
        if answer.kind is bytes:
            made["content"] = {answer.media_type: {}}
            return made
        content: dict[str, Any] = {}
        if self._schemas.add(answer.kind, lambda schema: content.update(schema=schema)):
            made["content"] = {answer.media_type: content}
        return made

    def _problem(self, status: int, said: str) -> dict[str, Any]:
        content: dict[str, Any] = {}
        self._schemas.add(Problem, lambda schema: content.update(schema=schema))
        made: dict[str, Any] = {"description": said, "content": {"application/problem+json": content}}
        if status in _HEADERS:
            made["headers"] = {
                name: {"description": meaning, "schema": {"type": "string"}}
                for name, meaning in _HEADERS[status].items()
            }
        return made

    def _shared(self, status: int) -> dict[str, Any]:
        name, said = _PROBLEMS[status]
        if name not in self.shared:
            self.shared[name] = self._problem(status, said)
        return {"$ref": f"#/components/responses/{name}"}


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"
