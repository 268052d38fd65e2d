"""A handler names the type of its body: it gets that, or is not called."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from nexios import NexiosApp, Request, Response
from nexios.auth import auth
from nexios.exceptions import ConfigError
from nexios.http import BodyLimit
from tests.parts import app_for, assert_problem


class Item(msgspec.Struct):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
    count: int = 1


class Order(msgspec.Struct, forbid_unknown_fields=True):
    items: list[Item]
    notes: dict[str, Item] = {}
    by: Literal["post", "van"] = "post"
    until: date | None = None

    def __post_init__(self) -> None:
        if len(self.items) > 3:
            raise ValueError("at most three items go into an order")
        if self.by == "van" and self.until is None:
            raise TypeError("secret of the house")


@dataclass
class Note:
    text: str
    tags: list[str] = field(default_factory=list)


def ordering() -> tuple[TestClient, list[Any]]:
    app, seen = NexiosApp(), []

    @app.post("/orders")
    async def order(request: Request, response: Response, order: Order) -> None:
        seen.append(order)

    return TestClient(app), seen


def test_the_handler_gets_the_struct() -> None:
    client, seen = ordering()
    assert client.post("/orders", json={"items": [{"name": "tea"}], "until": "2030-01-02"}).status_code == 204
    assert seen == [Order([Item("tea")], until=date(2030, 1, 2))]


def test_a_dataclass_a_list_and_a_mapping_do_as_well() -> None:
    app = NexiosApp()

    @app.post("/note/{number:int}")
    def sync(request: Request, response: Response, note: Note, number: int) -> dict[str, Any]:
        return {"number": number, "text": note.text, "tags": note.tags}

    @app.post("/notes")
    async def notes(request: Request, response: Response, *, all_of_them: list[Note]) -> list[str]:
        return [note.text for note in all_of_them]

    @app.post("/named")
    async def named(request: Request, response: Response, notes: dict[str, Note]) -> list[str]:
        return [f"{name}: {note.text}" for name, note in notes.items()]

    client = TestClient(app)
    assert client.post("/note/7", json={"text": "a", "tags": ["b"]}).json() == {
        "number": 7,
        "text": "a",
        "tags": ["b"],
    }
    assert client.post("/notes", json=[{"text": "a"}, {"text": "b"}]).json() == ["a", "b"]
    assert client.post("/named", json={"x": {"text": "a"}}).json() == ["x: a"]


def test_the_methods_of_a_class_have_bodies_of_their_own() -> None:
    app = NexiosApp()

    @app.route("/things")
    class Things:
        async def post(self, request: Request, response: Response, item: Item) -> Item:
            return item

        async def put(self, request: Request, response: Response, note: Note) -> Note:
            return note

    client = TestClient(app)
    assert client.post("/things", json={"name": "tea"}).json() == {"name": "tea", "count": 1}
    assert client.put("/things", json={"text": "tea"}).json() == {"text": "tea", "tags": []}
    assert client.put("/things", json={"name": "tea"}).status_code == 422


@pytest.mark.parametrize("written", ["2", "2.0", "2e0", "0.2e1"])
def test_a_whole_number_is_one_however_it_is_written(written: str) -> None:
    client, seen = ordering()
    raw = (
        f'{{"items": [{{"name": "tea", "count": {written}}}], "notes": {{"x": {{"name": "a", "count": 3}}}}}}'
    )
    answer = client.post("/orders", content=raw, headers={"Content-Type": "application/json"})
    assert answer.status_code == 204
    assert seen == [Order([Item("tea", 2)], notes={"x": Item("a", 3)})]
    assert type(seen[0].items[0].count) is int


@pytest.mark.parametrize("written", ["2.5", "1e300", "9007199254740994.0", '"2"', "true"])
def test_what_is_no_whole_number_is_told_by_its_field(written: str) -> None:
    client, seen = ordering()
    raw = f'{{"items": [{{"name": "tea", "count": {written}}}], "until": "2030-01-02"}}'
    answer = client.post("/orders", content=raw, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "#/items/0/count"
    assert seen == []


WRONG = {
    "a field of another type": (
        {"items": [{"name": 7}]},
        "#/items/0/name",
        "items.0.name: Expected str, got int.",
    ),
    "a field that is missing": (
        {"items": [{}]},
        "#/items/0/name",
        "items.0.name: Object missing required field name.",
    ),
    "the first field that is missing": ({}, "#/items", "items: Object missing required field items."),
    "a field that is not known": (
        {"items": [], "a/b~c": 1},
        "#/a~1b~0c",
        "a/b~c: Object contains unknown field a/b~c.",
    ),
    "a field that is not known and long": (
        {"items": [], "x" * 5000: 1},
        "#/" + "x" * 300,
        f"{'x' * 300}: {('Object contains unknown field ' + 'x' * 5000)[:300]}.",
    ),
    "a text that is too short": (
        {"items": [{"name": ""}]},
        "#/items/0/name",
        "items.0.name: Expected str of length >= 1.",
    ),
    "a value that is none of the few": (
        {"items": [], "by": "air"},
        "#/by",
        "by: Invalid enum value 'air'.",
    ),
    "a value below a key that is not told": (
        {"items": [], "notes": {"x": {"name": 7}}},
        "#/notes",
        "notes: Expected str, got int.",
    ),
    "the whole of another type": ([], "#", "Expected object, got array."),
    "a rule of the type's own": (
        {"items": [{"name": "tea"}] * 4},
        "#",
        "at most three items go into an order.",
    ),
    "a mistake in a rule of the type's own": ({"items": [], "by": "van"}, "#", "not what is wanted here."),
    "a value that is none of the few and long": (
        {"items": [], "by": "x" * 5000},
        "#/by",
        f"by: {('Invalid enum value ' + chr(39) + 'x' * 5000)[:300]}.",
    ),
}


@pytest.mark.parametrize(("body", "pointer", "detail"), WRONG.values(), ids=WRONG)
def test_a_wrong_body_is_told_by_its_field(body: Any, pointer: str, detail: str) -> None:
    client, seen = ordering()
    answer = client.post("/orders", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    said = detail.removeprefix(
        pointer.removeprefix("#/").replace("/", ".").replace("~1", "/").replace("~0", "~")
    )
    assert answer.json() == {
        "type": "about:blank",
        "title": answer.json()["title"],
        "status": 422,
        "detail": detail,
        "errors": [{"detail": said.removeprefix(": "), "pointer": pointer}],
    }
    assert seen == []


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_whatever_json_is_sent_the_handler_gets_an_order_or_nothing(value: Any) -> None:
    client, seen = ordering()
    answer = client.post("/orders", content=json.dumps(value), headers={"Content-Type": "application/json"})
    assert (answer.status_code, len(seen)) in {(204, 1), (422, 0), (400, 0)}
    assert all(type(each) is Order for each in seen)


@given(st.binary(max_size=60))
def test_whatever_bytes_are_sent_are_no_failure_of_the_server(raw: bytes) -> None:
    client, seen = ordering()
    answer = client.post("/orders", content=raw, headers={"Content-Type": "application/json"})
    assert answer.status_code in {204, 400, 422}
    assert seen == [] or answer.status_code == 204


DEEP = b'{"items": [{"name": "tea", "other": ' + b"[" * 100_000


@pytest.mark.parametrize("raw", [b"", b"{", b"{]", b"\xff", b'{"items": []} x', DEEP])
def test_a_body_that_is_no_json_is_a_bad_request(raw: bytes) -> None:
    client, seen = ordering()
    answer = client.post("/orders", content=raw, headers={"Content-Type": "application/json"})
    assert_problem(answer, 400, "The body is not valid JSON.")
    assert seen == []


TYPES = {
    "application/json": 204,
    "Application/JSON; charset=UTF-8": 204,
    "application/merge-patch+json": 204,
    'application/json;charset="utf-8"': 204,
    "application/json; charset=utf-16": 415,
    "application/x-www-form-urlencoded": 415,
    "multipart/form-data; boundary=x": 415,
    "text/plain": 415,
    "text/plain; application/json": 415,
    "application/jsonp": 415,
    "text/json": 415,
    "": 415,
}


@pytest.mark.parametrize(("media_type", "status"), TYPES.items(), ids=[name or "none" for name in TYPES])
def test_only_json_is_read(media_type: str, status: int) -> None:
    client, seen = ordering()
    headers = {"Content-Type": media_type} if media_type else {}
    answer = client.post("/orders", content=b'{"items": []}', headers=headers)
    assert answer.status_code == status
    assert len(seen) == (status == 204)
    if status == 415:
        assert_problem(answer, 415, "The body must be application/json.")
        assert answer.headers["accept"] == "application/json"


def test_a_compressed_body_is_not_read() -> None:
    client, seen = ordering()
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    assert client.post("/orders", content=b'{"items": []}', headers=headers).status_code == 415
    assert seen == []


def test_a_body_is_bounded() -> None:
    client, seen = ordering()
    big = json.dumps({"items": [], "notes": {"x" * 2**20: {"name": "x"}}})
    answer = client.post("/orders", content=big, headers={"Content-Type": "application/json"})
    assert_problem(answer, 413, "The body has more than 1048576 bytes.")
    assert seen == []


def test_a_handler_says_how_large_its_body_may_be() -> None:
    app = NexiosApp()

    @app.post("/small")
    async def small(request: Request, response: Response, item: Annotated[Item, BodyLimit(20)]) -> Item:
        return item

    client = TestClient(app)
    assert client.post("/small", json={"name": "tea"}).status_code == 200
    assert client.post("/small", json={"name": "much more tea"}).status_code == 413


@pytest.mark.parametrize("size", [0, -1, True, "1"])
def test_a_limit_is_a_number_of_bytes(size: Any) -> None:
    with pytest.raises(ConfigError, match=r"BodyLimit\(10_000_000\)"):
        BodyLimit(size)


def test_a_body_that_may_be_left_out_is_none() -> None:
    app = NexiosApp()

    @app.post("/things")
    async def make(request: Request, response: Response, item: Item | None) -> dict[str, Any]:
        return {"name": None if item is None else item.name}

    client = TestClient(app)
    assert client.post("/things").json() == {"name": None}
    assert client.post("/things", json={"name": "tea"}).json() == {"name": "tea"}
    assert client.post("/things", json={}).status_code == 422


def test_the_handler_may_still_read_the_body_itself() -> None:
    app = NexiosApp()

    @app.post("/things")
    async def make(request: Request, response: Response, item: Item) -> dict[str, Any]:
        return {"raw": (await request.body()).decode(), "json": await request.json()}

    answer = TestClient(app).post("/things", json={"name": "tea"}).json()
    assert json.loads(answer["raw"]) == answer["json"] == {"name": "tea"}


def test_a_stranger_is_refused_before_anything_is_read() -> None:
    app, seen = app_for(), []

    @app.post("/things")
    @auth()
    async def make(request: Request, response: Response, item: Item) -> Item:
        seen.append(item)
        return item

    client = TestClient(app)
    assert client.post("/things", content=b"{").status_code == 401
    assert client.post("/things", json={"name": 7}).status_code == 401
    assert client.post("/things", json={"name": "tea"}).status_code == 401
    assert seen == []
    assert client.post("/things", json={"name": 7}, headers={"X-User": "ada"}).status_code == 422
    assert client.post("/things", json={"name": "tea"}, headers={"X-User": "ada"}).json()["name"] == "tea"


def test_what_a_type_of_ones_own_says_reaches_an_exception_handler_too() -> None:
    app = NexiosApp()

    @app.exception_handler(422)
    async def in_own_form(request: Request, error: Any) -> dict[str, Any]:
        return {"wrong": error.errors}

    @app.post("/things")
    async def make(request: Request, response: Response, item: Item) -> Item:
        return item

    answer = TestClient(app).post("/things", json={})
    assert answer.status_code == 422
    assert answer.json() == {
        "wrong": [{"detail": "Object missing required field name.", "pointer": "#/name"}]
    }


def test_a_parameter_with_a_default_is_the_handlers_own() -> None:
    app = NexiosApp()

    @app.post("/things")
    async def make(request: Request, response: Response, item: Item = Item("own")) -> Item:  # noqa: B008
        return item

    assert TestClient(app).post("/things", json={"name": "theirs"}).json()["name"] == "own"


class Socket:
    pass


class Odd(msgspec.Struct):
    socket: Socket


def _two(request: Request, response: Response, item: Item, note: Note) -> None: ...


def _custom(request: Request, response: Response, odd: Odd) -> None: ...


def _untyped(request: Request, response: Response, item) -> None: ...  # type: ignore[no-untyped-def]


def _plain(request: Request, response: Response, name: str) -> None: ...


def _unknown(request: Request, response: Response, item: Nowhere) -> None: ...  # type: ignore[name-defined]  # noqa: F821


MISTAKES = {
    "two bodies": (
        _two,
        "the parameter 'note' of _two is a second body: put the fields of both into one Struct",
    ),
    "a class that JSON does not know": (_custom, "the parameter 'odd' of _custom cannot be read from JSON"),
    "no annotation": (_untyped, "annotate it with a msgspec Struct or a dataclass"),
    "a text that the path does not have": (_plain, "put {name} into the path"),
    "an annotation that is nowhere": (_unknown, "define or import it at the top of the module"),
}


@pytest.mark.parametrize(("handler", "mend"), MISTAKES.values(), ids=MISTAKES)
def test_a_handler_that_cannot_be_called_is_found_at_the_start(handler: Any, mend: str) -> None:
    app = NexiosApp()
    app.post("/things")(handler)
    with pytest.raises(ConfigError) as raised:
        app.build()
    assert mend in str(raised.value)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_get_has_no_body(method: str) -> None:
    app = NexiosApp()

    @app.route("/things", methods=[method])
    async def find(request: Request, response: Response, item: Item) -> Item:
        return item

    with pytest.raises(ConfigError, match=r"a GET has no body.*item: Query\[Item\]"):
        app.build()


def test_a_websocket_has_no_body() -> None:
    app = NexiosApp()

    @app.websocket_route("/live")
    async def live(websocket: Any, item: Item) -> None: ...

    with pytest.raises(ConfigError, match=r"live has a parameter 'item'"):
        app.build()
