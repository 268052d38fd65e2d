"""What a siege comes to in figures: how soon a store was known to be away, and what a worker kept."""

from __future__ import annotations

from collections import Counter, defaultdict
from statistics import fmean

import msgspec

from benchmarks.siege.run import Found
from benchmarks.siege.trouble import Memory

MIB = 1024 * 1024

FLAT = 0.25
"""MiB a minute: some fifteen bytes for each request of a siege, less than the smallest object takes."""
LONG_ENOUGH = 5.0
"""Minutes, before which what grows may only be getting warm."""


class Fault(msgspec.Struct):
    """All faults of one kind with one store.

    Attributes:
        what: Its name.
        store: The store.
        times: How often it was.
        refused: How many requests were answered 503 for it.
        slowest: How long the slowest of those took, in seconds.
        well_after: How long after the store's return the last 503 was asked for, in seconds.
    """

    what: str
    store: str
    times: int = 0
    refused: int = 0
    slowest: float = 0.0
    well_after: float = 0.0


class Growth(msgspec.Struct, frozen=True):
    """What one worker had, once it had warmed up.

    Attributes:
        minutes: How long it was watched from then on.
        first: What it had at the beginning of that, in MiB.
        last: What it had at the end.
        highest: The most that any worker had.
        slope: MiB a minute, by the line of least squares.
    """

    minutes: float
    first: float
    last: float
    highest: float
    slope: float

    @property
    def is_flat(self) -> bool:
        """Whether nothing is kept of each request, as far as it was watched for long enough to say."""
        return self.minutes < LONG_ENOUGH or self.slope <= FLAT


def faults(found: Found) -> list[Fault]:
    """What each fault led to, by name and store."""
    rows: dict[tuple[str, str], Fault] = {}
    refused = [(done, took) for done, status, took in found.ledger.asked if status == 503]
    windows = sorted(found.ledger.faults, key=lambda window: window.began)
    for number, window in enumerate(windows):
        row = rows.setdefault((window.what, window.store), Fault(window.what, window.store))
        row.times += 1
        until = windows[number + 1].began if number + 1 < len(windows) else float("inf")
        for done, took in refused:
            if window.began <= done < until:
                row.refused += 1
                row.slowest = max(row.slowest, took)
                row.well_after = max(row.well_after, done - took - window.healed)
    return sorted(rows.values(), key=lambda row: (row.store, row.what))


def eldest(found: Found) -> list[Memory]:
    """What the worker that lived longest had, each second."""
    lived = Counter(seen.pid for seen in found.memory)
    if not lived:
        return []
    (pid, _), *_ = lived.most_common(1)
    return [seen for seen in found.memory if seen.pid == pid]


def growth(found: Found) -> Growth | None:
    """Whether the eldest worker's memory grew in the last two thirds of the time; None: nobody watched."""
    seen = [each for each in eldest(found) if each.at >= found.began + found.seconds / 3]
    if len(seen) < 3:
        return None
    times = [(each.at - seen[0].at) / 60 for each in seen]
    sizes = [each.bytes / MIB for each in seen]
    middle, mean = fmean(times), fmean(sizes)
    spread = sum((time - middle) ** 2 for time in times)
    slope = sum((time - middle) * (size - mean) for time, size in zip(times, sizes, strict=True)) / spread
    highest = max(each.bytes for each in found.memory) / MIB
    return Growth(times[-1], sizes[0], sizes[-1], highest, slope)


def outcomes(found: Found) -> dict[str, dict[str, int]]:
    """Kind of request to how often it was let in, refused, not decided and not answered."""
    rows: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(("in", "out", "503", "none"), 0))
    for (what, status), count in sorted(found.ledger.outcomes.items()):
        column = {0: "none", 503: "503", 200: "in", 204: "in"}.get(status, "out")
        rows[what][column] += count
    return dict(rows)


def per_second(found: Found) -> list[dict[str, int]]:
    """For each second how many were let in, refused and not decided."""
    seconds = [{"in": 0, "out": 0, "503": 0} for _ in range(int(found.seconds) + 1)]
    for done, status, _ in found.ledger.asked:
        second = int(done - found.began)
        if 0 <= second < len(seconds) and status:
            seconds[second]["503" if status == 503 else "in" if status < 300 else "out"] += 1
    return seconds


def slowest(found: Found, share: float) -> float:
    """How long the slowest `share` of all answers took at least, in seconds; those of a 503 aside."""
    times = sorted(took for _, status, took in found.ledger.asked if status not in (0, 503))
    return times[min(len(times) - 1, int(len(times) * (1 - share)))] if times else 0.0
