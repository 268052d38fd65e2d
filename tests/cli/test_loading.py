"""From `module:app` to the application: what goes wrong is said in a line."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Nexios, Write
from tests.cli.reading import SHOP, assert_one_line

COMMANDS = ("run", "routes", "check")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("target", "mend"),
    [
        ("shpo:app", "did you mean 'shop'?"),
        ("nowhere:app", "run the command in the folder"),
        ("shop.inner:app", "run the command in the folder"),
        ("shop", "'shop' names a module only: add the application's name, shop:app"),
        ("shop:", "add the application's name, shop:app"),
        ("", "add the application's name, main:app"),
        (":app", "is not of the form module:app"),
        ("sh op:app", "is not of the form module:app"),
        (".shop:app", "is not of the form module:app"),
        ("shop:app()", "is not of the form module:app"),
        ("shop.py:app", "is a file: name its module, shop:app"),
        ("shop.py", "is a file: name its module, shop:app"),
        ("./shop.py:app", "is a file: name its module, shop:app"),
        ("web/shop.py:app", "is a file: name its module, web.shop:app"),
        ("web/shop:app", "is a file: name its module, web.shop:app"),
        ("../web/shop.py:app", "name its module, shop:app, in the folder"),
        ("/web/shop.py:app", "name its module, shop:app, in the folder"),
        ("shop:ap", "shop has no 'ap': did you mean 'app'?"),
        ("shop:wholly_other", "did you mean 'app'?"),
        ("shop:app.inner", "shop:app has no 'inner'"),
        ("empty:app", "make one there, app = NexiosApp(...)"),
        ("factory:create_app", "is a function, not an application: write app = create_app(...) there"),
        ("factory:Application", "is a class, not an application"),
        ("factory:number", "is of type int"),
        ("factory:other", "is of type Starlette: nexios takes a NexiosApp, uvicorn any other"),
    ],
)
def test_a_wrong_name_is_said_with_the_mend(
    nexios: Nexios, write: Write, command: str, target: str, mend: str
) -> None:
    write("shop.py", SHOP)
    write("empty.py", "")
    write(
        "factory.py",
        """
        from starlette.applications import Starlette

        number = 7
        other = Starlette()
        class Application: ...
        def create_app(): ...
        """,
    )
    result = nexios(command, target)
    assert_one_line(result)
    assert mend in result.stderr


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import reqeusts", "ModuleNotFoundError: No module named 'reqeusts' (broken.py, line 1)"),
        ("import broken_part", "NameError: name 'missing' is not defined (broken_part.py, line 2)"),
        ("\n\ndef x(:", "SyntaxError: invalid syntax (broken.py, line 3)"),
        (
            "import os\nos.environ['DATABASE_URL_OF_SHOP']",
            "KeyError: 'DATABASE_URL_OF_SHOP' (broken.py, line 2)",
        ),
        ("import sys\nsys.exit(3)", "SystemExit (broken.py, line 2)"),
        ("import json\njson.loads('{')", "JSONDecodeError (broken.py, line 2)"),
        ("def __getattr__(name): raise OSError", "OSError (broken.py, line 1)"),
    ],
    ids=["module", "name", "syntax", "variable", "exit", "in-a-library", "attribute"],
)
def test_a_module_that_cannot_be_imported_is_said_in_a_line_with_the_place(
    nexios: Nexios, write: Write, command: str, source: str, reason: str
) -> None:
    write("broken.py", source)
    write("broken_part.py", "\nmissing")
    result = nexios(command, "broken:app")
    assert_one_line(result)
    assert f"broken cannot be imported: {reason}" in result.stderr
    assert 'python -c "import broken"' in result.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_the_text_of_an_error_that_may_hold_a_secret_is_not_shown(
    nexios: Nexios, write: Write, command: str
) -> None:
    write("broken.py", "password = 'hunter2'\nraise ValueError(f'{password} does not fit')")
    result = nexios(command, "broken:app")
    assert_one_line(result)
    assert "hunter2" not in result.output
    assert "ValueError (broken.py, line 2)" in result.stderr


@pytest.mark.parametrize("command", ["run", "routes"])
def test_a_setting_that_is_wrong_is_said_in_a_line(nexios: Nexios, write: Write, command: str) -> None:
    write(
        "shop.py",
        "from nexios import MakeConfig, NexiosApp\napp = NexiosApp(config=MakeConfig(secert_key='x'))",
    )
    result = nexios(command, "shop:app")
    assert_one_line(result)
    assert result.stderr == "Error: unknown setting 'secert_key': did you mean 'secret_key'?\n"


def test_an_application_in_a_package_or_an_object_is_found(nexios: Nexios, write: Write) -> None:
    write("web/__init__.py", "")
    write("web/shop.py", SHOP, "class container:\n    inner = app")
    assert nexios("routes", "web.shop:app").exit_code == 0
    assert nexios("routes", "web.shop:container.inner").exit_code == 0
    assert "web.shop:container has no 'iner'" in nexios("routes", "web.shop:container.iner").stderr


def test_what_a_module_prints_while_it_is_imported_does_not_spoil_the_output(
    nexios: Nexios, write: Write
) -> None:
    write("shop.py", SHOP, "print('starting')")
    result = nexios("routes", "shop:app", "--json")
    assert result.stdout.startswith("[")
    assert "starting" in result.stderr
