"""Paths with parameters by their first segment, so that a request is not held against all of them."""

from __future__ import annotations

from typing import Generic, TypeVar

__all__ = ["BySegment"]

Item = TypeVar("Item")


class BySegment(Generic[Item]):
    """What stands behind paths, by the first segment of each; always in the order of declaration."""

    def __init__(self) -> None:
        self._by_segment: dict[str, list[Item]] = {}
        self._anywhere: list[Item] = []

    def add(self, path: str, item: Item) -> None:
        """Put `item` behind `path`, whose first segment may be or hold a parameter."""
        segment = _first(path)
        if segment and "{" not in segment:
            self._by_segment.setdefault(segment, list(self._anywhere)).append(item)
            return
        self._anywhere.append(item)
        for items in self._by_segment.values():
            items.append(item)

    def candidates(self, path: str) -> list[Item]:
        """All that may stand behind the path of a request."""
        return self._by_segment.get(_first(path), self._anywhere)


def _first(path: str) -> str:
    return path.split("/", 2)[1] if path.startswith("/") else ""
