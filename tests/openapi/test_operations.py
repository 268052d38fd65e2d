"""What of an application is described, and by which names."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.endpoints import HTTPEndpoint
from starlette.responses import PlainTextResponse

from nexios import NexiosApp, Request, Response
from nexios.exceptions import ConfigError
from nexios.openapi import describe
from nexios.openapi.words import operation_ids
from nexios.routing import Router
from tests.openapi.describing import document_of, only_operation, operations


async def handler(request: Request, response: Response) -> None: ...


async def with_name(request: Request, response: Response, name: str) -> None: ...


class Called:
    async def __call__(self, request: Request, response: Response) -> None: ...


def test_an_empty_application_is_described() -> None:
    assert document_of(NexiosApp(), description="What for.") == {
        "openapi": "3.1.0",
        "info": {"title": "Tea", "version": "1.2", "description": "What for."},
        "paths": {},
    }


def test_each_method_of_each_path_is_an_operation() -> None:
    app, group = NexiosApp(), Router("/group")
    for method in ("get", "post", "put", "patch", "delete"):
        getattr(app, method)("/things")(handler)
    app.route("/both", methods=["GET", "POST"])(handler)
    group.get("/{name}")(with_name)
    app.include(group, prefix="/v1")
    assert list(operations(document_of(app))) == [
        *(f"{method} /things" for method in ("GET", "POST", "PUT", "PATCH", "DELETE")),
        *("GET /both", "POST /both", "GET /v1/group/{name}"),
    ]


def test_what_openapi_has_no_words_for_is_left_out() -> None:
    app = NexiosApp()
    app.head("/things")(handler)
    app.options("/things")(handler)
    app.route("/things", methods=["PURGE"])(handler)
    app.mount("/old", NexiosApp())

    @app.websocket_route("/live")
    async def live(websocket: Any) -> None: ...

    assert document_of(app)["paths"] == {}


def test_the_methods_of_a_class_are_operations_of_their_own() -> None:
    app = NexiosApp()

    @app.route("/notes/{number:int}")
    @describe(tags=["notes"], answers={404: "There is no such note."})
    class Note:
        async def get(self, request: Request, response: Response, number: int) -> dict[str, Any]:
            """Read a note."""
            return {}

        @describe(deprecated=True, answers={409: "It is in use."})
        async def delete(self, request: Request, response: Response, number: int) -> None:
            """Throw a note away."""

        @staticmethod
        async def put(request: Request, response: Response) -> None:
            """Write a note."""

    found = operations(document_of(app))
    assert {name: operation["summary"] for name, operation in found.items()} == {
        "GET /notes/{number}": "Read a note",
        "PUT /notes/{number}": "Write a note",
        "DELETE /notes/{number}": "Throw a note away",
    }
    assert all(operation["tags"] == ["notes"] for operation in found.values())
    assert set(found["DELETE /notes/{number}"]["responses"]) == {"204", "404", "409"}
    assert found["DELETE /notes/{number}"]["deprecated"] is True
    assert "deprecated" not in found["GET /notes/{number}"]


def test_a_class_of_starlettes_is_described_by_its_methods() -> None:
    app = NexiosApp()

    @app.route("/old")
    class Old(HTTPEndpoint):
        async def get(self, request: Any) -> PlainTextResponse:
            """As ever."""
            return PlainTextResponse("as ever")

    assert only_operation(app)["summary"] == "As ever"


@pytest.mark.parametrize(
    "handler",
    [
        functools.partial(handler),
        Called(),
        lambda request, response: None,
    ],
    ids=["partial", "callable object", "lambda"],
)
def test_a_handler_of_any_kind_is_described(handler: Any) -> None:
    app = NexiosApp()
    app.get("/thing", name="show_the_thing")(handler)
    assert only_operation(app)["summary"] == "Show the thing"


def test_the_docstring_says_what_it_does_and_keeps_what_is_for_programmers() -> None:
    app = NexiosApp()

    @app.get("/thing")
    async def thing(request: Request, response: Response) -> None:
        """Show the thing
        in one line.

        It is shown as it is.

        And so on.

        Args:
            request: The request.
        """

    operation = only_operation(app)
    assert operation["summary"] == "Show the thing in one line"
    assert operation["description"] == "It is shown as it is.\n\nAnd so on."


def test_describe_has_the_last_word() -> None:
    app = NexiosApp()

    @app.get("/thing")
    @describe(summary="Another line", tags=["a", "b"], deprecated=True)
    async def thing(request: Request, response: Response) -> None:
        """One line."""

    operation = only_operation(app)
    assert operation["summary"] == "Another line"
    assert operation["tags"] == ["a", "b"]
    assert operation["deprecated"] is True


def test_what_is_hidden_is_not_described_nor_what_it_hides() -> None:
    app = NexiosApp()

    @app.get("/thing")
    @describe(hidden=True)
    async def first(request: Request, response: Response) -> None: ...

    app.get("/thing")(handler)  # never answers
    assert document_of(app)["paths"] == {}


def test_of_two_routes_the_one_that_answers_is_described() -> None:
    app = NexiosApp()

    @app.get("/things/{name}")
    async def first(request: Request, response: Response, name: str) -> None: ...

    @app.get("/things/{other}")
    async def second(request: Request, response: Response, other: str) -> None: ...

    @app.delete("/things/{other:int}")
    async def third(request: Request, response: Response, other: int) -> None: ...

    found = operations(document_of(app))
    assert {name: operation["operationId"] for name, operation in found.items()} == {
        "GET /things/{name}": "first",
        "DELETE /things/{name}": "third",
    }
    [parameter] = found["DELETE /things/{name}"]["parameters"]
    assert (parameter["name"], parameter["schema"]["type"]) == ("name", "integer")


def test_ids_are_the_names_of_routes_where_that_will_do() -> None:
    app = NexiosApp()
    app.get("/a")(handler)
    app.get("/b", name="b")(handler)
    app.get("/c", name="both")(handler)
    app.post("/c", name="both")(handler)
    app.get("/d", name="both")(handler)
    found = operations(document_of(app))
    assert [operation["operationId"] for operation in found.values()] == [
        *("handler", "b", "both_get", "both_post", "both_get_2"),
    ]


@given(st.lists(st.tuples(st.sampled_from(["a", "a_get", "a_get_2", "b"]), st.sampled_from(["GET", "POST"]))))
def test_no_two_ids_are_alike(named: list[tuple[str, str]]) -> None:
    found = operation_ids(named)
    assert len(found) == len(named)
    assert len(set(found)) == len(found)


MISTAKES: dict[str, Any] = {
    "a text for tags": ({"tags": "notes"}, r'takes a list: tags=\["notes"\]'),
    "a status that is none": ({"status": 700}, "700 is no HTTP status"),
    "a body and a form": ({"body": dict, "form": dict}, "takes body or form, not both"),
    "a text for a status": ({"answers": {"404": "No."}}, "'404' is no HTTP status"),
}


@pytest.mark.parametrize(("options", "mend"), MISTAKES.values(), ids=MISTAKES)
def test_a_wrong_description_is_refused_where_it_stands(options: dict[str, Any], mend: str) -> None:
    with pytest.raises(ConfigError, match=mend):
        describe(**options)


def test_a_method_of_an_object_is_described_in_its_class() -> None:
    class Things:
        async def get(self, request: Request, response: Response) -> None: ...

    with pytest.raises(ConfigError, match="put it on the method"):
        describe(summary="x")(Things().get)
