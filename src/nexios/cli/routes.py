"""`nexios routes`."""

from collections.abc import Iterator
from dataclasses import asdict, replace

from rich import box
from rich.table import Table
from rich.text import Text

from nexios.application import NexiosApp
from nexios.cli.arguments import AsJson, Target
from nexios.cli.console import print_json, printable, show
from nexios.cli.loading import load_app, quietly
from nexios.startup import RouteRow

__all__ = ["every_route", "is_open", "routes"]


def routes(
    target: Target,
    as_json: AsJson = False,
) -> None:
    """Show the routes of an application and what guards each."""
    with quietly():
        rows = list(every_route(load_app(target)))
    if as_json:
        return print_json([asdict(row) for row in rows])
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for title in ("method", "path", "guard", "name"):
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(
            ", ".join(row.methods), Text(printable(row.path)), _guard(row), Text(printable(row.name))
        )
    show(table)
    show(Text.assemble("\n", *_summary(rows)))


def every_route(app: NexiosApp, prefix: str = "") -> Iterator[RouteRow]:
    """The rows of `app`, and in place of an unguarded mount of another NexiosApp the rows of that one.

    Args:
        app: The application.
        prefix: Where it is mounted itself.
    """
    mounted = {each.path or "/": each.handler for each in app.declarations() if each.kind == "mount"}
    for row in app.routes_table():
        inner = mounted.get(row.path) if row.methods == ("MOUNT",) else None
        if isinstance(inner, NexiosApp) and not row.guarded and not row.public:
            yield from every_route(inner, prefix + row.path.rstrip("/"))
        else:
            yield replace(row, path=prefix + row.path)


def is_open(row: RouteRow) -> bool:
    """Whether anyone gets in, and nobody said that this is on purpose."""
    return not row.guarded and not row.public


def _guard(row: RouteRow) -> Text:
    if is_open(row):
        # In words that stand out without colour as well
        return Text("OPEN to anyone", style="bold red")
    return Text(printable(row.guard), style="dim" if row.public else "green")


def _summary(rows: list[RouteRow]) -> list[tuple[str, str]]:
    if not rows:
        return [('There is no route yet: @app.get("/") makes one.', "")]
    opened = sum(map(is_open, rows))
    public = sum(row.public for row in rows)
    counts = f"{len(rows)} routes: {len(rows) - opened - public} guarded, {public} public, "
    if not opened:
        return [(counts + "0 open.", "")]
    return [
        (counts, ""),
        (f"{opened} open", "bold red"),
        (": guard them with @auth(), or mark them @public.", ""),
    ]
