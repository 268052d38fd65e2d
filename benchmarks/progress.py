"""The progress bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)

console = Console(stderr=True)

Step = Callable[[str], None]
"""Says what is done next; each call is one step."""


@contextmanager
def steps(title: str, total: int) -> Iterator[Step]:
    """A bar of `total` steps on the terminal, gone when it is full."""
    columns = (
        SpinnerColumn(),
        TextColumn(f"{title:<12}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("[dim]{task.description}"),
    )
    with Progress(*columns, console=console, transient=True, refresh_per_second=2) as progress:
        task = progress.add_task("", total=total)
        first = True

        def step(description: str) -> None:
            nonlocal first
            progress.update(task, description=description, advance=0 if first else 1)
            first = False

        yield step
