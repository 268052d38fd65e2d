"""What runs when the application starts and stops, and what a mistake says then."""

from __future__ import annotations

import functools
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.testclient import TestClient

from nexios import NexiosApp, Request, Response
from nexios.auth import auth
from nexios.exceptions import ConfigError


async def lifespan(app: Any, *, stop: bool = True) -> list[dict[str, Any]]:
    """Every message of a start and a stop; the exception that ends it, last."""
    sent: list[dict[str, Any]] = []
    asked = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive() -> dict[str, Any]:
        return next(asked)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    try:
        await app({"type": "lifespan"}, receive, send)
    except BaseException as error:
        sent.append({"raised": error})
    return sent


def test_everything_runs_in_order_around_the_requests() -> None:
    order: list[str] = []

    @asynccontextmanager
    async def context(app: NexiosApp) -> AsyncIterator[None]:
        order.append(f"open {app.state.name}")
        yield
        order.append("closed")

    app = NexiosApp(
        lifespan=context,
        on_startup=[lambda: order.append("first")],
        on_shutdown=[lambda: order.append("stop first")],
    )
    app.state.name = "it"

    @app.on_startup
    async def second() -> None:
        order.append("second")

    @app.on_shutdown
    def stop_second() -> None:
        order.append("stop second")

    @app.get("/")
    async def handler(request: Request, response: Response) -> None:
        order.append("request")

    with TestClient(app) as client:
        client.get("/")
    expected = ["open it", "first", "second", "request", "stop first", "stop second", "closed"]
    assert order == expected


def test_a_decorated_function_stays_what_it_was() -> None:
    app = NexiosApp()

    def function() -> None: ...

    assert app.on_startup(function) is function
    assert app.on_shutdown(function) is function


class Called:
    def __init__(self) -> None:
        self.ran = False

    async def __call__(self) -> None:
        self.ran = True

    async def method(self) -> None:
        self.ran = True


@pytest.mark.parametrize("kind", ["callable object", "method", "partial"])
def test_any_async_callable_is_awaited(kind: str) -> None:
    called = Called()
    function: Any = {
        "callable object": called,
        "method": called.method,
        "partial": functools.partial(called.method),
    }[kind]
    with TestClient(NexiosApp(on_startup=[function])):
        assert called.ran


def test_a_sync_function_runs_in_a_thread() -> None:
    threads: list[int] = []

    async def on_loop() -> None:
        threads.append(threading.get_ident())

    with TestClient(NexiosApp(on_startup=[on_loop, lambda: threads.append(threading.get_ident())])):
        pass
    assert len(set(threads)) == 2


def test_what_the_lifespan_yields_is_the_state_of_requests() -> None:
    @asynccontextmanager
    async def context(app: NexiosApp) -> AsyncIterator[dict[str, str]]:
        yield {"database": "open"}

    app = NexiosApp(lifespan=context)

    @app.get("/")
    async def handler(request: Request, response: Response) -> str:
        return str(request.state.database)

    with TestClient(app) as client:
        assert client.get("/").text == "open"


def test_a_request_reaches_the_applications_own_state() -> None:
    app = NexiosApp()
    app.state.name = "it"

    @app.get("/")
    async def handler(request: Request, response: Response) -> str:
        return str(request.app.state.name)

    assert TestClient(app).get("/").text == "it"


@pytest.mark.anyio
async def test_a_start_and_a_stop_are_said_to_be_complete() -> None:
    assert await lifespan(NexiosApp()) == [
        {"type": "lifespan.startup.complete"},
        {"type": "lifespan.shutdown.complete"},
    ]


@pytest.mark.anyio
async def test_a_mistake_fails_the_start_with_its_mend_alone() -> None:
    app = NexiosApp()

    @app.get("/")
    @auth()
    async def handler(request: Request, response: Response) -> None: ...

    failed, raised = await lifespan(app)
    assert failed == {
        "type": "lifespan.startup.failed",
        "message": "/ is guarded and there is no AuthenticationMiddleware: "
        "app.add_middleware(AuthenticationMiddleware(user_model=..., backend=...))",
    }
    assert isinstance(raised["raised"], ConfigError)


@asynccontextmanager
async def broken_start(app: NexiosApp) -> AsyncIterator[None]:
    raise RuntimeError("no database")
    yield


@asynccontextmanager
async def broken_stop(app: NexiosApp) -> AsyncIterator[None]:
    yield
    raise RuntimeError("no database")


def broken() -> None:
    raise RuntimeError("no database")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"lifespan": broken_start}, "startup"),
        ({"on_startup": [broken]}, "startup"),
        ({"on_shutdown": [broken]}, "shutdown"),
        ({"lifespan": broken_stop}, "shutdown"),
    ],
    ids=["context at start", "function at start", "function at stop", "context at stop"],
)
async def test_any_other_failure_says_where(options: dict[str, Any], kind: str) -> None:
    messages = await lifespan(NexiosApp(**options))
    failed, raised = messages[-2:]
    assert failed["type"] == f"lifespan.{kind}.failed"
    assert "Traceback" in failed["message"]
    assert "RuntimeError: no database" in failed["message"]
    assert isinstance(raised["raised"], RuntimeError)
    assert len(messages) == (2 if kind == "startup" else 3)


@pytest.mark.anyio
async def test_what_was_opened_is_closed_when_the_start_fails() -> None:
    closed: list[bool] = []

    @asynccontextmanager
    async def context(app: NexiosApp) -> AsyncIterator[None]:
        try:
            yield
        finally:
            closed.append(True)

    await lifespan(NexiosApp(lifespan=context, on_startup=[broken]))
    assert closed == [True]


@pytest.mark.anyio
async def test_middleware_is_not_asked_for_a_lifespan() -> None:
    seen: list[str] = []

    def noting(app: Any) -> Any:
        async def middleware(scope: Any, receive: Any, send: Any) -> None:
            seen.append(scope["type"])
            await app(scope, receive, send)

        return middleware

    app = NexiosApp()
    app.add_middleware(noting)
    await lifespan(app)
    assert seen == []
