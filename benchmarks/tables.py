"""The comparison on the terminal, when a run is over."""

from __future__ import annotations

from collections.abc import Mapping

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.figures import Figure


def show(
    title: str, section: Mapping[str, Mapping[str, Figure]], labels: Mapping[str, str], digits: int
) -> None:
    """Print one row for each application: the value, and times the hand-written one."""
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("", no_wrap=True)
    for request in section:
        table.add_column(request, justify="right")
    for app in next(iter(section.values())):
        cells = []
        for figures in section.values():
            figure = figures[app]
            ratio = "" if figure.ratio is None else f" [bold]{figure.ratio:.2f}[/]"
            cells.append(f"{figure.value:,.{digits}f}{ratio}")
        table.add_row(labels[app], *cells, style="green" if app.startswith("nexios") else None)
    console = Console()
    console.width = max(console.width, 96)
    console.print(table)
