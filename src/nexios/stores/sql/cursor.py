"""Where a reader of revocations stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

__all__ = ["Cursor"]


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the order of changes.

    Attributes:
        since: Everything before this position was answered.
        horizon: From where the next pass goes on, once this one is through; 0: none has begun.
        position: The position of what this pass answered last.
        id: Its id.
    """

    since: int = 0
    horizon: int = 0
    position: int = -1
    id: str = ""

    @classmethod
    def read(cls, text: str | None) -> Self:
        """The cursor that `str` made of one.

        Raises:
            ValueError: It is none.
        """
        if text is None:
            return cls()
        since, horizon, position, name = text.split(":", 3)
        return cls(int(since), int(horizon), int(position), name)

    def after(self, position: int, name: str, horizon: int) -> Cursor:
        """Behind what was answered last, where there is more at once."""
        return Cursor(self.since, self.horizon or horizon, position, name)

    def finished(self, horizon: int) -> Cursor:
        """Before what was not committed yet when this pass began."""
        return Cursor(self.horizon or horizon)

    def __str__(self) -> str:
        return f"{self.since}:{self.horizon}:{self.position}:{self.id}"
