"""The example that describes itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from tests.openapi.describing import document_of, operations


@pytest.fixture
def client(client_of: Callable[[str], TestClient]) -> TestClient:
    client = client_of("described")
    client.headers["Authorization"] = f"Bearer {client.post('/guests').text}"
    return client


def test_notes_are_kept_for_their_owner(client: TestClient) -> None:
    made = client.post("/notes", json={"text": "Buy tea", "tags": ["shop"]})
    assert made.status_code == 201
    assert made.json() == {"number": 1, "text": "Buy tea", "tags": ["shop"]}
    assert client.get("/notes/1").json() == made.json()
    assert client.get("/notes?tag=shop").json() == [made.json()]
    assert client.get("/notes?tag=home").json() == []
    other = {"Authorization": f"Bearer {client.post('/guests').text}"}
    assert client.get("/notes/1", headers=other).status_code == 404
    assert client.get("/notes", headers=other).json() == []


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": "x" * 201}, {"text": "x", "owner": "ada"}])
def test_a_note_that_is_none_is_refused(client: TestClient, body: dict[str, str]) -> None:
    assert client.post("/notes", json=body).status_code == 422
    assert client.get("/notes").json() == []


def test_a_stranger_is_refused_where_the_description_says_so(client: TestClient) -> None:
    client.headers.pop("Authorization")
    found = operations(document_of(client.app))  # type: ignore[arg-type]
    assert len(found) == 4
    for name, operation in found.items():
        method, path = name.split()
        answer = client.request(method, path.replace("{number}", "1"))
        assert (answer.status_code == 401) is ("security" in operation), name
