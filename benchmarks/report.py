"""The results as JSON and as Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure
from benchmarks.requests import REQUESTS

Results = dict[str, Any]
"""What a run found: `about`, and one key for each part that ran."""


def plain(section: Mapping[str, Mapping[str, Figure]]) -> dict[str, dict[str, dict[str, float | None]]]:
    """A section's figures as what JSON knows."""
    return {
        request: {
            app: {name: value if value is None else round(value, 4) for name, value in asdict(figure).items()}
            for app, figure in apps.items()
        }
        for request, apps in section.items()
    }


def load(path: Path) -> Results:
    """Earlier results, so that a run of one part keeps the others."""
    found: Results = json.loads(path.read_text()) if path.exists() else {}
    return found


def as_json(results: Results) -> str:
    """The results for programs."""
    return json.dumps(results, indent=1) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"| --- |{' ---: |' * (len(head) - 1)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def _comparison(section: Results, labels: Mapping[str, str], digits: int) -> Iterator[str]:
    figures: Mapping[str, Mapping[str, Mapping[str, float]]] = section["figures"]
    apps = [name for name in labels if name in next(iter(figures.values()))]

    def cell(figure: Mapping[str, float]) -> str:
        value = f"{figure['value']:,.{digits}f}"
        return value if figure["ratio"] is None else f"{value} ({figure['ratio']:.2f})"

    rows = [[labels[app], *(cell(figures[request][app]) for request in figures)] for app in apps]
    return _table(["", *(REQUESTS[request].title for request in figures)], rows)


def _in_process(section: Results, labels: Mapping[str, str]) -> Iterator[str]:
    yield "## In process"
    yield ""
    yield (
        f"µs for each request, and in brackets times the hand-written application of the same round "
        f"(medians of {section['rounds']} interleaved rounds). Less is better."
    )
    yield ""
    yield from _comparison(section, labels, 1)


def _served(section: Results, labels: Mapping[str, str]) -> Iterator[str]:
    yield "## Served"
    yield ""
    yield (
        "Requests per second, and in brackets times the hand-written application of the same round "
        f"(medians of {section['rounds']} interleaved rounds; uvicorn with one worker, uvloop and httptools; "
        f"`wrk -c{section['connections']} -t1`). More is better."
    )
    yield ""
    yield from _comparison(section, labels, 0)


def _served_core(section: Results, labels: Mapping[str, str]) -> Iterator[str]:
    yield "Requests per second of the server's core time, which differs where it had to share its core:"
    yield ""
    yield from _comparison(section, labels, 0)


def _algorithms(section: Results) -> Iterator[str]:
    yield "## Signature algorithms"
    yield ""
    yield "µs for each request with a token, in process: Nexios, and the hand-written application with PyJWT."
    yield ""
    columns = ("nexios_same", "raw_same", "nexios_new", "raw_new")
    rows = [[name, *(f"{row[column]:.1f}" for column in columns)] for name, row in section["figures"].items()]
    yield from _table(["", "Nexios, same token", "by hand", "Nexios, new token", "by hand"], rows)


def _routes(section: Results) -> Iterator[str]:
    yield "## Number of routes"
    yield ""
    yield "µs for a request to one of the application's routes, drawn at random, in process."
    yield ""
    numbers = list(section["figures"]["fixed"])
    titles = {"fixed": "without parameters", "parameter": "with a path parameter"}
    rows = [
        [title, *(f"{section['figures'][kind][number]:.1f}" for number in numbers)]
        for kind, title in titles.items()
    ]
    yield from _table(["", *(f"{int(number):,} routes" for number in numbers)], rows)


def _memory(section: Results) -> Iterator[str]:
    figures = section["figures"]
    yield "## Memory"
    yield ""
    yield f"- one more open application: {figures['bytes_per_application'] / 1024:,.1f} KiB"
    yield f"- one more kept token: {figures['bytes_per_token']:,} bytes"
    cycles = ", ".join(
        f"{number} ({REQUESTS[name].title})" for name, number in figures["left_in_cycles"].items()
    )
    yield f"- objects that one request leaves to the garbage collector: {cycles}"
    yield ""
    yield "What one application holds after that many different tokens:"
    yield ""
    points = figures["under_many_tokens"]
    yield from _table(
        ["different tokens", "entries kept", "KiB by the cache's own count", "KiB allocated"],
        [
            [
                f"{point['tokens']:,}",
                f"{point['entries']:,}",
                *(f"{point[column] / 1024:,.0f}" for column in ("counted", "bytes")),
            ]
            for point in points
        ],
    )


def _sessions(section: Results) -> Iterator[str]:
    yield "## Sessions in a store"
    yield ""
    yield (
        "Requests per second of a session that nobody changes, and in brackets times Starlette's own sessions"
        f" of the same round (medians of {section['rounds']} interleaved rounds, served as above). "
        "More is better."
    )
    yield ""
    yield from _comparison(section, section["labels"], 0)


def _keys(section: Results) -> Iterator[str]:
    many = f"{section['many']:,} keys"
    yield "## API keys in a store"
    yield ""
    yield "µs for the verification of a key drawn at random, each by one query, with the database's own time."
    yield ""
    rows = [
        [name, f"{row['few']:.0f}", f"{row['many']:.0f}", f"{row['ratio']:.2f}"]
        for name, row in section["figures"].items()
    ]
    yield from _table(["", "1,000 keys", many, "times"], rows)


def as_markdown(results: Results) -> str:
    """The results for readers."""
    about = results["about"]
    packages = ", ".join(f"{name} {number}" for name, number in about["packages"].items())
    lines = [
        "# Results",
        "",
        "Written by `python -m benchmarks`; only the ratios carry over to another machine.",
        f"{about['python']}, {about['system']}, {about['cores']} cores; {packages}.",
        "",
    ]
    labels: Mapping[str, str] = about["labels"]
    comparisons = (("in_process", _in_process), ("served", _served), ("served_core", _served_core))
    for name, comparison in comparisons:
        if name in results:
            lines += comparison(results[name], labels)
    parts = (
        ("algorithms", _algorithms),
        ("routes", _routes),
        ("memory", _memory),
        ("sessions", _sessions),
        ("keys", _keys),
    )
    for name, part in parts:
        if name in results:
            lines += part(results[name])
    return "\n".join(lines).rstrip() + "\n"
