"""`nexios secret`."""

import secrets
from typing import Annotated

import typer

from nexios.cli.console import print_line

__all__ = ["secret"]


def secret(
    size: Annotated[
        int,
        typer.Option(
            "--bytes",
            min=32,
            max=1024,
            help="How many random bytes: 32 for HS256, 48 for HS384, 64 for HS512 (RFC 7518 3.2).",
        ),
    ] = 32,
) -> None:
    """Make a new secret for secret_key.

    Alone on a line, to be piped: export NEXIOS_SECRET_KEY="$(nexios secret)"
    """
    print_line(secrets.token_urlsafe(size))
