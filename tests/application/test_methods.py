"""HEAD, OPTIONS, and the answers where a path or its method is not there."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from nexios import NexiosApp, Request, Response
from tests.parts import assert_problem


def test_a_path_that_no_route_has_is_a_problem() -> None:
    assert_problem(TestClient(NexiosApp()).get("/nowhere"), 404, "There is nothing at this path.")


def test_a_method_that_the_path_has_not_is_a_problem_that_names_those_it_has() -> None:
    app = NexiosApp()

    @app.route("/users/{name}", methods=["GET", "DELETE"])
    async def handler(request: Request, response: Response) -> None: ...

    answer = TestClient(app).post("/users/ada")
    assert_problem(answer, 405, "The method POST is not for this path.")
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS"


def test_head_follows_get() -> None:
    app = NexiosApp()

    @app.get("/thing")
    async def handler(request: Request, response: Response) -> dict[str, str]:
        return {"method": request.method}

    @app.get("/things/{number:int}")
    async def pattern(request: Request, response: Response) -> str:
        return "one"

    client = TestClient(app)
    answer = client.head("/thing")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "application/json"
    assert int(answer.headers["content-length"]) == len(b'{"method":"HEAD"}')
    assert client.head("/things/1").status_code == 200


@pytest.mark.parametrize("order", [["get", "head"], ["head", "get"]], ids=" then ".join)
def test_a_handler_of_its_own_answers_head_wherever_it_is_declared(order: list[str]) -> None:
    app = NexiosApp()
    for verb in order:

        async def handler(request: Request, response: Response, verb: str = verb) -> None:
            response.set_header("x-handler", verb)

        getattr(app, verb)("/thing")(handler)

    client = TestClient(app)
    assert client.head("/thing").headers["x-handler"] == "head"
    assert client.get("/thing").headers["x-handler"] == "get"


def test_options_answers_with_the_methods_of_the_path() -> None:
    app = NexiosApp()

    @app.get("/thing")
    @app.post("/thing")
    async def handler(request: Request, response: Response) -> None: ...

    answer = TestClient(app).options("/thing")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"


def test_a_handler_of_its_own_answers_options() -> None:
    app = NexiosApp()

    @app.get("/thing")
    async def handler(request: Request, response: Response) -> None: ...

    @app.options("/thing")
    async def options(request: Request, response: Response) -> str:
        return "ask me"

    assert TestClient(app).options("/thing").text == "ask me"


def test_options_of_a_path_that_no_route_has_is_not_found() -> None:
    assert_problem(TestClient(NexiosApp()).options("/nowhere"), 404)
