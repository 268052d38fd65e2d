"""The page, its files, and what each answer tells the browser to refuse."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest
from starlette.testclient import TestClient

from nexios.demo.database import PEOPLE

STATIC = sorted(file.name for file in files("nexios.demo").joinpath("static").iterdir())
TEXT = {name: files("nexios.demo").joinpath("static", name).read_text(encoding="utf-8") for name in STATIC}


@pytest.mark.parametrize("path", ["/", "/login", "/login?next=/profile"])
def test_the_page_is_there_for_everybody(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>Nexios demo</h1>" in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("name", STATIC)
def test_a_file_of_the_page_has_the_type_that_nosniff_wants(client: TestClient, name: str) -> None:
    wanted = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
    answer = client.get(f"/static/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == wanted[name.rpartition(".")[2]]


def test_an_answer_that_is_shown_as_a_page_has_an_icon(client: TestClient) -> None:
    assert client.get("/favicon.ico").headers["content-type"] == "image/svg+xml"


@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static/missing.js",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/secret",
    ],
)
def test_nothing_else_is_served(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        *(("GET", "/", 200), ("GET", "/static/script.js", 200), ("GET", "/session", 200)),
        *(
            ("GET", "/profile", 401),
            ("GET", "/nothing", 404),
            ("PUT", "/profile", 405),
            ("POST", "/login", 415),
        ),
    ],
)
def test_every_answer_tells_the_browser_what_to_refuse(
    client: TestClient, method: str, path: str, status: int
) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
    }
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", STATIC)
def test_no_file_names_another_host(name: str) -> None:
    found = re.findall(r"(?:https?:)?//[\w.-]+\.\w+", TEXT[name].replace("http://www.w3.org/2000/svg", ""))
    assert found == []


def test_the_page_has_neither_script_nor_style_of_its_own() -> None:
    page = TEXT["index.html"]
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=", page) == []


@pytest.mark.parametrize("name", [name for name in STATIC if name.endswith(".js")])
def test_no_text_becomes_markup(name: str) -> None:
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", TEXT[name]) == []


def test_the_hints_are_the_passwords() -> None:
    for person in PEOPLE:
        assert f'data-username="{person.username}" data-password="{person.password}"' in TEXT["index.html"]
        assert f"<code>{person.password}</code>" in TEXT["index.html"]


def test_the_code_that_is_shown_is_the_code_that_runs(client: TestClient) -> None:
    code = client.get("/code").json()
    assert set(code) == {"/profile", "/api/data", "/admin"}
    assert code["/profile"].startswith('@router.get("/profile")\n@auth()\nasync def profile(')
    assert code["/api/data"].startswith('@router.get("/api/data")\n@auth(scope="apikey")\nasync def ')
    assert code["/admin"].startswith('@router.get("/admin")\n@has_permission("admin")\nasync def ')
    source = files("nexios.demo").joinpath("guarded.py").read_text(encoding="utf-8")
    for shown in code.values():
        assert all(line.strip() in source for line in shown.splitlines())
