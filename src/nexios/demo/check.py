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

    from nexios.demo.asking import Step

__all__ = ["check", "step_table", "summary"]


def check() -> list[Step]:
    """Take the tour on a free port, with the data in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="nexios-demo-") as folder:

        @contextmanager
        def start() -> Iterator[str]:
            with serving(create_app(Path(folder))) as url:
                yield url

        return take_tour(start)


def step_table(steps: list[Step]) -> Table:
    """What was asked, what should come, and what came."""
    table = Table(box=SIMPLE_HEAD, header_style="bold")
    for heading in ("", "request", "by", "should come", "came"):
        table.add_column(heading, overflow="fold")
    for step in steps:
        mark = Text("ok", "green") if step.right else Text("wrong", "bold red")
        # Texts, so that a bracket in an answer is no markup.
        cells = (Text(cell) for cell in (step.request, step.by, step.expected, step.came))
        table.add_row(mark, *cells, style="" if step.right else "red")
    return table


def summary(steps: list[Step]) -> Text:
    """Whether all is as it should be, in one line."""
    wrong = sum(not step.right for step in steps)
    if wrong:
        return Text(f"{wrong} of {len(steps)} answers are not what they should be.", "bold red")
    return Text(f"All {len(steps)} answers are what they should be.", "bold green")
