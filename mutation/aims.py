"""Which tests are asked about a change."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable
from itertools import zip_longest
from pathlib import Path

from mutation.mutants import Mutant

__all__ = ["Aims"]

FIRST = 40
"""How many tests are asked at first; most changes are noticed by these."""
SECONDS = 2.5
"""How long all that are asked about one change take together without it."""
_OF_A_LINE = 20


class Aims:
    """Chooses tests by what they run.

    Args:
        path: What `mutation.mapping` wrote.
    """

    def __init__(self, path: Path) -> None:
        found = json.loads(path.read_text())
        self.seconds: dict[str, float] = found["seconds"]
        names = list(self.seconds)
        self._lines: dict[str, dict[int, list[str]]] = {
            module: {int(line): [names[number] for number in tests] for line, tests in lines.items() if tests}
            for module, lines in found["lines"].items()
        }

    def keep_only(self, names: Collection[str]) -> None:
        """Choose from these only: what a name was made of may differ from one run to the next."""
        for lines in self._lines.values():
            for line, tests in lines.items():
                lines[line] = [name for name in tests if name in names]

    def tests(self, mutant: Mutant) -> list[str]:
        """The tests to ask, those first that are likely to notice soon."""
        return self._within_time(self._ranked(mutant))

    def time_of(self, tests: Iterable[str]) -> float:
        """How long they take together where nothing is changed."""
        return sum(self.seconds[name] for name in tests)

    def _ranked(self, mutant: Mutant) -> list[str]:
        lines = self._lines.get(mutant.module, {})
        tests = lines.get(mutant.line)
        if not tests:
            # Run when the module is loaded: one who runs each line is asked, from the nearest line on.
            by_distance = sorted(lines, key=lambda line: abs(line - mutant.line))
            in_turn = zip_longest(*(lines[line][:_OF_A_LINE] for line in by_distance))
            return list(dict.fromkeys(name for turn in in_turn for name in turn if name is not None))
        own = f"tests/{mutant.module.split('/')[2]}/"
        ranked = sorted(tests, key=lambda name: (not name.startswith(own), self.seconds[name]))
        # Many cases of one test run the same lines: one of each test first, then the second of each.
        turn: Counter[str] = Counter()
        turns = {}
        for name in ranked:
            test = name.partition("[")[0]
            turns[name] = turn[test]
            turn[test] += 1
        return sorted(ranked, key=lambda name: turns[name])

    def _within_time(self, tests: list[str]) -> list[str]:
        left = SECONDS
        chosen: list[str] = []
        for name in tests:
            left -= self.seconds[name] + 0.01
            if left < 0 and chosen:
                break
            chosen.append(name)
        return chosen
