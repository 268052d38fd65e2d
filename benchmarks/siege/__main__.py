"""`python -m benchmarks.siege`: besiege an application, judge every answer, and write what was found."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.siege import figures, picture, report
from benchmarks.siege.run import Found, besiege
from benchmarks.world import POSTGRESQL, REDIS

RESULTS = Path(__file__).parent.parent / "results"


def main(arguments: Sequence[str] | None = None) -> int:
    """Besiege; 1 where an answer was wrong, or the memory of the workers grew."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.siege", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long (default 10)")
    parser.add_argument("--clients", type=int, default=24, help="how many ask at a time (default 24)")
    parser.add_argument("--seed", type=int, default=0, help="of what is random")
    parser.add_argument("--output", type=Path, help="where siege.md and siege.svg go; default: nowhere")
    parser.add_argument("--write", action="store_const", const=RESULTS, dest="output", help="into results/")
    parser.add_argument("--keep", type=Path, help="a folder in which what the workers say stays")
    options = parser.parse_args(arguments)
    # What the process that revokes says of itself.
    logging.basicConfig(level=logging.ERROR)
    with tempfile.TemporaryDirectory() as made:
        folder = options.keep or Path(made)
        found: Found = asyncio.run(
            besiege(
                folder,
                POSTGRESQL,
                REDIS,
                seconds=60 * options.minutes,
                clients=options.clients,
                seed=options.seed,
            )
        )
    text = report.as_markdown(found)
    sys.stdout.write(text)
    if options.output is not None:
        options.output.mkdir(parents=True, exist_ok=True)
        (options.output / "siege.md").write_text(text, encoding="utf-8")
        (options.output / "siege.svg").write_text(picture.draw(found), encoding="utf-8")
    memory = figures.growth(found)
    return 0 if found.holds and (memory is None or memory.is_flat) else 1


if __name__ == "__main__":
    raise SystemExit(main())
