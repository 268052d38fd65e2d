"""Exceptions become answers: the application's own, else problem bodies."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.responses import StreamingResponse

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.exceptions import AuthenticationError, ConfigError, NexiosError
from tests.application.raising import Missing, app_raising, ask
from tests.parts import SECRET, assert_problem


@pytest.mark.parametrize("path", ["/", "/sync"])
@pytest.mark.parametrize(
    ("status", "title"), [(400, "Bad Request"), (404, "Not Found"), (418, "I'm a Teapot"), (599, "Error")]
)
def test_an_http_exception_is_a_problem_body(status: int, title: str, path: str) -> None:
    answer = ask(app_raising(HTTPException(status, "Not so.", {"x-more": "1"})), path)
    assert_problem(answer, status, "Not so.")
    assert answer.json()["title"] == title
    assert answer.headers["x-more"] == "1"


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_has_none(status: int) -> None:
    answer = ask(app_raising(HTTPException(status, headers={"x-more": "1"})))
    assert (answer.status_code, answer.content, answer.headers["x-more"]) == (status, b"", "1")


@pytest.mark.parametrize("path", ["/", "/sync"])
def test_any_other_exception_is_a_500_that_shows_nothing_of_it(
    path: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = ask(app_raising(Missing("the password is hunter2")), path)
    assert_problem(answer, 500, "The server could not answer the request.")
    assert "Missing" not in answer.text
    assert "hunter2" not in answer.text
    record = next(record for record in caplog.records if record.name == "nexios")
    assert record.exc_info is not None
    assert record.exc_info[0] is Missing


def test_a_mistake_in_the_application_logs_its_mend_and_no_stack_trace(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = ask(app_raising(ConfigError("add the thing: app.add(thing)")))
    assert_problem(answer, 500, "The server could not answer the request.")
    (record,) = caplog.records
    assert record.getMessage() == "ConfigError: add the thing: app.add(thing)"
    assert record.exc_info is None


def test_debug_says_which_exception_and_where_and_not_what_it_says() -> None:
    answer = ask(app_raising(Missing("the password is hunter2"), config=MakeConfig(debug=True)))
    detail = answer.json()["detail"]
    assert_problem(answer, 500)
    assert detail.startswith("Missing in handler, line ")
    assert "hunter2" not in answer.text


def test_debug_without_a_place_says_which_exception() -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise Missing

    app = NexiosApp(config=MakeConfig(debug=True))
    app.mount("/sub", broken)
    assert ask(app, "/sub/").json()["detail"].startswith("Missing in broken, line ")


def test_headers_set_before_the_exception_stay_with_the_answer_that_was_not_sent() -> None:
    app = NexiosApp()

    @app.get("/")
    async def handler(request: Request, response: Response) -> None:
        response.set_cookie("half", "done").status(201)
        raise HTTPException(400, "No.")

    answer = ask(app)
    assert_problem(answer, 400)
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/text", "/nowhere"])
def test_an_exception_of_a_middleware_after_the_answer_is_raised_for_the_server(path: str) -> None:
    def failing_late(app: Any) -> Any:
        async def middleware(scope: Any, receive: Any, send: Any) -> None:
            await app(scope, receive, send)
            raise Missing("late")

        return middleware

    app = NexiosApp()
    app.add_middleware(failing_late)
    app.get("/")(lambda request, response: {"a": 1})
    app.get("/text")(lambda request, response: "a")
    with pytest.raises(Missing, match="late"):
        ask(app, path)


def test_an_exception_after_the_answer_has_begun_is_raised_for_the_server() -> None:
    async def parts() -> Any:
        yield b"one"
        raise Missing("two")

    app = NexiosApp()

    @app.get("/")
    async def handler(request: Request, response: Response) -> StreamingResponse:
        return StreamingResponse(parts())

    with pytest.raises(Missing):
        ask(app)


@pytest.mark.parametrize("name", ["x\r\nset-cookie", "ä", ""])
def test_a_header_that_cannot_be_sent_is_a_500(name: str) -> None:
    app = NexiosApp()

    @app.get("/")
    async def handler(request: Request, response: Response) -> Response:
        return response.set_header(name, "1")

    assert_problem(ask(app), 500)


def test_a_header_written_past_the_checks_is_a_500_and_not_sent() -> None:
    app = NexiosApp()

    @app.get("/")
    async def handler(request: Request, response: Response) -> dict[str, str]:
        response.headers["x-next"] = "/\r\nset-cookie: stolen=1"
        return {}

    answer = ask(app)
    assert_problem(answer, 500)
    assert "set-cookie" not in answer.headers


def test_every_error_of_ours_has_one_root() -> None:
    for error in (ConfigError, AuthenticationError):
        assert issubclass(error, NexiosError)


def test_config_must_be_a_make_config() -> None:
    with pytest.raises(ConfigError, match="config is a MakeConfig, not dict"):
        NexiosApp(config={"secret_key": SECRET})  # type: ignore[arg-type]


@pytest.mark.anyio
async def test_a_client_that_has_gone_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    app, sent = NexiosApp(), []

    @app.post("/")
    async def handler(request: Request, response: Response) -> dict[str, int]:
        return {"size": len(await request.body())}

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [], "query_string": b""}
    await app(scope, receive, send)
    assert sent == []
    assert caplog.records == []
