"""Numbers of a run: medians, and the spread in which half of the rounds lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a table.

    `value` is the median over the rounds (µs or requests per second), `ratio` the median of what it is
    times the yardstick of the same round, `low` and `high` the quartiles of that ratio.
    """

    value: float
    ratio: float | None = None
    low: float | None = None
    high: float | None = None


def figures(rounds: Mapping[str, Sequence[float]], yardstick: str) -> dict[str, Figure]:
    """A figure for each application out of one value for each round.

    Args:
        rounds: Application to its values, the same number for each.
        yardstick: The application that the others are compared with; without it there are no ratios.
    """
    base = rounds.get(yardstick)
    found = {}
    for name, values in rounds.items():
        if base is None:
            found[name] = Figure(median(values))
            continue
        ratios = [value / other for value, other in zip(values, base, strict=True)]
        low, _, high = quantiles(ratios, n=4) if len(ratios) > 1 else (ratios[0],) * 3
        found[name] = Figure(median(values), median(ratios), low, high)
    return found
