"""`nexios demo --check`: the tour through a real socket, as a table."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from nexios.demo.app import create_app
from nexios.demo.server import serving
from nexios.demo.tour import take_tour

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from nexios.demo.asking import Step

__all__ = ["check", "show_steps"]


def check(console: Console) -> bool:
    """Take the tour in a temporary folder, and print what was asked and what came.

    Returns:
        Whether each answer is the one that it should be.
    """
    with tempfile.TemporaryDirectory(prefix="nexios-demo-") as folder:

        @contextmanager
        def start() -> Iterator[str]:
            with serving(create_app(Path(folder))) as url:
                yield url

        steps = take_tour(start)
    return show_steps(console, steps)


def show_steps(console: Console, steps: list[Step]) -> bool:
    """Print `steps` as a table; whether each is right."""
    table = Table(box=SIMPLE_HEAD, header_style="bold")
    for heading in ("", "request", "by", "should come", "came"):
        table.add_column(heading, overflow="fold")
    for step in steps:
        mark = Text("✓", "green") if step.right else Text("✗", "bold red")
        # Texts, so that a bracket in an answer is no markup.
        table.add_row(
            mark,
            Text(step.request),
            Text(step.by),
            Text(step.expected),
            Text(step.came, "" if step.right else "red"),
        )
    console.print(table)
    wrong = sum(not step.right for step in steps)
    if wrong:
        console.print(f"{wrong} of {len(steps)} answers are not what they should be.", style="bold red")
    else:
        console.print(f"All {len(steps)} answers are what they should be.", style="bold green")
    return not wrong
