"""A handler names the type of its query: it gets that, or is not called."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, TypedDict

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from nexios import NexiosApp, Request, Response
from nexios.exceptions import ConfigError
from nexios.http import Query


class Page(msgspec.Struct):
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20
    tags: list[str] = []
    sort: Literal["name", "date"] = "name"
    since: date | None = None
    deep: bool = False
    over: float | None = None
    weights: list[float] = []
    mixed: float | str | None = None


@dataclass
class Search:
    words: str


class Thing(msgspec.Struct):
    name: str


def asking() -> tuple[TestClient, list[Any]]:
    app, seen = NexiosApp(), []

    @app.get("/things")
    async def things(request: Request, response: Response, page: Query[Page]) -> None:
        seen.append(page)

    return TestClient(app), seen


def test_the_handler_gets_what_the_query_says() -> None:
    client, seen = asking()
    client.get(
        "/things?limit=5&tags=a&tags=b&sort=date&since=2030-01-02&deep=true&other=1&over=0.5&weights=1&weights=2&mixed=x"
    )
    client.get("/things")
    assert seen == [Page(5, ["a", "b"], "date", date(2030, 1, 2), True, 0.5, [1.0, 2.0], "x"), Page()]


WRONG = {
    "limit=0": ("limit", "limit: Expected int >= 1."),
    "limit=many": ("limit", "limit: Expected int, got str."),
    "limit=": ("limit", "limit: Expected int, got str."),
    "limit=1&limit=2": ("limit", "limit: Given more than once."),
    "sort=size": ("sort", "sort: Invalid enum value 'size'."),
    "over=inf": ("over", "over: Expected a number that is finite."),
    "over=nan": ("over", "over: Expected a number that is finite."),
    "weights=1&weights=-inf": ("weights", "weights: Expected a number that is finite."),
    "since=yesterday": ("since", "since: Invalid RFC3339 encoded date."),
}


@pytest.mark.parametrize(("query", "expected"), WRONG.items(), ids=WRONG)
def test_a_wrong_query_is_told_by_its_parameter(query: str, expected: tuple[str, str]) -> None:
    client, seen = asking()
    answer = client.get(f"/things?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == expected[1]
    assert [error["parameter"] for error in answer.json()["errors"]] == [expected[0]]
    assert seen == []


@given(st.binary(max_size=40))
def test_whatever_query_is_sent_is_no_failure_of_the_server(raw: bytes) -> None:
    client, seen = asking()
    query = "".join(f"%{byte:02x}" if byte % 3 else chr(33 + byte % 94) for byte in raw).replace("#", "")
    assert client.get(f"/things?{query}").status_code in {204, 422}
    assert all(type(each) is Page for each in seen)


def test_a_field_without_a_default_must_be_there() -> None:
    app = NexiosApp()

    @app.get("/search")
    def search(request: Request, response: Response, search: Query[Search]) -> str:
        return search.words

    client = TestClient(app)
    assert client.get("/search?words=green%20tea").text == "green tea"
    assert client.get("/search").json()["detail"] == "words: Object missing required field words."


def test_a_query_and_a_body_stand_side_by_side() -> None:
    app = NexiosApp()

    @app.post("/things/{number:int}")
    async def make(
        request: Request, response: Response, number: int, page: Query[Page], thing: Thing
    ) -> dict[str, Any]:
        return {"number": number, "limit": page.limit, "name": thing.name}

    answer = TestClient(app).post("/things/7?limit=3", json={"name": "tea"})
    assert answer.json() == {"number": 7, "limit": 3, "name": "tea"}


class Row(msgspec.Struct, array_like=True):
    limit: int


class Dictionary(TypedDict):
    limit: int


class Nested(msgspec.Struct):
    thing: Thing


class ManyNested(msgspec.Struct):
    things: list[Thing]


def _text(request: Request, response: Response, words: Query[str]) -> None: ...


def _two(request: Request, response: Response, page: Query[Page], search: Query[Search]) -> None: ...


def _nested(request: Request, response: Response, nested: Query[Nested]) -> None: ...


def _many_nested(request: Request, response: Response, nested: Query[ManyNested]) -> None: ...


def _row(request: Request, response: Response, row: Query[Row]) -> None: ...


def _dictionary(request: Request, response: Response, row: Query[Dictionary]) -> None: ...


MISTAKES = {
    "an array": (_row, "is a Query of a Struct or a dataclass"),
    "a TypedDict": (_dictionary, "is a Query of a Struct or a dataclass"),
    "a text": (_text, "is a Query of a Struct or a dataclass"),
    "two queries": (_two, "is a second Query: put the fields of both into one Struct"),
    "an object in it": (_nested, "has a field 'thing' that no query can hold"),
    "objects in it": (_many_nested, "has a field 'things' that no query can hold"),
}


@pytest.mark.parametrize(("handler", "mend"), MISTAKES.values(), ids=MISTAKES)
def test_a_query_that_cannot_be_is_found_at_the_start(handler: Any, mend: str) -> None:
    app = NexiosApp()
    app.get("/things")(handler)
    with pytest.raises(ConfigError) as raised:
        app.build()
    assert mend in str(raised.value)
