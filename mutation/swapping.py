"""Asking about a change by putting other code into functions that are loaded already: quick."""

from __future__ import annotations

import gc
import importlib
import inspect
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import CodeType, FunctionType

import pytest
from _pytest.runner import runtestprotocol

from mutation.forks import Job
from mutation.mutants import ROOT, Mutant, source_of

__all__ = ["ELSEWHERE", "Swapper"]

ELSEWHERE = 3
"""Answered where the change is not in a function, or one that is not there to be changed."""

Key = tuple[str, int]


class Swapper:
    """Changes loaded functions and runs collected tests.

    Args:
        session: The tests as pytest has collected them.
        modules: The files that will be changed.
    """

    def __init__(self, session: pytest.Session, modules: Iterable[str]) -> None:
        self.items = {item.nodeid: item for item in session.items}
        for module in modules:
            # Some are loaded by their first use only.
            importlib.import_module(_name(module))
        self._functions: dict[str, list[FunctionType]] = defaultdict(list)
        for each in gc.get_objects():
            if isinstance(each, FunctionType):
                self._functions[each.__code__.co_filename].append(each)

    def ask(self, job: Job) -> int:
        """Run the tests in this process; 0 where none notices, `ELSEWHERE` where the change is not made."""
        if job.made and not self._change(job.mutant):
            return ELSEWHERE
        items = [self.items[name] for name in job.tests]
        for item, following in zip(items, [*items[1:], None], strict=True):
            if any(report.failed for report in runtestprotocol(item, log=False, nextitem=following)):
                return 1
        return 0

    def _change(self, mutant: Mutant) -> bool:
        path = ROOT / mutant.module
        before, after = _codes(path, path.read_text()), _codes(path, source_of(mutant))
        if before.keys() != after.keys():
            return False
        changed = {key for key in before if not _same(before[key], after[key])}
        # What differs in one function differs in the constants of those around it, which have run.
        own = {key for key in changed if not _same(before[key], after[key], within=False)}
        if not own or any(not before[key].co_flags & inspect.CO_NEWLOCALS for key in own):
            return False
        found = False
        for function in self._functions[str(path)]:
            key = function.__code__.co_qualname, function.__code__.co_firstlineno
            if key in changed:
                if function.__code__.co_freevars != after[key].co_freevars:
                    return False
                function.__code__ = after[key]
                found = True
        return found


def _name(module: str) -> str:
    return module.removeprefix("src/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _codes(path: Path, source: str) -> dict[Key, CodeType]:
    """Every function of the source by its name and line; those of a line that has several are left out."""
    found: dict[Key, CodeType] = {}
    twice = set()
    for code in _inside(compile(source, str(path), "exec", dont_inherit=True)):
        key = code.co_qualname, code.co_firstlineno
        if key in found:
            twice.add(key)
        found[key] = code
    return {key: code for key, code in found.items() if key not in twice}


def _inside(code: CodeType) -> Iterator[CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _inside(each)


def _same(one: CodeType, other: CodeType, *, within: bool = True) -> bool:
    return _parts(one, within) == _parts(other, within)


def _parts(code: CodeType, within: bool) -> tuple[object, ...]:
    constants = tuple(
        (_parts(each, within) if within else None) if isinstance(each, CodeType) else (type(each), each)
        for each in code.co_consts
    )
    return code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars
