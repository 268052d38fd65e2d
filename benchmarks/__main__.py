"""`python -m benchmarks`: check the answers of each application, measure, and write the results."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import algorithms, chart, inprocess, keys, memory, report, routes, served, sessions, tables
from benchmarks.candidates import CANDIDATES, Candidate
from benchmarks.checks import WrongAnswer
from benchmarks.machine import describe
from benchmarks.progress import console

RESULTS = Path(__file__).parent / "results"
PARTS = ("in-process", "served", "nexios", "stores")


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few short rounds; figures are rough")
    parser.add_argument("--long", action="store_true", help="a million different tokens, not 100,000")
    parser.add_argument("--rounds", type=int, metavar="N", help="interleaved rounds in process (default 25)")
    parser.add_argument("--only", choices=PARTS, help="one part; see benchmarks/README.md")
    parser.add_argument("--apps", nargs="+", choices=CANDIDATES, metavar="APP", help=", ".join(CANDIDATES))
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="default: benchmarks/results; --quick and --apps: nowhere"
    )
    options = parser.parse_args(arguments)
    if options.rounds is not None and options.rounds < 1:
        parser.error("--rounds must be at least 1")
    if options.output is None and not (options.quick or options.apps):
        options.output = RESULTS
    return options


def _measure(options: argparse.Namespace, candidates: Sequence[Candidate]) -> report.Results:
    labels = {candidate.name: candidate.label for candidate in candidates}
    found: report.Results = {}

    def keep(part: str, figures: Any, **conditions: Any) -> None:
        made = datetime.now(UTC).isoformat(timespec="minutes")
        found[part] = {"made": made, **conditions, "figures": figures}

    if options.only in (None, "in-process"):
        rounds = options.rounds or (5 if options.quick else 25)
        section = inprocess.measure(candidates, rounds)
        tables.show("In process: µs, and times the hand-written application", section, labels, 1)
        keep("in_process", report.plain(section), rounds=rounds)
    if options.only in (None, "served"):
        rounds, seconds = (1, 1) if options.quick else (3, 2)
        answer = served.measure(candidates, rounds, seconds)
        if answer is not None:
            for part, title, section in (
                ("served", "Served: requests/s", answer.by_client),
                ("served_core", "Served: requests/s of the server's core time", answer.by_core),
            ):
                tables.show(f"{title}, and times the hand-written application", section, labels, 0)
                keep(part, report.plain(section), rounds=rounds, connections=served.CONNECTIONS)
    if options.only == "nexios" or (options.only is None and "nexios" in labels):
        rounds = 2 if options.quick else 10
        keep("algorithms", algorithms.measure(rounds), rounds=rounds)
        keep("routes", routes.measure(rounds), rounds=rounds)
        keep("memory", memory.measure(options.long))
    if options.only == "stores" or (options.only is None and "nexios" in labels):
        rounds, seconds = (1, 1) if options.quick else (5, 3)
        rates = sessions.measure(rounds, seconds)
        if rates is not None:
            named = {candidate.name: candidate.label for candidate in sessions.CANDIDATES}
            tables.show("Sessions: requests/s, and times Starlette's own", {"session": rates}, named, 0)
            keep("sessions", report.plain({"session": rates}), rounds=rounds, labels=named)
        many = 50_000 if options.quick else keys.MANY
        keep("keys", keys.measure(2 if options.quick else 10, many), many=many)
    return found


def _write(directory: Path, results: report.Results, candidates: Sequence[Candidate]) -> list[str]:
    """Write the files; returns their names."""
    about = describe(package for candidate in candidates for package in (*candidate.packages, "uvicorn"))
    results["about"] = {**about, "labels": {candidate.name: candidate.title for candidate in candidates}}
    texts = {"results.json": report.as_json(results), "results.md": report.as_markdown(results)}
    if "in_process" in results:
        labels = {candidate.name: candidate.label for candidate in candidates}
        texts["chart.svg"] = chart.draw(results["in_process"]["figures"], labels)
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (directory / name).write_text(text, encoding="utf-8")
    return list(texts)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks; 1 where an application answers wrongly."""
    options = _arguments(arguments)
    candidates = [CANDIDATES[name] for name in options.apps or CANDIDATES]
    try:
        found = _measure(options, candidates)
    except WrongAnswer as error:
        console.print(error, style="red", markup=False)
        return 1
    if options.output is not None and found:
        # Of a run of all applications the parts that it left out stay as they were.
        earlier = {} if options.apps else report.load(options.output / "results.json")
        written = _write(options.output, earlier | found, candidates)
        console.print(f"written in {options.output.name}/: {', '.join(written)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
