"""Guards on classes, their methods and their subclasses."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.endpoints import HTTPEndpoint
from starlette.responses import JSONResponse
from starlette.testclient import TestClient

from nexios import Request, Response
from nexios.auth import auth, has_permission, public
from tests.parts import app_for

ran: list[str] = []


@pytest.fixture(autouse=True)
def forget() -> None:
    ran.clear()


def note(request: Any) -> dict[str, str]:
    ran.append(request.user.identity)
    return {"user": request.user.identity}


def fresh_endpoint() -> type:
    class Endpoint(HTTPEndpoint):
        async def get(self, request: Any) -> JSONResponse:
            return JSONResponse(note(request))

    return Endpoint


class Mixed:
    """A class whose methods have guards of their own."""

    async def get(self, request: Request, response: Response) -> dict[str, str]:
        return note(request)

    @auth()
    def put(self, request: Request, response: Response) -> dict[str, str]:
        return note(request)

    @has_permission("write")
    @auth("header")
    async def post(self, request: Request, response: Response) -> dict[str, str]:
        return note(request)


class MixedEndpoint(HTTPEndpoint):
    async def get(self, request: Any) -> JSONResponse:
        return JSONResponse(note(request))

    @auth()
    def put(self, request: Any) -> JSONResponse:
        return JSONResponse(note(request))

    @has_permission("write")
    @auth("header")
    async def post(self, request: Any) -> JSONResponse:
        return JSONResponse(note(request))


@pytest.mark.parametrize("handler", [Mixed, MixedEndpoint], ids=["ours", "Starlette's"])
@pytest.mark.parametrize(
    ("method", "statuses"),
    [("GET", [200, 200, 200]), ("PUT", [401, 200, 200]), ("POST", [401, 403, 200])],
)
def test_the_methods_of_a_class_may_have_guards_of_their_own(
    handler: Any, method: str, statuses: list[int]
) -> None:
    app = app_for()
    app.route("/thing")(handler)
    client = TestClient(app)
    found = [
        client.request(method, "/thing", headers=headers).status_code
        for headers in ({}, {"x-user": "bob"}, {"x-user": "ada"})
    ]
    assert found == statuses
    assert len(ran) == found.count(200)


def class_with_public_method(base: type) -> type:
    class Thing(base):  # type: ignore[misc]
        @public
        async def get(self, request: Any, *response: Any) -> Any:
            note(request)
            return JSONResponse({})

        async def post(self, request: Any, *response: Any) -> Any:
            note(request)
            return JSONResponse({})

        async def delete(self, request: Any, *response: Any) -> Any:
            note(request)
            return JSONResponse({})

    return Thing


@pytest.mark.parametrize("base", [object, HTTPEndpoint], ids=["ours", "Starlette's"])
@pytest.mark.parametrize("how", ["guard", "require_auth"])
def test_a_method_may_be_public_in_a_class_that_is_guarded(base: type, how: str) -> None:
    handler = class_with_public_method(base)
    app = app_for(require_auth=how == "require_auth")
    app.route("/thing")(auth()(handler) if how == "guard" else handler)
    client = TestClient(app)
    assert client.get("/thing").status_code == 200
    assert client.head("/thing").status_code == 200
    # What begins with a letter before that of HEAD is no HEAD.
    assert [client.request(method, "/thing").status_code for method in ("POST", "DELETE")] == [401, 401]
    assert ran == ["", ""]
    assert {row.methods: row.guarded for row in app.routes_table()} == {
        ("GET",): False,
        ("POST",): True,
        ("DELETE",): True,
    }


def test_a_subclass_of_a_guarded_class_is_guarded() -> None:
    base = auth()(fresh_endpoint())

    class Sub(base):  # type: ignore[misc, valid-type]
        async def post(self, request: Any) -> JSONResponse:
            return JSONResponse(note(request))

    app = app_for()
    app.route("/thing")(has_permission("write")(Sub))
    app.route("/base")(base)
    client = TestClient(app)
    assert client.post("/thing").status_code == 401
    assert client.post("/thing", headers={"x-user": "bob"}).status_code == 403
    assert ran == []
    assert client.post("/thing", headers={"x-user": "ada"}).status_code == 200
    assert client.get("/base", headers={"x-user": "bob"}).status_code == 200
