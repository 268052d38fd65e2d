"""Whether times grow with something, as a statistician would say it, and how small a growth would be seen."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist, mean, median, pvariance

BLOCK = 40
"""So many times make one figure, their median: a busy machine moves single times by more than is sought."""

SURE = 0.001
"""What chance alone does no oftener is believed to be no chance, where it is found twice."""

_normal = NormalDist()


@dataclass(frozen=True)
class Growth:
    """What was found.

    Attributes:
        slope: How much longer it takes for each step, in the unit of the times.
        seen: The smallest slope that would have been noticed in most runs.
        slope_p: How often chance alone makes such a slope (least squares).
        ends_p: How often chance alone makes such a difference between the ends (Mann-Whitney).
        middle: The median of all times.
    """

    slope: float
    seen: float
    slope_p: float
    ends_p: float
    middle: float

    @property
    def is_found(self) -> bool:
        return self.slope_p < SURE and self.ends_p < SURE


def growth(times: Mapping[int, Sequence[float]], block: int = BLOCK) -> Growth:
    """Whether times grow with the number that they stand under.

    Args:
        times: For each number as many times, taken in turns.
        block: How many make one figure.
    """
    steps = sorted(times)
    figures = {step: _medians(times[step], block) for step in steps}
    # What was slow for all at one moment says nothing: only what differs within a block counts.
    rows = list(zip(*figures.values(), strict=True))
    level = [mean(row) for row in rows]
    centred = {step: [x - y for x, y in zip(figures[step], level, strict=True)] for step in steps}
    middle_step = mean(steps)
    spread = len(level) * sum((step - middle_step) ** 2 for step in steps)
    slope = sum((step - middle_step) * sum(centred[step]) for step in steps) / spread
    errors = [x - slope * (step - middle_step) for step in steps for x in centred[step]]
    # One mean was taken from each block, and one slope from all.
    freedom = len(level) * (len(steps) - 1) - 1
    error = math.sqrt(pvariance(errors, 0.0) * len(errors) / freedom / spread)
    return Growth(
        slope=slope,
        seen=error * (_normal.inv_cdf(1 - SURE / 2) + _normal.inv_cdf(0.9)),
        slope_p=_two_sided(slope / error) if error else float(slope == 0),
        ends_p=mann_whitney(centred[steps[0]], centred[steps[-1]]),
        middle=median(x for each in times.values() for x in each),
    )


def mann_whitney(first: Sequence[float], second: Sequence[float]) -> float:
    """How often chance alone makes two samples differ as much as these (two-sided, normal approximation)."""
    ranks: dict[float, float] = {}
    ordered = sorted([*first, *second])
    ties = 0.0
    start = 0
    while start < len(ordered):
        end = start
        while end < len(ordered) and ordered[end] == ordered[start]:
            end += 1
        ranks[ordered[start]] = (start + 1 + end) / 2
        ties += (end - start) ** 3 - (end - start)
        start = end
    m, n = len(first), len(second)
    over = sum(ranks[x] for x in first) - m * (m + 1) / 2
    total = m + n
    variance = m * n / 12 * (total + 1 - ties / (total * (total - 1)))
    return _two_sided((over - m * n / 2) / math.sqrt(variance)) if variance else 1.0


def _two_sided(z: float) -> float:
    return 2 * _normal.cdf(-abs(z))


def _medians(times: Sequence[float], block: int) -> list[float]:
    return [median(times[start : start + block]) for start in range(0, len(times) - block + 1, block)]
