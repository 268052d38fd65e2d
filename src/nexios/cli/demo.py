"""`nexios demo`: a page in the browser that shows what Nexios does."""

from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from nexios.cli.console import printable, show, show_whole
from nexios.exceptions import NexiosError

__all__ = ["demo"]

_NEEDED = ("aiosqlite", "alembic", "argon2", "httpx2", "pwdlib", "sqlalchemy", "uvicorn")


def demo(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where to serve; the next free port if this one is taken.")
    ] = 8000,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Ask everything over HTTP in place of serving, on a free port and with data of its own; "
            "exit 1 where an answer is not the one that it should be.",
        ),
    ] = False,
    data: Annotated[
        Path | None,
        typer.Option(
            help="The folder for the database and the secret; by default one of your own in the place "
            "where the system keeps such data.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Serve a page on which you log in, make tokens and keys, and see what each of them opens."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise NexiosError(f'nexios demo needs {", ".join(missing)}: pip install "nexios[demo]"')
    if check:
        _check()
    else:
        _serve(port, data)


def _check() -> None:
    from nexios.demo.check import check, step_table, summary

    steps = check()
    show(step_table(steps))
    show(summary(steps))
    if not all(step.right for step in steps):
        raise typer.Exit(1)


def _serve(port: int, data: Path | None) -> None:
    from nexios.demo.app import create_app
    from nexios.demo.database import PEOPLE
    from nexios.demo.folder import default_folder
    from nexios.demo.server import free_socket, serve, url_of

    folder = default_folder() if data is None else data
    app = create_app(folder)
    listening = free_socket(port)
    people = ", ".join(f"{person.username} / {person.password}" for person in PEOPLE)

    def announce() -> None:
        show_whole(Text.assemble("Nexios demo  ", (url_of(listening), "bold cyan")))
        show_whole(Text(f"Log in as    {people}"))
        show_whole(Text(f"Data         {printable(str(folder))}"))
        show_whole(Text("Ctrl+C stops it.", "dim"))

    with suppress(KeyboardInterrupt):
        serve(app, listening, announce)
    show_whole(Text("Stopped.", "dim"))
