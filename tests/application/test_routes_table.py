"""`routes_table()`: what answers where, and what guards it."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.endpoints import HTTPEndpoint

from nexios import NexiosApp, Request, Response
from nexios.auth import auth, has_permission, public
from nexios.http import WebSocket
from tests.parts import app_for


class Mixed:
    async def get(self, request: Request, response: Response) -> None: ...

    @has_permission("write")
    async def post(self, request: Request, response: Response) -> None: ...

    @public
    async def options(self, request: Request, response: Response) -> None: ...


@auth("header")
class Guarded(HTTPEndpoint):
    async def get(self, request: Any) -> None: ...

    @has_permission("write")
    async def delete(self, request: Any) -> None: ...


def declared(app: NexiosApp) -> NexiosApp:
    @app.get("/open")
    async def open_route(request: Request, response: Response) -> None: ...

    @app.route("/any", methods=["PUT", "PATCH"], name="any")
    @auth()
    async def guarded(request: Request, response: Response) -> None: ...

    @app.get("/scopes")
    @auth(scopes=["session", "jwt"])
    def scopes(request: Request, response: Response) -> None: ...

    @app.get("/both/{number:int}")
    @has_permission(permissions=["read", "write"])
    @auth(scope="header")
    async def both(request: Request, response: Response, number: int) -> None: ...

    @app.get("/public")
    @public
    async def marked(request: Request, response: Response) -> None: ...

    @app.websocket_route("/socket")
    @auth()
    async def socket(websocket: WebSocket) -> None: ...

    app.route("/mixed")(Mixed)
    app.route("/class")(Guarded)
    app.mount("/sub", auth()(NexiosApp()), name="sub")
    app.mount("/", NexiosApp())
    return app


def test_the_table_says_what_guards_each_route_and_method() -> None:
    rows = declared(app_for()).routes_table()
    assert [(row.methods, row.path, row.guard, row.name) for row in rows] == [
        (("GET",), "/open", "open", "open_route"),
        (("PUT", "PATCH"), "/any", "auth", "any"),
        (("GET",), "/scopes", "auth: jwt or session", "scopes"),
        (("GET",), "/both/{number:int}", "auth: header, permission: read and write", "both"),
        (("GET",), "/public", "public", "marked"),
        (("WEBSOCKET",), "/socket", "auth", "socket"),
        (("GET",), "/mixed", "open", "Mixed"),
        (("POST",), "/mixed", "auth, permission: write", "Mixed"),
        (("OPTIONS",), "/mixed", "public", "Mixed"),
        (("GET",), "/class", "auth: header", "Guarded"),
        (("DELETE",), "/class", "auth: header, permission: write", "Guarded"),
        (("MOUNT",), "/sub", "auth", "sub"),
        (("MOUNT",), "/", "open", ""),
    ]


def test_a_row_says_whether_a_stranger_is_refused_and_whether_that_is_on_purpose() -> None:
    by_path = {row.path: row for row in declared(app_for()).routes_table()}
    assert [(by_path[p].guarded, by_path[p].public) for p in ("/open", "/any", "/public")] == [
        (False, False),
        (True, False),
        (False, True),
    ]


def test_require_auth_guards_what_is_not_public() -> None:
    rows = declared(app_for(require_auth=True)).routes_table()
    opened = [(row.methods, row.path) for row in rows if not row.guarded]
    assert opened == [(("GET",), "/public"), (("OPTIONS",), "/mixed")]
    assert all(row.public for row in rows if not row.guarded)


@pytest.mark.parametrize("built", [False, True])
def test_the_table_is_there_before_and_after_the_start(built: bool) -> None:
    app = NexiosApp()
    app.get("/thing")(lambda request, response: None)
    if built:
        app.build()
    (row,) = app.routes_table()
    assert (row.path, row.name) == ("/thing", "<lambda>")
