"""What the run found, for the terminal and for the repository."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from mutation.mutants import ROOT, Mutant
from mutation.results import Results

__all__ = ["write_summary"]

EXPLAINED = ROOT / "mutation" / "explained.toml"


def write_summary(mutants: Sequence[Mutant], results: Results, explained: Path = EXPLAINED) -> int:
    """Print the figures, and what survived without a reason; 1 where there is any such."""
    reasons = _explained(explained)
    console = Console(highlight=False)
    figures: Counter[tuple[str, str]] = Counter()
    for mutant in mutants:
        part, killed = mutant.module.split("/")[2], results.killed(mutant)
        figures[part, "unknown" if killed is None else "killed" if killed else "survived"] += 1
        if killed is not False:
            continue
        if mutant.name in reasons:
            figures[part, "explained"] += 1
            continue
        console.print(f"{mutant.module}:{mutant.line} {mutant.operator} #{mutant.nth}", markup=False)
        console.print(f"    {mutant.text}", markup=False)
    modules = {mutant.module for mutant in mutants}
    open_ = {mutant.name for mutant in mutants if not results.killed(mutant)}
    stale = {name for name in reasons - open_ if name.partition("|")[0] in modules}
    for name in sorted(stale):
        console.print(f"explained, but no survivor: {name}", markup=False)
    parts = list(dict.fromkeys(part for part, _ in figures))
    table = Table("part", "changes", "noticed", "survived", "of these explained")
    for part in parts:
        table.add_row(*_row(part, figures))
    console.print(table)
    left = sum(figures[part, "survived"] - figures[part, "explained"] for part in parts)
    return int(bool(left or stale))


def _row(part: str, figures: Counter[tuple[str, str]]) -> tuple[str, ...]:
    killed, survived = figures[part, "killed"], figures[part, "survived"]
    known = killed + survived
    share = f"{killed:,} ({killed / known:.1%})" if known else "0"
    return part, f"{known:,}", share, f"{survived:,}", f"{figures[part, 'explained']:,}"


def _explained(path: Path) -> frozenset[str]:
    if not path.exists():
        return frozenset()
    groups = tomllib.loads(path.read_text()).get("reason", ())
    return frozenset(name for group in groups for name in group["changes"])
