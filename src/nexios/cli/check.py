"""`nexios check`."""

from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from nexios.cli.arguments import AsJson, Target
from nexios.cli.console import note, print_json, printable, show
from nexios.cli.findings import RULES, Finding, in_config, in_layers, in_routes
from nexios.cli.layers import built
from nexios.cli.loading import load_app, quietly
from nexios.exceptions import ConfigError

__all__ = ["check"]


def check(
    target: Target,
    as_json: AsJson = False,
    ignore: Annotated[
        list[str] | None,
        typer.Option(metavar="RULE", help=f"Leave a rule out: {', '.join(RULES)}. Repeat."),
    ] = None,
) -> None:
    """Look for what lets the wrong people in; exit 1 where something is found.

    Secrets, algorithms, open routes, cookies, CORS and debug. More is asked with environment="production".
    """
    left_out = ignore or []
    for name in left_out:
        if name not in RULES:
            raise typer.BadParameter(f"there is no rule {name!r}: choose from {', '.join(RULES)}")
    with quietly():
        found = [finding for finding in _findings(target) if finding.rule not in left_out]
    if as_json:
        print_json({"app": target, "findings": [asdict(finding) for finding in found]})
    elif found:
        show(
            Text.assemble(
                (f"{len(found)} finding{'' if len(found) == 1 else 's'}", "bold red"), f" in {target}\n"
            )
        )
        show(_table(found))
    else:
        show(Text.assemble(("Nothing found", "bold green"), f" in {target}: well done."))
    if found:
        raise typer.Exit(1)


def _findings(target: str) -> Iterator[Finding]:
    try:
        app = load_app(target)
    except ConfigError as error:
        yield _start(error)
        return
    yield from in_config(app.config)
    yield from in_routes(app)
    try:
        layers = built(app)
    except ConfigError as error:
        yield _start(error)
        return
    if layers.hidden_by is not None:
        note(f"{_name(layers.hidden_by)} hides the middleware inside it, which was not looked at")
    yield from in_layers(layers, app.config)


def _start(error: ConfigError) -> Finding:
    return Finding("start", "the application does not start", str(error))


def _name(layer: object) -> str:
    return getattr(layer, "__name__", type(layer).__name__)


def _table(findings: list[Finding]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold yellow", no_wrap=True)
    table.add_column(overflow="fold")
    for (rule, mend), group in groupby(findings, lambda each: (each.rule, each.mend)):
        for each in group:
            table.add_row(rule, Text(printable(each.finding)))
            rule = ""
        table.add_row("", Text.assemble(("mend: ", "bold green"), printable(mend)))
    return table
