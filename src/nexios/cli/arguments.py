"""The arguments and options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["AppOption", "AsJson", "Target"]

_APP = "MODULE:APP"

Target = Annotated[str, typer.Argument(metavar=_APP, help="The application, e.g. main:app.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AppOption = Annotated[
    str | None,
    typer.Option(
        "--app", metavar=_APP, help="The application whose keys and rules count; else NEXIOS_* variables do."
    ),
]
