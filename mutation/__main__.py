"""`python -m mutation`: change the code in one place at a time, and see whether a test notices."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from mutation.aims import Aims
from mutation.asking import ask_all
from mutation.mutants import ROOT, mutants_of
from mutation.results import Results
from mutation.summary import write_summary

__all__ = ["main"]

PARTS = ("auth", "tokens", "session", "apikeys")
# Those that answer in one process and in a short time.
TESTS = tuple(
    f"tests/{part}"
    for part in (
        *("apikeys", "application", "attacks", "auth", "config", "events", "http", "integrations"),
        *("ratelimit", "review", "session", "testing", "tokens"),
    )
)
BUILD = ROOT / "build" / "mutation"


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask about every change of which nothing is known; 1 where one survives that nobody has explained."""
    parser = argparse.ArgumentParser(prog="python -m mutation", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"default: {', '.join(PARTS)}")
    parser.add_argument("--map", action="store_true", help="find out anew which test runs which line")
    parser.add_argument("--again", action="store_true", help="ask once more about those that survived")
    parser.add_argument("--width", type=int, default=os.cpu_count(), help="processes side by side")
    options = parser.parse_args(arguments)
    # The same examples each time, and none remembered from a change.
    os.environ["CI"] = "true"
    os.chdir(ROOT)
    BUILD.mkdir(parents=True, exist_ok=True)
    chart = BUILD / "map.json"
    if options.map or not chart.exists():
        _map(chart)
    folders = [ROOT / "src/nexios" / part for part in options.parts or PARTS]
    mutants = list(mutants_of(file for folder in folders for file in sorted(folder.rglob("*.py"))))
    results = Results(BUILD / "results.jsonl")
    wanted = [each for each in mutants if results.killed(each) is None]
    if options.again:
        wanted += [each for each in mutants if results.killed(each) is False]
    if wanted:
        ask_all(wanted, Aims(chart), results, TESTS, options.width)
    return write_summary(mutants, results)


def _map(chart: Path) -> None:
    environment = {**os.environ, "NEXIOS_MUTATION_MAP": str(chart)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "mutation.mapping", *TESTS]
    subprocess.run(command, env=environment, cwd=ROOT, check=False)


if __name__ == "__main__":
    raise SystemExit(main())
