"""The words by which people find an operation: from docstrings and names."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["described", "operation_ids"]

# What a docstring says to programmers ends what it says to those who call the route.
_SECTION = re.compile(
    r"^(?:Args|Arguments|Returns|Raises|Yields|Examples?|Attributes|Notes?):\s*$", re.MULTILINE
)


def described(handler: Any, name: str) -> tuple[str, str]:
    """One line, and the rest, of what `handler` says of itself.

    Args:
        handler: A handler with or without a docstring.
        name: What it is called, for one without.
    """
    while isinstance(handler, partial):
        handler = handler.func
    text = inspect.cleandoc(getattr(handler, "__doc__", None) or "")
    text = _SECTION.split(text, maxsplit=1)[0].strip()
    if not text:
        return name.strip("_").replace("_", " ").capitalize(), ""
    first, _, rest = text.partition("\n\n")
    return " ".join(first.split()).rstrip("."), rest.strip()


def operation_ids(operations: Iterable[tuple[str, str]]) -> list[str]:
    """An id for each operation, given by name and method, no two alike: the name alone where that will do."""
    operations = list(operations)
    names = Counter(name for name, _ in operations)
    used: set[str] = set()
    found = []
    for name, method in operations:
        chosen = base = name if names[name] == 1 else f"{name}_{method.lower()}"
        number = 1
        while chosen in used or (chosen != name and chosen in names):
            number += 1
            chosen = f"{base}_{number}"
        used.add(chosen)
        found.append(chosen)
    return found
