"""`nexios demo`: a page in the browser that shows what Nexios does."""

import importlib.util
from pathlib import Path
from typing import Annotated

import typer

from nexios.exceptions import ConfigError

__all__ = ["demo"]

_NEEDED = ("aiosqlite", "argon2", "httpx2", "pwdlib", "rich", "uvicorn")


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
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        _stop(f'nexios demo needs {", ".join(missing)}: pip install "nexios[demo]"')
    try:
        if check:
            _check()
        else:
            _serve(port, data)
    except ConfigError as error:
        _stop(str(error))


def _check() -> None:
    from rich.console import Console

    from nexios.demo.check import check

    if not check(Console()):
        raise typer.Exit(1)


def _serve(port: int, data: Path | None) -> None:
    from rich.console import Console

    from nexios.demo.app import create_app
    from nexios.demo.folder import default_folder
    from nexios.demo.server import free_socket, serve, url_of

    folder = default_folder() if data is None else data
    app = create_app(folder)
    listening = free_socket(port)
    url, console = url_of(listening), Console()

    def announce() -> None:
        console.print(f"\n  Nexios demo   [bold cyan][link={url}]{url}[/link][/bold cyan]")
        console.print("  Log in as     ada / notes-on-the-engine, bob / builder-of-bridges")
        console.print(f"  Data          {folder}", highlight=False)
        console.print("\n  Ctrl+C stops it.\n", style="dim")

    try:
        serve(app, listening, announce)
    except KeyboardInterrupt:
        console.print("Stopped.", style="dim")


def _stop(message: str) -> None:
    typer.echo(f"Error: {message}", err=True)
    raise typer.Exit(1)
