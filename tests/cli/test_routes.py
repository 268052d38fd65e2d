"""`nexios routes`."""

from __future__ import annotations

import json
import re

import pytest

from tests.cli.conftest import Nexios, Write
from tests.cli.reading import SHOP

OPEN = '@app.post("/orders/{order_id:int}")\nasync def add(request, response): ...'
LONG = '@app.get("/a" + "/very" * 30, name="long")\n@public\nasync def long_path(request, response): ...'


def rows(output: str) -> list[list[str]]:
    """The cells of the table."""
    table = output.split("\n\n")[0].splitlines()
    return [re.split(r"\s{2,}", line.strip()) for line in (table[0], *table[2:])]


def test_each_route_stands_with_its_guard(nexios: Nexios, write: Write) -> None:
    write("shop.py", SHOP, OPEN)
    result = nexios("routes", "shop:app")
    assert result.exit_code == 0
    assert result.stderr == ""
    assert rows(result.stdout) == [
        ["method", "path", "guard", "name"],
        ["GET", "/profile", "auth", "profile"],
        ["GET", "/", "public", "index"],
        ["POST", "/orders/{order_id:int}", "OPEN to anyone", "add"],
    ]
    assert "3 routes: 1 guarded, 1 public, 1 open: guard them with @auth()" in result.stdout


def test_an_open_route_stands_out_in_colour_and_without(nexios: Nexios, write: Write) -> None:
    write("shop.py", SHOP, OPEN)
    coloured = nexios("routes", "shop:app", TTY_COMPATIBLE="1", TERM="xterm-256color").stdout
    plain = nexios("routes", "shop:app", TTY_COMPATIBLE="1", NO_COLOR="1").stdout
    assert re.search(r"\x1b\[1;31mOPEN to anyone", coloured)
    assert "OPEN to anyone" in plain
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", plain)


def test_what_is_piped_is_neither_coloured_nor_wrapped_nor_padded(nexios: Nexios, write: Write) -> None:
    write("shop.py", SHOP, LONG)
    output = nexios("routes", "shop:app").stdout
    assert "\x1b" not in output
    assert "/very" * 30 in output
    assert all(line == line.rstrip() for line in output.splitlines())


def test_nothing_is_cut_on_a_narrow_terminal(nexios: Nexios, write: Write) -> None:
    write("shop.py", SHOP, LONG)
    output = nexios("routes", "shop:app", TTY_COMPATIBLE="1", NO_COLOR="1", COLUMNS="60").stdout
    plain = re.sub(r"\x1b\[[0-9;]*m", "", output)
    assert all(len(line) <= 60 for line in plain.splitlines())
    assert plain.split("\n\n")[0].count("v") == 30  # each of the path's, in whichever line


def test_json_holds_every_field(nexios: Nexios, write: Write) -> None:
    write("shop.py", SHOP, OPEN)
    table = json.loads(nexios("routes", "shop:app", "--json").stdout)
    assert table[2] == {
        "methods": ["POST"],
        "path": "/orders/{order_id:int}",
        "guard": "open",
        "name": "add",
        "guarded": False,
        "public": False,
    }
    assert [row["guarded"] for row in table] == [True, False, False]
    assert [row["public"] for row in table] == [False, True, False]


def test_an_application_without_routes_says_how_to_make_one(nexios: Nexios, write: Write) -> None:
    write("shop.py", "from nexios import NexiosApp\napp = NexiosApp()")
    assert "There is no route yet" in nexios("routes", "shop:app").stdout
    assert json.loads(nexios("routes", "shop:app", "--json").stdout) == []


MOUNTED = """
inner = NexiosApp()
@inner.get("/open")
async def inner_open(request, response): ...
@inner.get("/public")
@public
async def inner_public(request, response): ...
"""


@pytest.mark.parametrize(
    ("mount", "expected"),
    [
        ('app.mount("/in", inner)', [("/in/open", False, False), ("/in/public", False, True)]),
        ('app.mount("/", inner)', [("/open", False, False), ("/public", False, True)]),
        ('app.mount("/in", auth()(inner))', [("/in", True, False)]),
        ('app.mount("/in", public(inner))', [("/in", False, True)]),
        ('app.mount("/in", lambda scope, receive, send: None)', [("/in", False, False)]),
    ],
    ids=["open", "at-the-root", "guarded", "public", "another-kind"],
)
def test_an_unguarded_mount_of_an_application_shows_the_routes_inside(
    nexios: Nexios, write: Write, mount: str, expected: list[tuple[str, bool, bool]]
) -> None:
    write("shop.py", SHOP, MOUNTED, mount)
    table = json.loads(nexios("routes", "shop:app", "--json").stdout)
    assert [(row["path"], row["guarded"], row["public"]) for row in table[2:]] == expected


def test_letters_that_a_terminal_obeys_are_spelt_out(nexios: Nexios, write: Write) -> None:
    write("shop.py", SHOP, '@app.get("/\\x1b[2J", name="\\x07")\nasync def bell(request, response): ...')
    output = nexios("routes", "shop:app").stdout
    assert "\x1b" not in output
    assert "\x07" not in output
    assert "/\\x1b[2J" in output
