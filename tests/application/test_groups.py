"""Groups of routes that an application includes, and paths by name."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.routing import NoMatchFound, Route
from starlette.testclient import TestClient

from nexios import NexiosApp, Request, Response
from nexios.exceptions import ConfigError
from nexios.http import WebSocket
from nexios.routing import Router


def group(prefix: str = "") -> Router:
    router = Router(prefix)

    @router.get("/list")
    async def listed(request: Request, response: Response) -> str:
        return request.url.path

    @router.get("/one/{number:int}", name="one")
    async def single(request: Request, response: Response, number: int) -> dict[str, int]:
        return {"number": number}

    @router.websocket_route("/socket")
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("hello")
        await websocket.close()

    return router


@pytest.mark.parametrize(
    ("own", "given", "start"),
    [
        ("", "", ""),
        ("/own", "", "/own"),
        ("", "/given", "/given"),
        ("/own", "/given", "/given/own"),
        ("/own/", "/given/", "/given/own"),
    ],
)
def test_the_prefixes_of_the_group_and_of_include_add_up(own: str, given: str, start: str) -> None:
    app = NexiosApp()
    app.include(group(own), prefix=given)
    client = TestClient(app)
    assert client.get(f"{start}/list").text == f"{start}/list"
    assert client.get(f"{start}/one/7").json() == {"number": 7}
    with client.websocket_connect(f"{start}/socket") as websocket:
        assert websocket.receive_text() == "hello"


def test_a_prefix_may_have_parameters() -> None:
    router = Router()

    @router.get("/members")
    async def members(request: Request, response: Response, team: int) -> dict[str, int]:
        return {"team": team}

    app = NexiosApp()
    app.include(router, prefix="/teams/{team:int}")
    assert TestClient(app).get("/teams/3/members").json() == {"team": 3}


def test_a_group_may_include_another() -> None:
    outer = Router("/v1")
    outer.include(group("/things"))
    app = NexiosApp()
    app.include(outer, prefix="/api")
    assert TestClient(app).get("/api/v1/things/list").status_code == 200
    assert app.url_path_for("one", number=2) == "/api/v1/things/one/2"


def test_a_group_may_be_included_under_two_prefixes() -> None:
    app, router = NexiosApp(), group()
    app.include(router, prefix="/a")
    app.include(router, prefix="/b")
    client = TestClient(app)
    assert [client.get(path).status_code for path in ("/a/list", "/b/list")] == [200, 200]


def test_a_route_added_to_the_group_later_is_not_in_the_application() -> None:
    app, router = NexiosApp(), group()
    app.include(router)

    @router.get("/later")
    async def later(request: Request, response: Response) -> None: ...

    assert TestClient(app).get("/later").status_code == 404


def test_include_takes_no_other_application() -> None:
    with pytest.raises(ConfigError, match=r"another application is mounted: app\.mount\(path, app\)"):
        NexiosApp().include(Starlette())  # type: ignore[arg-type]


@pytest.mark.parametrize("make", [lambda: Router("api"), lambda: NexiosApp().include(Router(), prefix="api")])
def test_a_prefix_begins_with_a_slash(make: object) -> None:
    with pytest.raises(ConfigError, match="must begin with a slash: '/api'"):
        make()  # type: ignore[operator]


def test_a_path_is_found_by_the_name_of_its_handler_or_by_its_own() -> None:
    app = NexiosApp()
    app.include(group("/things"))
    assert app.url_path_for("listed") == "/things/list"
    assert app.url_path_for("one", number=5) == "/things/one/5"
    assert app.url_path_for("socket") == "/things/socket"


@pytest.mark.parametrize(
    ("name", "params"), [("nobody", {}), ("one", {}), ("one", {"number": 1, "more": 2}), ("listed", {"a": 1})]
)
def test_a_name_that_no_route_has_with_these_parameters_is_not_found(
    name: str, params: dict[str, int]
) -> None:
    app = NexiosApp()
    app.include(group())
    app.mount("/sub", NexiosApp(), name="sub")
    with pytest.raises(NoMatchFound):
        app.url_path_for(name, **params)


def test_a_path_inside_a_mounted_application_is_found_by_both_names() -> None:
    app = NexiosApp()

    async def page(request: object) -> None: ...

    app.mount("/docs", Starlette(routes=[Route("/page/{name}", page, name="page")]), name="docs")
    assert app.url_path_for("docs:page", name="start") == "/docs/page/start"


def test_a_handler_writes_the_url_of_another_route() -> None:
    app = NexiosApp()
    app.include(group("/things"))

    @app.get("/")
    async def index(request: Request, response: Response) -> str:
        return str(request.url_for("one", number=1))

    assert TestClient(app).get("/").text == "http://testserver/things/one/1"
