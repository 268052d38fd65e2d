"""The page that users read: its blocks, and the names that it leaves to its reader."""

from __future__ import annotations
import __future__

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[3] / "shared" / "seed" / "authentication.md"
MISSING = "the page that users read is not beside this checkout"

# What the page prints is run as it is printed, but for these, and nothing else:
#
# - Names that its reader has from elsewhere are supplied by `run(number, **reader)`:
#     db           the reader's database
#     app          the application that the section is about
#     User         the reader's user model, where the block does not define one
#     request      the request of the handler in which `login` and `logout` stand
#     user         the person whom that handler logs in
#     stored_hash  the hash that the reader stored when the key was made
#     timedelta    of the standard library, for the line that stands outside of a fence
#     auth         the first block uses it and does not import it
# - What an earlier block imported, a later one need not import again.
# - One block indents a class by three and by four blanks (`INDENTATION`).
# - Some annotate `-> User` inside of `class User`: a reader with Python 3.14, or with the import that every
#   module of ours begins with, need not care (`ANNOTATIONS`).
READERS_NAMES = frozenset({"db", "app", "User", "request", "user", "stored_hash", "timedelta", "auth"})
INDENTATION = re.compile(r"^(?:   |      )(?=\S)", re.MULTILINE)
ANNOTATIONS = __future__.annotations.compiler_flag


def blocks() -> list[str]:
    """The Python blocks of the page, in their order."""
    found: list[str] = []
    lines: list[str] | None = None
    for line in _text().splitlines():
        if lines is None and line.startswith("```py"):
            lines = []
        elif lines is not None and line.startswith("```"):
            found.append("\n".join(lines) + "\n")
            lines = None
        elif lines is not None:
            lines.append(line)
    return found


def fragment() -> str:
    """The line "with expires_in", which stands outside of a fence."""
    match = re.search(r"^\*\*with expires_in\*\*\n(.+\n)```$", _text(), re.MULTILINE)
    assert match is not None
    return match[1]


def run(number: int, **reader: Any) -> dict[str, Any]:
    """Run a block as it is printed.

    Args:
        number: Which, from 1.
        reader: The names that its reader has.

    Returns:
        The names that it made.
    """
    return run_text(blocks()[number - 1], number, **reader)


def run_text(text: str, number: int, **reader: Any) -> dict[str, Any]:
    """Run `text` as it stands behind block `number - 1`."""
    assert set(reader) <= READERS_NAMES
    names = {"__name__": "page", **dict(_imported_before(number)), **reader}
    for statement in _parsed(text).body:
        # A hash that the reader stored is known once the key was made.
        names |= {name: names.get(known.name) for name, known in reader.items() if isinstance(known, Stored)}
        module = ast.Module([statement], [])
        exec(compile(module, PAGE.name, "exec", flags=ANNOTATIONS, dont_inherit=True), names)
    return names


class Stored:
    """What the reader kept of a name that the block makes."""

    def __init__(self, name: str) -> None:
        self.name = name


def _parsed(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except IndentationError:
        return ast.parse(INDENTATION.sub(lambda found: " " * (len(found[0]) // 3 * 4), text))


def _imported_before(number: int) -> Iterator[tuple[str, Any]]:
    for text in blocks()[: number - 1]:
        for line in text.splitlines():
            if line.startswith(("from ", "import ")):
                names: dict[str, Any] = {}
                exec(line, names)
                names.pop("__builtins__")
                yield from names.items()


def _text() -> str:
    return PAGE.read_text(encoding="utf-8")
