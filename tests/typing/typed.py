"""What mypy says of typed bodies, queries and descriptions; read by it, never run."""

from __future__ import annotations

from typing import Annotated, assert_type

import msgspec

from nexios import NexiosApp, Request, Response
from nexios.auth import auth
from nexios.http import BodyLimit, Query
from nexios.openapi import describe, openapi_document, openapi_routes


class Tea(msgspec.Struct):
    name: str


class Page(msgspec.Struct):
    limit: int = 20


app = NexiosApp()
app.include(openapi_routes(app, title="Tea", version="1", guard=auth(), page=None))
app.include(openapi_routes(app, "Tea", "1"))  # type: ignore[call-arg]
assert_type(openapi_document(app, title="Tea", version="1")["openapi"], object)  # type: ignore[assert-type]


@app.post("/teas/{number:int}")
@describe(status=201, answers={404: "None.", 409: Tea})
async def add(
    request: Request,
    response: Response,
    number: int,
    page: Query[Page],
    tea: Annotated[Tea, BodyLimit(100)],
) -> Tea:
    assert_type(page, Page)
    assert_type(tea, Tea)
    return tea


async def use() -> None:
    # A description gives the handler back as it was.
    assert_type(await add(Request({"type": "http"}), Response(), 1, Page(), Tea("green")), Tea)


describe(status="201")  # type: ignore[arg-type]
describe(colour="green")  # type: ignore[call-arg]
