"""What a siege has shown, as a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.machine import describe
from benchmarks.siege import figures
from benchmarks.siege.run import Found

PACKAGES = ("nexios", "uvicorn", "uvloop", "httptools", "sqlalchemy", "asyncpg", "redis")
SHOWN = 20
"""So many wrong answers are listed at most."""


def as_markdown(found: Found) -> str:
    """The page, in Markdown."""
    return (
        "\n".join([*_summary(found), *_outcomes(found), *_faults(found), *_memory(found), *_wrong(found)])
        + "\n"
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"| --- {'| ---: ' * (len(head) - 1)}|"
    for row in rows:
        yield f"| {' | '.join(map(str, row))} |"
    yield ""


def _summary(found: Found) -> Iterator[str]:
    about = describe(PACKAGES)
    versions = ", ".join(f"{name} {version}" for name, version in dict(about["packages"]).items())  # type: ignore[call-overload]
    yield "# Load and faults together"
    yield ""
    yield (
        f"Four uvicorn workers, PostgreSQL and Redis on {about['cores']} cores ({about['python']}, "
        f"{about['system']}), {found.seconds / 60:.1f} minutes. "
        f"{found.clients} clients know the right answer to each request that they send; wrk sends forged "
        "credentials besides. Stores are stopped, reset, silenced, garbled and slowed by a proxy before "
        "them, workers are killed, signing keys rotated, credentials revoked and users blocked meanwhile."
    )
    yield ""
    yield f"Made by `python -m benchmarks.siege`; {versions}."
    yield ""
    strangers = found.strangers or {}
    answers = len(found.ledger.asked)
    wrong = len(found.ledger.wrong)
    yield from _table(
        ["", "count"],
        [
            ["answers to clients, each judged", f"{answers:,}"],
            ["answers to strangers, by wrk", f"{strangers.get('asked', 0):,}"],
            ["answered wrongly", wrong],
            ["503 after a whole timeout of an untouched store (a busy machine)", len(found.ledger.late)],
            ["unforeseen errors in the workers' log", len(found.tracebacks)],
            ["faults of a store", len(found.ledger.faults)],
            ["workers killed", len(found.ledger.kills)],
            ["credentials ended or replaced", f"{found.ended:,}"],
            ["users blocked", found.blocked],
            ["rotations of the signing keys", found.rotations],
            ["median of an answer", f"{1000 * figures.slowest(found, 0.5):.0f} ms"],
            ["slowest of a hundred", f"{1000 * figures.slowest(found, 0.01):.0f} ms"],
        ],
    )


def _outcomes(found: Found) -> Iterator[str]:
    yield "## What was asked, and how it was answered"
    yield ""
    yield (
        "An earlier credential is one that was ended or replaced. It may be taken until the second is over "
        "in which every process gets to know of that, an access token that was replaced until it expires. "
        "No answer: the worker was killed in the middle of it."
    )
    yield ""
    rows = [
        [what, *(f"{count:,}" for count in row.values())] for what, row in figures.outcomes(found).items()
    ]
    yield from _table(["request", "done", "refused", "503", "no answer"], rows)


def _faults(found: Found) -> Iterator[str]:
    yield "## Faults"
    yield ""
    rows = [
        [
            f"{row.store} {row.what}",
            row.times,
            f"{row.refused:,}",
            f"{row.slowest:.2f} s" if row.refused else "none",
            f"{max(row.well_after, 0):.2f} s",
        ]
        for row in figures.faults(found)
    ]
    yield from _table(["fault", "times", "503", "slowest 503", "last 503 asked for after its return"], rows)


def _memory(found: Found) -> Iterator[str]:
    seen = figures.growth(found)
    if seen is None:
        return
    yield "## Memory"
    yield ""
    yield (
        f"The worker that nobody killed had {seen.first:.1f} MiB of its own after a third of the time and "
        f"{seen.last:.1f} MiB {seen.minutes:.1f} minutes later: {seen.slope:+.2f} MiB a minute. "
        f"More than {figures.FLAT} would be a leak. The most that any worker had was {seen.highest:.1f} MiB."
    )
    yield ""


def _wrong(found: Found) -> Iterator[str]:
    for title, lines in (("Wrong answers", found.ledger.wrong), ("Unforeseen errors", found.tracebacks)):
        if lines:
            yield f"## {title}"
            yield ""
            yield from (f"- {line}" for line in lines[:SHOWN])
            yield ""
