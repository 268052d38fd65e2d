"""Where the description is served, and to whom."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any

import pytest
from starlette.testclient import TestClient

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import auth, has_permission
from nexios.exceptions import ConfigError
from nexios.openapi import openapi_document, openapi_routes
from tests.parts import app_for, assert_problem

PAGE = {file.name: file.read_text("utf-8") for file in files("nexios.openapi").joinpath("page").iterdir()}


async def handler(request: Request, response: Response) -> None: ...


def described(**options: Any) -> NexiosApp:
    app = app_for()
    app.get("/thing")(handler)
    app.include(openapi_routes(app, **{"title": "Tea", "version": "1", **options}))
    return app


def test_nothing_is_told_unasked() -> None:
    client = TestClient(app_for())
    assert client.get("/openapi.json").status_code == 404
    assert client.get("/docs").status_code == 404


def test_the_document_is_served_and_does_not_describe_itself() -> None:
    app = described()
    answer = TestClient(app).get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == openapi_document(app, title="Tea", version="1")
    assert set(answer.json()["paths"]) == {"/thing"}


def test_a_route_that_is_added_later_is_described_too() -> None:
    app = described()
    client = TestClient(app)
    assert set(client.get("/openapi.json").json()["paths"]) == {"/thing"}
    app.get("/later")(handler)
    assert set(client.get("/openapi.json").json()["paths"]) == {"/thing", "/later"}


def test_the_page_names_its_files_and_the_document() -> None:
    client = TestClient(described(title='Tea & "biscuits" <b>'))
    answer = client.get("/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>Tea &amp; &quot;biscuits&quot; &lt;b&gt;</h1>" in answer.text
    assert "{{" not in answer.text
    named = re.findall(r'(?:src|href|data-document)="([^"]+)"', answer.text)
    assert len(named) == 7
    assert all(client.get(f"/{name}").status_code == 200 for name in named)


@pytest.mark.parametrize("name", [name for name in PAGE if name != "index.html"])
def test_the_files_of_the_page_have_their_types(name: str) -> None:
    answer = TestClient(described()).get(f"/docs/{name}")
    types = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
    assert answer.headers["content-type"].partition(";")[0] == types[name.rpartition(".")[2]]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.text == PAGE[name]


@pytest.mark.parametrize("name", ["index.html", "missing.js", "..%2fdocument.py", "%2e%2e/document.py"])
def test_nothing_else_is_served(name: str) -> None:
    assert_problem(TestClient(described()).get(f"/docs/{name}"), 404)


def test_the_page_may_load_and_ask_nobody_else() -> None:
    policy = TestClient(described()).get("/docs").headers["content-security-policy"]
    assert dict(part.split(" ", 1) for part in policy.split("; ")) == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
    }


@pytest.mark.parametrize("name", PAGE)
def test_no_file_names_another_host_or_makes_text_to_markup(name: str) -> None:
    text = PAGE[name].replace("http://www.w3.org/2000/svg", "")
    assert re.findall(r"(?:https?:)?//[\w.-]+\.\w+", text) == []
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text) == []
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=\"", text) == []
    assert re.findall(r"localStorage|sessionStorage|document\.cookie|indexedDB", text) == []


def test_a_prefix_and_paths_of_ones_own() -> None:
    app = app_for()
    routes = openapi_routes(app, title="Tea", version="1", document="/api/tea.json", page="/read/the/tea")
    app.include(routes, prefix="/v1")
    client = TestClient(app)
    assert client.get("/v1/api/tea.json").json()["info"]["title"] == "Tea"
    page = client.get("/v1/read/the/tea").text
    assert 'data-document="../../api/tea.json"' in page
    assert 'src="tea/page.js"' in page
    assert client.get("/v1/read/the/tea/page.js").status_code == 200


def test_without_a_page_there_is_the_document_alone() -> None:
    client = TestClient(described(page=None))
    assert client.get("/openapi.json").status_code == 200
    assert client.get("/docs").status_code == 404


def test_where_the_paths_begin_outside_is_told() -> None:
    client = TestClient(described(), root_path="/tea")
    assert client.get("/tea/openapi.json").json()["servers"] == [{"url": "/tea"}]
    assert "servers" not in TestClient(described()).get("/openapi.json").json()


@pytest.mark.parametrize("path", ["/openapi.json", "/docs", "/docs/page.js"])
def test_it_may_be_guarded(path: str) -> None:
    client = TestClient(described(guard=has_permission("write")))
    assert client.get(path).status_code == 401
    assert client.get(path, headers={"X-User": "bob"}).status_code == 403
    assert client.get(path, headers={"X-User": "ada"}).status_code == 200


def test_it_is_public_where_every_route_wants_a_guard() -> None:
    app = app_for(require_auth=True)
    app.include(openapi_routes(app, title="Tea", version="1"))
    client = TestClient(app)
    assert [client.get(path).status_code for path in ("/openapi.json", "/docs", "/docs/page.js")] == [200] * 3


def test_what_cannot_be_described_stops_the_start() -> None:
    app = described(security={"nobody": {"type": "http", "scheme": "bearer"}})
    with pytest.raises(ConfigError, match="the scope 'nobody'"), TestClient(app):
        pass


@pytest.mark.parametrize("options", [{"title": ""}, {"version": 1}, {"title": None}])
def test_a_title_and_a_version_are_texts(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="is a text that is not empty"):
        described(**options)


def test_the_document_holds_no_secret() -> None:
    app = NexiosApp(config=MakeConfig(secret_key="a secret that nobody should ever read, not even here"))
    app.include(openapi_routes(app, title="Tea", version="1"))
    assert "nobody should ever read" not in TestClient(app).get("/openapi.json").text


def test_the_table_of_routes_shows_what_guards_them() -> None:
    rows = {row.path: row.guard for row in described(guard=auth()).routes_table()}
    assert rows["/openapi.json"] == rows["/docs"] == rows["/docs/{name}"] == "auth"
