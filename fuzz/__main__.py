"""`python -m fuzz`: fuzz each target for a while, and say what was found."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from fuzz.engines import by_atheris, by_hypothesis, has_atheris
from fuzz.targets import TARGETS

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz; 1 where something was found."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument(
        "targets", nargs="*", choices=[*TARGETS, []], metavar="TARGET", help=", ".join(TARGETS)
    )
    parser.add_argument("--seconds", type=int, default=600, help="for each target (default 600)")
    parser.add_argument("--engine", choices=("atheris", "hypothesis"), help="default: atheris where it is")
    options = parser.parse_args(arguments)
    engine = options.engine or ("atheris" if has_atheris() else "hypothesis")
    fuzz = by_atheris if engine == "atheris" else by_hypothesis
    console = Console(highlight=False)
    table = Table(
        "target", "inputs", "found", title=f"{engine}, {options.seconds} s each", title_justify="left"
    )
    found = False
    for name in options.targets or TARGETS:
        with console.status(name):
            report = fuzz(name, options.seconds)
        found = found or bool(report.finding)
        table.add_row(name, f"{report.inputs:,}", report.finding or "nothing")
    console.print(table)
    return int(found)


if __name__ == "__main__":
    raise SystemExit(main())
