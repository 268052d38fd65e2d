"""Finds in the source what errors say, without raising them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nexios

SOURCE = Path(nexios.__file__).parent

UNKNOWN = "…"
"""Stands where only the running program knows the text."""


@dataclass(frozen=True, slots=True)
class Said:
    """One place where an error is made.

    Attributes:
        where: The file and the line.
        error: The class.
        text: What it says, as far as the source tells.
    """

    where: str
    error: str
    text: str


def said_by(errors: set[str]) -> list[Said]:
    """Every place in the library where one of these classes is called."""
    return [
        said
        for path in sorted(SOURCE.rglob("*.py"))
        for said in said_in(path.read_text("utf-8"), path.relative_to(SOURCE).as_posix(), errors)
    ]


def subclasses_of(name: str) -> set[str]:
    """The classes of the library whose base has this name."""
    return {
        node.name
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == name for base in node.bases)
    }


def said_in(source: str, name: str, errors: set[str]) -> Iterator[Said]:
    """Every such place in one file."""
    module = ast.parse(source)
    texts = _texts(module)
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in errors:
            yield Said(
                f"{name}:{node.lineno}", node.func.id, " ".join(_text(each, texts) for each in node.args)
            )


def _texts(module: ast.Module) -> dict[str, str]:
    """What the names of a module stand for: texts that are assigned, and texts that functions give back."""
    assigned: dict[str, str] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            assigned[name] = " ".join([assigned.get(name, ""), *_constants(node.value, {})]).strip()
    given: dict[str, str] = {}
    for function in ast.walk(module):
        for node in ast.walk(function) if isinstance(function, ast.FunctionDef) else ():
            if isinstance(node, ast.Return) and node.value is not None:
                said = _constants(node.value, assigned)
                given[function.name] = " ".join([given.get(function.name, ""), *said]).strip()
    return assigned | given


def _constants(node: ast.AST, texts: dict[str, str]) -> list[str]:
    if isinstance(node, ast.Constant | ast.JoinedStr):
        return [_text(node, texts)]
    return [text for child in ast.iter_child_nodes(node) for text in _constants(child, texts)]


def _text(node: ast.AST, texts: dict[str, str]) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(each, texts) for each in node.values)
    if isinstance(node, ast.BinOp):
        return _text(node.left, texts) + _text(node.right, texts)
    if isinstance(node, ast.IfExp):
        return f"{_text(node.body, texts)} {_text(node.orelse, texts)}"
    if isinstance(node, ast.FormattedValue):
        return _text(node.value, texts)
    if isinstance(node, ast.Name):
        return texts.get(node.id) or UNKNOWN
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return texts.get(node.func.id) or UNKNOWN
    return UNKNOWN
