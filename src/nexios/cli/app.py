"""The command `nexios`: its sub-commands, and how their errors look."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from nexios import __version__
from nexios.cli import check, db, demo, key, keys, new, routes, run, secret, sessions, token, tokens
from nexios.cli.console import error, print_line
from nexios.exceptions import NexiosError

__all__ = ["app"]


class _Commands(TyperGroup):
    """Sub-commands whose errors are a line each."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except NexiosError as refused:
            error(str(refused))
            raise typer.Exit(1) from None


app = typer.Typer(
    name="nexios",
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    # A traceback with local variables would show secrets.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        print_line(f"nexios {__version__}")
        raise typer.Exit


@app.callback()
def _nexios(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """Authentication for Python web applications."""


app.command()(demo.demo)
app.command()(new.new)
app.command()(run.run)
app.command()(secret.secret)
app.add_typer(token.commands, name="token")
app.add_typer(tokens.commands, name="tokens")
app.add_typer(key.commands, name="key")
app.add_typer(keys.commands, name="keys")
app.add_typer(sessions.commands, name="sessions")
app.add_typer(db.commands, name="db")
app.command()(routes.routes)
app.command()(check.check)
