"""Requests to an application without a server and, as long as nothing waits, without an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping, Sequence
from typing import Any, NamedTuple, TypeVar

from fuzz.findings import Finding

__all__ = ["Answer", "App", "ask", "run"]

Result = TypeVar("Result")
Message = MutableMapping[str, Any]
App = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]


# One loop for all requests: what an application does in the background goes on between them.
_runner = asyncio.Runner()


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    @property
    def everything(self) -> bytes:
        """All that the client is told."""
        return b"\n".join((*(name + b": " + value for name, value in self.headers), self.body))


def ask(
    app: App,
    method: str = "GET",
    path: str = "/who",
    headers: Sequence[tuple[bytes, bytes]] = (),
    body: bytes = b"",
) -> Answer:
    """One request.

    Raises:
        Finding: The application raised, did not answer, or answered that it is broken.
    """
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"api.example"), *headers],
        "client": ("192.0.2.1", 40_000),
        "server": ("api.example", 443),
        "state": {},
    }
    try:
        run(_await(app(scope, receive, send)))
    except Exception as error:
        raise Finding(f"raised {type(error).__name__}: {error}") from error
    if not sent:
        raise Finding("no answer")
    answer = Answer(
        sent[0]["status"], list(sent[0]["headers"]), b"".join(part.get("body", b"") for part in sent[1:])
    )
    if answer.status >= 500:
        raise Finding(f"answered {answer.status}: {answer.body!r}")
    return answer


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Await `work` in the one loop."""
    return _runner.run(work)


async def _await(answer: Awaitable[None]) -> None:
    await answer
