"""A pytest plug-in that notes which test runs which line: `pytest -p mutation.mapping`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import coverage
import pytest

from mutation.mutants import ROOT

__all__: list[str] = []

_coverage = coverage.Coverage(data_file=None, source_pkgs=["nexios"], branch=False, config_file=False)
_coverage.start()
_seconds: dict[str, float] = {}
_passed: dict[str, bool] = {}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    _coverage.switch_context(item.nodeid)
    try:
        return (yield)
    finally:
        _coverage.switch_context("")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    name = report.nodeid
    _seconds[name] = _seconds.get(name, 0.0) + report.duration
    _passed[name] = _passed.get(name, True) and report.passed


def pytest_sessionfinish() -> None:
    _coverage.stop()
    data = _coverage.get_data()
    # By their numbers: a test that runs the core of the application stands under thousands of lines.
    numbers = {name: number for number, name in enumerate(_seconds) if _passed[name]}
    lines: dict[str, dict[int, list[int]]] = {}
    for file in data.measured_files():
        module = Path(file).relative_to(ROOT).as_posix()
        lines[module] = {
            line: [numbers[name] for name in contexts if name in numbers]
            for line, contexts in data.contexts_by_lineno(file).items()
        }
    chart = {"seconds": _seconds, "lines": lines}
    Path(os.environ["NEXIOS_MUTATION_MAP"]).write_text(json.dumps(chart))
