"""The engines that the contract is held against, each with nothing in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nexios.stores import open_store


@dataclass(frozen=True)
class Engine:
    """An engine of a test's own.

    Attributes:
        kind: Which one it is.
        url: What opens it.
    """

    kind: str
    url: str

    def open(self, **options: Any) -> Any:
        return open_store(self.url, **options)
