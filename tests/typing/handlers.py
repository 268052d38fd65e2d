"""What mypy says of applications, routes and handlers; read by it, never run.

A mistake that it must find stands behind `type: ignore` with its code: were it not found, the ignore would be
unused, which is an error too.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, assert_type

from starlette.datastructures import URLPath
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.http import WebSocket
from nexios.routing import Router
from nexios.session import SessionMiddleware
from nexios.types import Clock, MiddlewareRecipe

app = NexiosApp(config=MakeConfig(secret_key=["new", "old"], jwt_leeway=timedelta(seconds=5)))
NexiosApp(config={"secret_key": "x"})  # type: ignore[arg-type]
NexiosApp(MakeConfig(), {})  # type: ignore[call-arg]


@app.get("/async")
async def asynchronous(request: Request, response: Response) -> dict[str, int]:
    return {"a": 1}


@app.post("/sync/{name}", name="sync")
def synchronous(request: Request, response: Response, name: str) -> Response:
    chained = response.json({"name": name}).status(201).set_header("x-a", "b").set_cookie("c", max_age=5)
    return assert_type(chained, Response)


async def use() -> None:
    # A route gives the handler back as it was.
    request, response = Request({"type": "http"}), Response()
    assert_type(await asynchronous(request, response), dict[str, int])
    assert_type(synchronous(request, response, "ada"), Response)
    synchronous(request, response)  # type: ignore[call-arg]
    synchronous(request, response, 7)  # type: ignore[arg-type]


app.get("/number")(7)  # type: ignore[type-var]
app.get(7)  # type: ignore[arg-type]
app.route("/thing", methods=[7])  # type: ignore[list-item]


@app.websocket_route("/socket")
async def socket(websocket: WebSocket) -> None:
    await websocket.accept()


@app.route("/class", methods=["GET"])
class Thing:
    async def get(self, request: Request, response: Response) -> None: ...


assert_type(Thing(), Thing)

router = Router(prefix="/group")
app.include(router, prefix="/api")
app.include(app)
app.include("router")  # type: ignore[arg-type]


@app.exception_handler(404)
async def missing(request: Request, error: Exception) -> Response:
    return Response({"missing": request.url.path}, 404)


app.exception_handler("404")  # type: ignore[arg-type]


@app.on_startup
async def start() -> None: ...


@asynccontextmanager
async def lifespan(app: NexiosApp) -> AsyncIterator[None]:
    yield


NexiosApp(lifespan=lifespan, on_startup=[start], exception_handlers={ValueError: missing, 404: missing})

app.add_middleware(SessionMiddleware(max_age=timedelta(hours=1), same_site="strict", secure=True))
app.add_middleware(GZipMiddleware, minimum_size=100)
SessionMiddleware(same_site="Strict")  # type: ignore[arg-type]
SessionMiddleware(max_age=3600)  # type: ignore[arg-type]
SessionMiddleware("session")  # type: ignore[call-arg, arg-type]


def passing(app: ASGIApp) -> ASGIApp:
    return app


recipe: MiddlewareRecipe = passing
recipe = SessionMiddleware()
recipe = 7  # type: ignore[assignment]

clock: Clock = lambda: 1.0  # noqa: E731

assert_type(app.url_path_for("sync", name="ada"), URLPath)
assert_type(app.routes_table()[0].guarded, bool)
assert_type(app.config, MakeConfig)

config = MakeConfig.from_env({"NEXIOS_DEBUG": "true"}, realm="mine")
assert_type(config, MakeConfig)
assert_type(config.secret_keys, tuple[str, ...])
config.debug = True  # type: ignore[misc]
MakeConfig(secret_key=5)  # type: ignore[arg-type]
MakeConfig(secrets="x")  # type: ignore[call-arg]
MakeConfig("x")  # type: ignore[call-arg]

response = Response()
response.set_cookie("a", samesite="Lax")  # type: ignore[arg-type]
response.set_cookie("a", "b", 60)  # type: ignore[call-arg]
response.status("200")  # type: ignore[arg-type]


async def body(request: Request) -> Any:
    return await request.json()
