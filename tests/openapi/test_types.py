"""What the types of a handler say in the description."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal

import msgspec
import pytest
from starlette.responses import RedirectResponse, StreamingResponse

from nexios import NexiosApp, Request, Response
from nexios.http import BodyLimit, Query
from nexios.openapi import describe
from tests.openapi.describing import document_of, only_operation


class Colour(Enum):
    GREEN = "green"
    BLACK = "black"


class Tea(msgspec.Struct):
    """A kind of tea."""

    name: Annotated[str, msgspec.Meta(min_length=1, description="As it is called.")]
    colour: Colour = Colour.GREEN


class Page(msgspec.Struct):
    after: str
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20
    colours: list[Colour] = []


@dataclass
class Note:
    text: str
    tea: Tea | None = None


TEA = {"$ref": "#/components/schemas/Tea"}
NOTE = {"$ref": "#/components/schemas/Note"}


def returning(annotation: Any, **said: Any) -> dict[str, Any]:
    """The answers of a handler with this annotation."""
    app = NexiosApp()

    async def handler(request: Request, response: Response) -> Any: ...

    handler.__annotations__["return"] = annotation
    app.get("/thing")(describe(**said)(handler) if said else handler)
    found: dict[str, Any] = only_operation(app)["responses"]
    return found


@pytest.mark.parametrize(
    ("convertor", "schema"),
    [
        ("", {"type": "string", "minLength": 1}),
        (":int", {"type": "integer", "minimum": 0}),
        (":float", {"type": "number", "minimum": 0}),
        (":uuid", {"type": "string", "format": "uuid"}),
        (":path", {"type": "string"}),
    ],
)
def test_a_path_parameter_has_the_type_of_its_convertor(convertor: str, schema: dict[str, Any]) -> None:
    app = NexiosApp()

    @app.get(f"/things/{{key{convertor}}}")
    async def thing(request: Request, response: Response, key: uuid.UUID | int | str) -> None: ...

    operation = only_operation(app)
    assert operation["parameters"] == [{"name": "key", "in": "path", "required": True, "schema": schema}]
    assert operation["responses"]["404"] == {"$ref": "#/components/responses/NotFound"}


def test_a_query_is_a_parameter_for_each_field() -> None:
    app = NexiosApp()

    @app.get("/teas")
    async def teas(request: Request, response: Response, page: Query[Page]) -> None: ...

    document = document_of(app)
    operation = document["paths"]["/teas"]["get"]
    assert operation["parameters"] == [
        {"name": "after", "in": "query", "required": True, "schema": {"type": "string"}},
        {
            "name": "limit",
            "in": "query",
            "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
        },
        {
            "name": "colours",
            "in": "query",
            "schema": {"type": "array", "items": {"$ref": "#/components/schemas/Colour"}, "default": []},
        },
    ]
    assert set(document["components"]["schemas"]) == {"Colour", "Problem", "ProblemError"}
    assert operation["responses"]["422"] == {"$ref": "#/components/responses/UnprocessableContent"}


BODIES = {
    "a Struct": (Tea, True, TEA),
    "a dataclass": (Note, True, NOTE),
    "a list": (list[Tea], True, {"type": "array", "items": TEA}),
    "one with a limit": (Annotated[Tea, BodyLimit(10)], True, TEA),
    "one that may be left out": (Tea | None, False, {"anyOf": [TEA, {"type": "null"}]}),
}


@pytest.mark.parametrize(("kind", "required", "schema"), BODIES.values(), ids=BODIES)
def test_a_body_has_the_schema_of_its_type(kind: Any, required: bool, schema: dict[str, Any]) -> None:
    app = NexiosApp()

    async def make(request: Request, response: Response, thing: Any) -> None: ...

    make.__annotations__["thing"] = kind
    app.post("/things")(make)
    operation = only_operation(app)
    body = operation["requestBody"]
    assert body["required"] is required
    written = body["content"]["application/json"]["schema"]
    if "anyOf" in written:
        written["anyOf"].sort(key=lambda each: "type" in each)
    assert written == schema
    assert set(operation["responses"]) == {"204", "400", "413", "415", "422"}


def test_a_type_stands_in_the_document_once_with_what_it_is_made_of() -> None:
    app = NexiosApp()

    @app.post("/notes")
    async def write(request: Request, response: Response, note: Note) -> list[Note]: ...

    schemas = document_of(app)["components"]["schemas"]
    assert set(schemas) == {"Colour", "Note", "Problem", "ProblemError", "Tea"}
    assert schemas["Tea"]["properties"]["name"] == {
        "type": "string",
        "minLength": 1,
        "description": "As it is called.",
    }
    assert schemas["Tea"]["description"] == "A kind of tea."


def test_two_types_of_one_name_are_told_apart() -> None:
    class Problem(msgspec.Struct):
        """One that is not ours."""

        riddle: str

    app = NexiosApp()

    async def riddle(request: Request, response: Response, problem: Any) -> Any: ...

    riddle.__annotations__ |= {"problem": Problem, "return": Problem}
    app.post("/riddles")(riddle)
    schemas = document_of(app)["components"]["schemas"]
    assert sorted(
        "riddle" in schema["properties"] for name, schema in schemas.items() if "Problem" in name
    ) == [
        *(False, False, True),
    ]


JSON = {"application/json"}
ANSWERS = {
    "a Struct": (Tea, {"200": JSON}),
    "a dataclass": (Note, {"200": JSON}),
    "a list": (list[Tea], {"200": JSON}),
    "a mapping": (dict[str, Any], {"200": JSON}),
    "a Mapping": (Mapping[str, Tea], {"200": JSON}),
    "a Sequence": (Sequence[Tea], {"200": JSON}),
    "a dict": (dict, {"200": JSON}),
    "an annotation with more": (Annotated[Tea, "more"], {"200": JSON}),
    "text": (str, {"200": {"text/plain"}}),
    "bytes": (bytes, {"200": {"application/octet-stream"}}),
    "nothing": (None, {"204": set()}),
    "something or nothing": (Tea | None, {"200": JSON, "204": set()}),
    "something or a response": (Tea | RedirectResponse, {"200": JSON}),
    "a response or nothing": (Response | None, {"200": set(), "204": set()}),
    "either of two": (Tea | list[Tea], {"200": JSON}),
    "text or something": (str | Tea, {"200": set()}),
    "a response": (Response, {"200": set()}),
    "a response of Starlette's": (StreamingResponse, {"200": set()}),
    "anything": (Any, {"200": set()}),
    "a word that stands for nothing": ("Nowhere", {"200": set()}),
    "a choice": (Literal["a", "b"], {"200": set()}),
    "a class that JSON does not know": (list[object], {"200": set()}),
}


@pytest.mark.parametrize(("annotation", "expected"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_has_the_schema_of_what_is_returned(annotation: Any, expected: dict[str, set[str]]) -> None:
    found = returning(annotation)
    assert {status: set(answer.get("content", ())) for status, answer in found.items()} == expected


def test_no_annotation_says_nothing_of_the_answer() -> None:
    app = NexiosApp()
    app.get("/thing")(lambda request, response: {})
    assert only_operation(app)["responses"] == {"200": {"description": "OK"}}


def test_describe_says_what_the_annotation_cannot() -> None:
    said = returning(
        Response,
        status=201,
        returns=Tea,
        answers={202: "Later.", 303: "Elsewhere.", 404: "No tea.", 409: Note},
    )
    assert said == {
        "201": {"description": "Created", "content": {"application/json": {"schema": TEA}}},
        "202": {"description": "Later."},
        "303": {"description": "Elsewhere."},
        "404": {
            "description": "No tea.",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        },
        "409": {"description": "Conflict", "content": {"application/json": {"schema": NOTE}}},
    }


def test_a_status_that_has_no_name_is_described() -> None:
    assert returning(None, status=299) == {"299": {"description": "Status 299"}}


def test_a_body_that_the_handler_reads_itself_is_described_by_hand() -> None:
    app = NexiosApp()

    @app.post("/json")
    @describe(body=Tea, answers={400: "No tea."})
    async def by_json(request: Request, response: Response) -> None: ...

    @app.post("/form")
    @describe(form=Note | None)
    async def by_form(request: Request, response: Response) -> None: ...

    paths = document_of(app)["paths"]
    assert paths["/json"]["post"]["requestBody"] == {
        "required": True,
        "content": {"application/json": {"schema": TEA}},
    }
    assert set(paths["/json"]["post"]["responses"]) == {"204", "400"}
    form = paths["/form"]["post"]["requestBody"]
    assert form["required"] is False
    assert set(form["content"]) == {"application/x-www-form-urlencoded"}
