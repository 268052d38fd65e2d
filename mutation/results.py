"""What is known of each change, kept between runs."""

from __future__ import annotations

import json
from pathlib import Path

from mutation.mutants import Mutant

__all__ = ["Results"]


class Results:
    """A file of one line for each result; the last one about a change counts.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._killed: dict[str, bool] = {}
        self.load()

    def load(self) -> None:
        """Read what another process has noted."""
        if self._path.exists():
            for line in self._path.read_text().splitlines():
                name, killed = json.loads(line)
                self._killed[name] = killed

    def killed(self, mutant: Mutant) -> bool | None:
        """Whether a test noticed; None: none was asked yet."""
        return self._killed.get(mutant.name)

    def note(self, mutant: Mutant, *, killed: bool) -> None:
        """Keep what was found out."""
        self._killed[mutant.name] = killed
        with self._path.open("a") as file:
            file.write(json.dumps([mutant.name, killed]) + "\n")
