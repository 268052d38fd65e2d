"""The demo's description of itself is true: asked by Schemathesis, and route by route."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from nexios.demo.app import COOKIE_NAME, create_app
from nexios.demo.database import PEOPLE
from nexios.demo.server import serving
from tests.openapi.describing import operations

EXAMPLES = 15
SECONDS = 120


@pytest.fixture
def served(folder: Path) -> Iterator[str]:
    with serving(create_app(folder)) as url:
        yield url


def schemathesis(url: str, folder: Path, settings: str, *arguments: str) -> str:
    """Ask everything of the description; what it says that is not true is a failure."""
    (folder / "schemathesis.toml").write_text(settings, encoding="utf-8")
    command = [
        *(sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"),
        *("--config-file", "schemathesis.toml", "run", f"{url}/openapi.json", *arguments),
        *("--max-examples", str(EXAMPLES), "--no-color"),
    ]
    if os.environ.get("CI") == "true":
        command.append("--generation-deterministic")
    # It asks this machine only, whatever proxy is set.
    environment = {**os.environ, "NO_PROXY": "127.0.0.1", "PYTHONWARNINGS": "default"}
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=SECONDS, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def credentials(url: str) -> str:
    """Ada's, one for each scheme, as Schemathesis wants them told."""
    httpx2 = pytest.importorskip("httpx2")
    with httpx2.Client(base_url=url) as client:
        client.post("/login", json={"username": PEOPLE[0].username, "password": PEOPLE[0].password})
        token = client.post("/token", params={"seconds": "3600"}).json()["token"]
        key = client.post("/api/keys").json()["api_key"]
        return (
            f'[auth.openapi.session]\napi_key = "{client.cookies[COOKIE_NAME]}"\n'
            f'[auth.openapi.jwt]\nbearer = "{token}"\n[auth.openapi.apikey]\napi_key = "{key}"\n'
        )


def test_schemathesis_finds_no_failure_as_a_stranger(served: str, tmp_path: Path) -> None:
    assert "passed" in schemathesis(served, tmp_path, "")


def test_schemathesis_finds_no_failure_with_credentials(served: str, tmp_path: Path) -> None:
    # Without the logout, after which the session would be a stranger's.
    found = schemathesis(served, tmp_path, credentials(served), "--exclude-operation-id", "log_out")
    refused = set(re.findall(r"^  - (\w+ /\S*)$", found, re.MULTILINE))
    assert refused <= {"POST /login"}, "whose names and passwords are made up"


def test_a_stranger_is_refused_where_the_description_says_so(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    for name, operation in operations(document).items():
        method, path = name.split()
        answer = client.request(method, path.replace("{key_id}", "1"))
        assert (answer.status_code == 401) is ("security" in operation), name


def test_the_description_leads_to_every_route_that_is_no_file(client: TestClient) -> None:
    described = {tuple(name.split()) for name in operations(client.get("/openapi.json").json())}
    declared: set[Any] = {(method, row.path) for row in client.app.routes_table() for method in row.methods}
    assert declared - described == {
        ("GET", path)
        for path in ("/favicon.ico", "/static/{name}", "/code", "/openapi.json", "/docs", "/docs/{name}")
    }
    assert described <= declared
