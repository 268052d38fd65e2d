"""Asking a server, and noting what should have come and what came."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Asking", "Step", "member", "named"]

_NO_ANSWER = 599


@dataclass(frozen=True, slots=True)
class Step:
    """One question and its answer; no credential stands in it.

    Attributes:
        request: The method and the path.
        by: Who asked, with which credential.
        expected: What should come.
        came: What came.
    """

    request: str
    by: str
    expected: str
    came: str

    @property
    def right(self) -> bool:
        """Whether it came as it should."""
        return self.came == self.expected


class Asking:
    """Sends requests, and keeps a step for each.

    Args:
        url: The server's.
        steps: Where the steps go.
    """

    def __init__(self, url: str, steps: list[Step]) -> None:
        self._steps = steps
        self._http = httpx2.Client(base_url=url, timeout=30)

    def __enter__(self) -> Asking:
        return self

    def __exit__(self, *error: object) -> None:
        self._http.close()

    def ask(
        self,
        by: str,
        method: str,
        path: str,
        status: int,
        *,
        credential: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        challenge: str = "",
        location: str = "",
        shown: str = "",
    ) -> httpx2.Response:
        """Send a request and note what comes.

        Args:
            by: Who asks, with which credential.
            method: The HTTP method.
            path: The path and the query.
            status: The status that should come.
            credential: The headers that present a credential.
            json: The body.
            form: The body as a form, in place of `json`.
            challenge: The schemes that `WWW-Authenticate` should name; they must be there with 401 (RFC 9110
                15.5.2).
            location: What `Location` should be.
            shown: What the step says in place of `path`.
        """
        try:
            answer = self._http.request(method, path, headers=credential, json=json, data=form)
            came = _shown(answer.status_code, _schemes(answer), answer.headers.get("Location", ""))
        except httpx2.HTTPError as error:
            answer = httpx2.Response(_NO_ANSWER)
            came = f"no answer: {type(error).__name__}"
        # Each request brings the credential that it is given, and no cookie from the one before.
        self._http.cookies.clear()
        self.note(f"{method} {shown or path}", by, _shown(status, challenge, location), came)
        return answer

    def note(self, request: str, by: str, expected: str, came: str) -> None:
        """Note what should have come and what came."""
        self._steps.append(Step(request, by, expected, came))


def member(answer: httpx2.Response, name: str) -> str:
    """The text under `name` in a JSON body; nothing where it is not there."""
    body = _body(answer)
    value = body.get(name) if isinstance(body, dict) else None
    return value if isinstance(value, str) else ""


def named(answer: httpx2.Response, name: str) -> list[dict[str, Any]]:
    """The objects in the list under `name` in a JSON body; none where it is not there."""
    body = _body(answer)
    found = body.get(name) if isinstance(body, dict) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _body(answer: httpx2.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def _shown(status: int, challenge: str, location: str) -> str:
    asks = f", asks for {challenge}" if challenge else ""
    return f"{status}{asks}{f', leads to {location}' if location else ''}"


def _schemes(answer: httpx2.Response) -> str:
    """The schemes of the challenge, and whether a token was found to be bad (RFC 6750 3.1)."""
    challenges = re.findall(
        r'(\w+) realm="[^"]*"(, error="(\w+)")?', answer.headers.get("WWW-Authenticate", "")
    )
    return ", ".join(f"{scheme} ({error})" if error else scheme for scheme, _, error in challenges)
