"""Backends and user models that fail: nobody gets in, and nothing else falls with them."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.testclient import TestClient

from nexios import NexiosApp, Request, Response
from nexios.auth import (
    AuthenticationMiddleware,
    AuthResult,
    BaseUser,
    UnauthenticatedUser,
    auth,
    has_permission,
)
from nexios.auth.backends.apikey import APIKeyAuthBackend, create_api_key
from nexios.auth.backends.base import AuthenticationBackend
from nexios.exceptions import StoreUnavailable
from tests.parts import ByHeader, Person, assert_problem

ran: list[str] = []


@pytest.fixture(autouse=True)
def forget() -> None:
    ran.clear()


class Answering(AuthenticationBackend):
    """Answers, or raises, whatever it is told."""

    scope = "answering"

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    async def authenticate(self, request: Request, response: Response) -> Any:
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


def client_for(*backends: AuthenticationBackend, user_model: type[BaseUser] = Person) -> TestClient:
    app = NexiosApp()
    app.add_middleware(AuthenticationMiddleware(user_model=user_model, backends=list(backends)))

    async def answer(request: Request, response: Response) -> dict[str, Any]:
        ran.append(request.url.path)
        return {"user": request.user.identity, "auth": request.auth, "credential": request.credential}

    def again() -> Any:
        async def handler(request: Request, response: Response) -> Any:
            return await answer(request, response)

        return handler

    app.get("/open")(again())
    app.get("/guarded")(auth()(again()))
    app.get("/scope")(auth(backends[0].scope)(again()))
    app.get("/permission")(has_permission("read")(again()))
    return TestClient(app)


def assert_closed(client: TestClient, headers: dict[str, str] | None = None) -> None:
    """Guarded routes answer 503 and do not run; the open one sees a stranger."""
    for path in ("/guarded", "/scope", "/permission"):
        answer = client.get(path, headers=headers)
        assert_problem(answer, 503, "Authentication is not available at the moment.")
        assert "www-authenticate" not in answer.headers
    assert ran == []
    opened = client.get("/open", headers=headers)
    assert opened.json() == {"user": "", "auth": None, "credential": None}
    ran.clear()


class TextOnly(str):
    pass


RUBBISH = {
    "True": True,
    "False": False,
    "text": "ada",
    "dict": {"success": True, "identity": "ada", "scope": "x"},
    "tuple": (True, "ada", "x"),
    "user": Person("ada"),
    "success of 1": AuthResult(1, "ada", "x"),  # type: ignore[arg-type]
    "success of text": AuthResult("yes", "ada", "x"),  # type: ignore[arg-type]
    "success of None": AuthResult(None, "", "x"),  # type: ignore[arg-type]
    "empty identity": AuthResult(True, "", "x"),
    "identity None": AuthResult(True, None, "x"),  # type: ignore[arg-type]
    "identity number": AuthResult(True, 7, "x"),  # type: ignore[arg-type]
    "identity bytes": AuthResult(True, b"ada", "x"),  # type: ignore[arg-type]
    "identity list": AuthResult(True, ["ada"], "x"),  # type: ignore[arg-type]
    "empty scope": AuthResult(True, "ada", ""),
    "scope None": AuthResult(True, "ada", None),  # type: ignore[arg-type]
    "permissions text": AuthResult(True, "ada", "x", "read"),
}


@pytest.mark.parametrize("rubbish", RUBBISH.values(), ids=RUBBISH)
def test_a_backend_that_answers_rubbish_lets_nobody_in(
    rubbish: Any, caplog: pytest.LogCaptureFixture
) -> None:
    assert_closed(client_for(Answering(rubbish)))
    assert "Answering failed: guarded routes answer 503" in caplog.text


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("hunter2"),
        KeyError("hunter2"),
        HTTPException(200, "hunter2"),
        HTTPException(401, "hunter2"),
        TimeoutError("hunter2"),
        StopAsyncIteration("hunter2"),
        RecursionError("hunter2"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_backend_that_raises_lets_nobody_in_and_the_cause_stands_in_the_log(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    client = client_for(Answering(error))
    assert_closed(client)
    assert "hunter2" not in client.get("/guarded").text
    assert "hunter2" in caplog.text
    assert "Answering failed: guarded routes answer 503" in caplog.text


def test_no_later_backend_is_asked_in_place_of_one_that_failed() -> None:
    assert_closed(client_for(Answering(RuntimeError()), ByHeader()), {"x-user": "ada"})
    assert_closed(client_for(Answering("rubbish"), ByHeader()), {"x-user": "ada"})


def test_a_backend_that_succeeded_before_the_failure_still_lets_in() -> None:
    client = client_for(ByHeader(), Answering(RuntimeError()))
    headers = {"x-user": "ada"}
    for path in ("/open", "/guarded", "/scope", "/permission"):
        assert client.get(path, headers=headers).json()["user"] == "ada"


def test_a_scope_that_only_the_failing_backend_has_is_not_available() -> None:
    app = NexiosApp()
    backends = [ByHeader(), Answering(RuntimeError()), ByHeader("third")]
    app.add_middleware(AuthenticationMiddleware(user_model=Person, backends=backends))
    for scope in ("answering", "third"):

        @app.get(f"/{scope}")
        @auth(scope)
        async def handler(request: Request, response: Response) -> None:
            ran.append("handler")

    client = TestClient(app)
    for scope in ("answering", "third"):
        assert_problem(client.get(f"/{scope}", headers={"x-user": "ada"}), 503)
    assert ran == []


def model_whose_load(load: Any) -> type[BaseUser]:
    class User(Person):
        @classmethod
        async def load_user(cls, identity: str) -> Any:
            found = load(cls, identity)
            if isinstance(found, BaseException):
                raise found
            return found

    return User


class Stranger(Person):
    is_authenticated = False


LOADED: dict[str, Any] = {
    "raises": lambda cls, identity: RuntimeError("database gone"),
    "another class": lambda cls, identity: UnauthenticatedUser(),
    "its parent class": lambda cls, identity: Person(identity),
    "the class itself": lambda cls, identity: cls,
    "text": lambda cls, identity: identity,
    "True": lambda cls, identity: True,
    "False": lambda cls, identity: False,
    "a dict": lambda cls, identity: {"identity": identity},
    "a coroutine's leftover": lambda cls, identity: object(),
}


@pytest.mark.parametrize("load", LOADED.values(), ids=LOADED)
def test_a_load_user_that_fails_or_answers_rubbish_lets_nobody_in(
    load: Any, caplog: pytest.LogCaptureFixture
) -> None:
    client = client_for(ByHeader(), user_model=model_whose_load(load))
    assert_closed(client, {"x-user": "ada"})
    assert "ByHeader failed" in caplog.text
    assert client.get("/guarded").status_code == 401


def test_a_user_that_is_not_found_is_refused_and_the_next_backend_is_asked() -> None:
    client = client_for(ByHeader("first", "x-first"), ByHeader())
    headers = {"x-first": "nobody", "x-user": "ada"}
    assert client.get("/guarded", headers=headers).json()["user"] == "ada"
    assert_problem(client.get("/guarded", headers={"x-first": "nobody"}), 401, "The credential was refused.")


def authenticated_as(value: Any) -> type[BaseUser]:
    class User(Person):
        is_authenticated = value

    return User


@pytest.mark.parametrize("value", [False, None, 0, 1, "yes", lambda self: True], ids=repr)
def test_a_user_that_is_not_authenticated_is_refused(value: Any, caplog: pytest.LogCaptureFixture) -> None:
    client = client_for(ByHeader(), user_model=authenticated_as(value))
    assert_problem(client.get("/guarded", headers={"x-user": "ada"}), 401, "The credential was refused.")
    assert client.get("/open", headers={"x-user": "ada"}).json()["user"] == ""
    assert "a user that is not authenticated: the credential is refused" in caplog.text


def test_a_user_whose_is_authenticated_fails_lets_nobody_in() -> None:
    def broken(self: Any) -> bool:
        raise RuntimeError("broken")

    assert_closed(client_for(ByHeader(), user_model=authenticated_as(property(broken))), {"x-user": "ada"})


def test_a_failure_is_over_with_its_request() -> None:
    backend = Answering(RuntimeError())
    client = client_for(backend)
    assert client.get("/guarded").status_code == 503
    backend.answer = AuthResult(True, "ada", "answering")
    assert client.get("/guarded").json()["user"] == "ada"


def test_an_api_key_does_not_reach_the_log_by_way_of_an_exception(caplog: pytest.LogCaptureFixture) -> None:
    key, _ = create_api_key()
    client = client_for(APIKeyAuthBackend(), user_model=model_whose_load(lambda cls, key: {}[key]))
    answer = client.get("/guarded", headers={"x-api-key": key})
    assert_problem(answer, 503)
    assert key not in caplog.text
    assert "APIKeyAuthBackend failed: guarded routes answer 503" in caplog.text
    assert "KeyError" in caplog.text


def test_a_store_that_is_away_is_one_line_for_each_request_and_no_stack_trace(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = client_for(Answering(StoreUnavailable("the store at db:5432/app did not answer in time")))
    assert_closed(client)
    said = [record for record in caplog.records if "Answering failed" in record.getMessage()]
    assert said
    for record in said:
        assert record.exc_info is None
        assert record.getMessage().endswith("(the store at db:5432/app did not answer in time)")


def test_a_backend_without_authenticate_lets_nobody_in_and_says_what_to_define(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Unfinished(AuthenticationBackend):
        pass

    assert_closed(client_for(Unfinished()))
    assert "Unfinished must define `async def authenticate(self, request, response)`" in caplog.text
