"""What the commands print, and what they read without showing it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.text import Text

from nexios.exceptions import NexiosError

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["error", "note", "print_json", "print_line", "printable", "read_hidden", "show", "show_whole"]

# What is piped into a file or another program is never cut or wrapped.
_PIPED_WIDTH = 10_000


def show(renderable: RenderableType) -> None:
    """Print for people: in colour and wrapped on a terminal, plain and unwrapped elsewhere."""
    console = Console(highlight=False)
    if console.is_terminal:
        return console.print(renderable)
    console.width = _PIPED_WIDTH
    with console.capture() as captured:
        console.print(renderable)
    for line in captured.get().splitlines():
        typer.echo(line.rstrip())


def show_whole(text: Text) -> None:
    """Print `text` in one line, however narrow the terminal is, so that it can be copied from there."""
    Console(highlight=False).print(text, soft_wrap=True)


def print_line(text: str) -> None:
    """Print exactly `text`, which may be piped."""
    typer.echo(text)


def print_json(value: Any) -> None:
    """Print `value` for programs."""
    typer.echo(json.dumps(value, indent=2))


def error(message: str) -> None:
    """Say on standard error in one line what is wrong."""
    _say("Error", "bold red", message)


def note(message: str) -> None:
    """Say on standard error in one line what the user should know."""
    _say("Note", "bold yellow", message)


def printable(text: str) -> str:
    """`text` with all that a terminal would obey instead of showing it spelt out (CWE-150)."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii") for letter in text
    )


def read_hidden(what: str) -> str:
    """Read a secret from standard input; on a terminal ask for it, and do not show it.

    Args:
        what: What is asked for.

    Raises:
        NexiosError: What came is not text.
    """
    if sys.stdin.isatty():
        # On standard error, so that it does not end up in what is piped on.
        return str(typer.prompt(what, hide_input=True, err=True)).strip()
    try:
        # As bytes: the locale may let any bytes pass as text.
        return sys.stdin.buffer.read().decode("utf-8").strip()
    except UnicodeDecodeError:
        raise NexiosError(f"{what}: what came on standard input is not text; give it as UTF-8") from None


def _say(kind: str, style: str, message: str) -> None:
    line = Text.assemble((f"{kind}: ", style), printable(" ".join(message.split())))
    Console(stderr=True, highlight=False).print(line, soft_wrap=True)
