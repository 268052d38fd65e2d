"""A handler returns a Struct or a dataclass."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient

from nexios import NexiosApp, Request, Response


class Item(msgspec.Struct):
    name: str
    made: datetime = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass
class Note:
    text: str
    item: Item


ITEM = {"name": "tea", "made": "2030-01-02T03:04:05Z"}
ANSWERS = {
    "a Struct": (Item("tea"), ITEM),
    "a dataclass": (Note("hot", Item("tea")), {"text": "hot", "item": ITEM}),
    "a list": ([Item("tea"), Item("tea")], [ITEM, ITEM]),
    "a dict": ({"item": Item("tea")}, {"item": ITEM}),
}


@pytest.mark.parametrize("touched", [False, True], ids=["alone", "with a status and a header"])
@pytest.mark.parametrize(("value", "expected"), ANSWERS.values(), ids=ANSWERS)
def test_it_is_sent_as_json(value: Any, expected: Any, touched: bool) -> None:
    app = NexiosApp()

    @app.get("/thing")
    async def thing(request: Request, response: Response) -> Any:
        if touched:
            response.status(201).set_header("X-Colour", "green")
        return value

    answer = TestClient(app).get("/thing")
    assert answer.status_code == (201 if touched else 200)
    assert answer.headers.get("x-colour") == ("green" if touched else None)
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == expected


@pytest.mark.parametrize("value", [Item, Note, object(), 7, ("a",)])
def test_anything_else_is_a_mistake_of_the_application(value: Any) -> None:
    app = NexiosApp()

    @app.get("/thing")
    async def thing(request: Request, response: Response) -> Any:
        return value

    assert TestClient(app, raise_server_exceptions=False).get("/thing").status_code == 500
