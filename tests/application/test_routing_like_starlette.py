"""Whatever the routes and the path: the same handler answers as in Starlette, exact paths first.

What is declared for one path stands together, where its first method was declared.
"""

from __future__ import annotations

from typing import Any

import anyio
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Mount, Route, Router

from nexios import NexiosApp, Request, Response

PATHS = [
    *("/", "/a", "/a/", "/a/b", "/b/a", "/a/b/c", "/x"),
    *("/{one}", "/{one}/", "/{one}/b", "/a/{one}", "/a/{one}/c", "/{one}/{two}", "/{one}/{two}/c"),
    *(
        "/{number:int}",
        "/a/{number:int}",
        "/{number:float}/b",
        "/{rest:path}",
        "/a/{rest:path}",
        "/{one}/{rest:path}",
    ),
    *("/pre-{one}", "/a.{one}", "/{one}.{two}", "/a/{one}-{two}", "/x{rest:path}", "/{one}x/b"),
]
MOUNTS = ["/", "/a", "/a/b", "/{one}", "/x", "/a/{one}"]
PARTS = ["", "a", "b", "c", "x", "7", "1.5", "pre-a", "a.b", "a-b", "xyz", "é", "A"]

ROUTES = st.lists(
    st.one_of(
        st.tuples(st.just("route"), st.sampled_from(PATHS), st.sampled_from(["GET", "POST"])),
        st.tuples(st.just("mount"), st.sampled_from(MOUNTS), st.just("")),
    ),
    max_size=7,
)
ASKED = st.lists(st.sampled_from(PARTS), min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))


def theirs(routes: list[tuple[str, str, str]]) -> Any:
    found: list[Any] = []
    for number, (kind, path, method) in enumerate(routes):
        if kind == "route":

            async def endpoint(request: Any, which: int = number) -> JSONResponse:
                return JSONResponse([which, {k: str(v) for k, v in request.path_params.items()}])

            found.append(Route(path, endpoint, methods=[method]))
        else:
            found.append(Mount(path, app=PlainTextResponse(f"mount {number}")))
    first = {path: number for number, (kind, path, _) in reversed(list(enumerate(routes))) if kind == "route"}

    def place(route: Any) -> tuple[bool, int]:
        """Exact paths before all others, and the methods of one path beside each other."""
        number = found.index(route)
        return (True, number) if isinstance(route, Mount) else ("{" in route.path, first[route.path])

    return Router(sorted(found, key=place))


def ours(routes: list[tuple[str, str, str]]) -> Any:
    app = NexiosApp()
    for number, (kind, path, method) in enumerate(routes):
        if kind == "route":

            async def handler(request: Request, response: Response, which: int = number) -> Any:
                return [which, {k: str(v) for k, v in request.path_params.items()}]

            app.route(path, methods=[method])(handler)
        else:
            app.mount(path, PlainTextResponse(f"mount {number}"))
    return app


def ask(app: Any, method: str, path: str) -> tuple[int, bytes, bytes | None]:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": [(b"host", b"test")],
        "query_string": b"",
        "scheme": "http",
    }
    anyio.run(app, scope, receive, send)
    return sent[0]["status"], sent[1]["body"], dict(sent[0]["headers"]).get(b"location")


@settings(max_examples=300)
@given(ROUTES, ASKED, st.sampled_from(["GET", "POST", "HEAD"]))
@example([("mount", "/a", ""), ("route", "/a/{one}", "GET")], "/a/b", "GET")
@example([("route", "/{one}", "POST"), ("mount", "/", "")], "/a", "GET")
@example([("route", "/{one}/{two}", "GET"), ("route", "/a/{one}", "GET")], "/a/b", "GET")
@example([("route", "/a/{one}", "GET"), ("route", "/{one}/{two}", "GET")], "/a/b", "GET")
@example([("route", "/{rest:path}", "GET"), ("route", "/a/{one}", "GET")], "/a/b", "GET")
@example([("route", "/a/{one}", "POST"), ("route", "/{rest:path}", "GET")], "/a/b", "GET")
def test_the_same_handler_answers(routes: list[tuple[str, str, str]], path: str, method: str) -> None:
    status, body, location = ask(theirs(routes), method, path)
    found = ask(ours(routes), method, path)
    assert (found[0], found[2]) == (status, location)
    if status == 200:
        assert found[1] == body
