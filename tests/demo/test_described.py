"""The demo's description of itself is true: asked by Schemathesis, and route by route."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from nexios.demo.app import COOKIE_NAME, create_app
from nexios.demo.database import PEOPLE
from nexios.demo.server import serving
from tests.openapi.asking import schemathesis
from tests.openapi.describing import operations

ALONE = [
    # Not what ends sessions: the one that is presented would be a stranger's from then on.
    *("--exclude-path-regex", "^/(logout|sessions)"),
    # A key that was revoked is still shown.
    *("--exclude-checks", "use_after_free"),
]


@pytest.fixture
def served(folder: Path) -> Iterator[str]:
    with serving(create_app(folder)) as url:
        yield url


def credentials(url: str) -> dict[str, str]:
    """Ada's, one for each scheme, as Schemathesis wants them told."""
    httpx2 = pytest.importorskip("httpx2")
    with httpx2.Client(base_url=url) as client:
        client.post("/login", json={"username": PEOPLE[0].username, "password": PEOPLE[0].password})
        token = client.post("/token", params={"seconds": "3600"}).json()["token"]
        made = client.post("/api/keys", json={"name": "asked"}).json()
        key = next(value for value in made.values() if str(value).startswith("key_"))
        return {
            "session": f'api_key = "{client.cookies[COOKIE_NAME]}"',
            "jwt": f'bearer = "{token}"',
            "apikey": f'api_key = "{key}"',
        }


def test_schemathesis_finds_no_failure_as_a_stranger(served: str, tmp_path: Path) -> None:
    assert "passed" in schemathesis(served, tmp_path, {})


def test_schemathesis_finds_no_failure_with_credentials(served: str, tmp_path: Path) -> None:
    found = schemathesis(served, tmp_path, credentials(served), *ALONE)
    refused = set(re.findall(r"^  - (\w+ /\S*)$", found, re.MULTILINE))
    assert not refused & {"GET /profile", "GET /admin", "GET /api/data", "POST /api/keys"}


def test_a_stranger_is_refused_where_the_description_says_so(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    for name, operation in operations(document).items():
        method, path = name.split()
        answer = client.request(method, re.sub(r"{\w+}", "1", path))
        assert (answer.status_code == 401) is ("security" in operation), name


def test_the_description_leads_to_every_route_that_is_no_file(client: TestClient) -> None:
    described = {tuple(name.split()) for name in operations(client.get("/openapi.json").json())}
    declared: set[Any] = {(method, row.path) for row in client.app.routes_table() for method in row.methods}
    assert declared - described == {
        ("GET", path)
        for path in ("/favicon.ico", "/static/{name}", "/code", "/openapi.json", "/docs", "/docs/{name}")
    }
    assert described <= declared
