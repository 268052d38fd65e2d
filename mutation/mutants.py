"""Every change that is made to the code, one at a time; Cosmic Ray knows which."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

__all__ = ["ROOT", "Mutant", "mutants_of", "source_of"]

ROOT = Path(__file__).parent.parent


class Mutant(NamedTuple):
    """One change.

    Attributes:
        module: The file, from the root of the repository.
        line: The number of its line, from 1.
        text: What stands there, without the space around it.
        operator: What Cosmic Ray calls the change.
        occurrence: The number of the place in the module among those that the operator finds.
        nth: The number of the change among those of the same operator and line text.
    """

    module: str
    line: int
    text: str
    operator: str
    occurrence: int
    nth: int

    @property
    def name(self) -> str:
        """Stays the same when lines move; changes with the line itself."""
        return f"{self.module}|{self.text}|{self.operator}|{self.nth}"


def mutants_of(paths: Iterable[Path]) -> Iterator[Mutant]:
    """The changes of all files in `paths`, but for those that nobody could notice.

    Annotations are text at run time (PEP 563), unless a class is built from them; what stands under
    `if TYPE_CHECKING` is not run at all.
    """
    from cosmic_ray.commands.init import _all_work_items  # type: ignore[import-untyped]

    for path in paths:
        source = path.read_text()
        lines = source.splitlines()
        silent = _silent(ast.parse(source))
        module = path.relative_to(ROOT).as_posix()
        seen: Counter[tuple[str, str]] = Counter()
        for item in _all_work_items([path], {}):
            (spec,) = item.mutations
            row, column = spec.start_pos
            if any(start <= (row, column) <= end for start, end in silent):
                continue
            operator = spec.operator_name.removeprefix("core/")
            text = lines[row - 1].strip()
            yield Mutant(module, row, text, operator, spec.occurrence, seen[text, operator])
            seen[text, operator] += 1


def source_of(mutant: Mutant) -> str:
    """The source of the mutant's module with the change made."""
    from cosmic_ray.mutating import mutate_code  # type: ignore[import-untyped]
    from cosmic_ray.plugins import get_operator  # type: ignore[import-untyped]

    source = (ROOT / mutant.module).read_text()
    changed = mutate_code(source, get_operator(f"core/{mutant.operator}")(), mutant.occurrence)
    if changed is None:
        raise LookupError(f"there is no such change: {mutant.name}")
    return str(changed)


def _silent(tree: ast.Module) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    found: list[ast.AST | None] = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            arguments = node.args
            named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            found += [each.annotation for each in named]
            found += [each.annotation for each in (arguments.vararg, arguments.kwarg) if each is not None]
            found.append(node.returns)
        elif isinstance(node, ast.AnnAssign):
            found.append(node.annotation)
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            found += [node.test, *node.body]
        elif isinstance(node, ast.ImportFrom) and node.module == "__future__":
            found.append(node)
    return [
        ((each.lineno, each.col_offset), (each.end_lineno, each.end_col_offset))  # type: ignore[attr-defined]
        for each in found
        if each is not None
    ]
