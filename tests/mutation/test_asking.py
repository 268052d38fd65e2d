"""What `python -m mutation` says of a change is so."""

from __future__ import annotations

import ast
import json
from collections import deque
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mutation import swapping
from mutation.aims import Aims
from mutation.forks import Job, run_all
from mutation.mutants import Mutant, _silent
from mutation.results import Results
from mutation.summary import write_summary
from mutation.swapping import ELSEWHERE, Swapper
from tests.mutation import sample

pytestmark = pytest.mark.filterwarnings("ignore:This process.*fork:DeprecationWarning")

MODULE = "tests/mutation/sample.py"
SOURCE = Path(sample.__file__).read_text()


def mutant(module: str = MODULE, line: int = 1, text: str = "", operator: str = "AddNot") -> Mutant:
    return Mutant(module, line, text, operator, 0, 0)


def item(name: str, holds: Any) -> Any:
    def report(**_: Any) -> list[Any]:
        return [SimpleNamespace(failed=not holds())]

    return SimpleNamespace(nodeid=name, report=report)


ITEMS = [
    item("adult", lambda: sample.is_adult(18) and not sample.is_adult(17)),
    item("child", lambda: not sample.is_adult(3)),
    item("closure", lambda: sample.doubled(4) == 8),
]


@pytest.fixture
def swapper(monkeypatch: pytest.MonkeyPatch) -> Swapper:
    monkeypatch.setattr(swapping, "runtestprotocol", lambda item, **_: item.report())
    return Swapper(cast(Any, SimpleNamespace(items=ITEMS)), [MODULE])


@pytest.mark.parametrize(
    ("before", "after", "tests", "answer"),
    [
        ("age >= 18", "age > 18", ["child", "adult"], 1),
        ("age >= 18", "age > 18", ["child"], 0),
        ("age >= 18", "age >= 18", ["adult"], ELSEWHERE),
        ("2 * number", "3 * number", ["closure"], 1),
        ("2 * number", "missing * number", ["closure"], 1),
        ("FACTOR = 2", "FACTOR = 3", ["closure"], ELSEWHERE),
    ],
)
def test_a_change_is_noticed_by_who_looks(
    swapper: Swapper, monkeypatch: pytest.MonkeyPatch, before: str, after: str, tests: list[str], answer: int
) -> None:
    assert before in SOURCE
    monkeypatch.setattr(swapping, "source_of", lambda _: SOURCE.replace(before, after))
    jobs = deque([Job(mutant(), tests, 0.0), Job(mutant(), tests, 0.0, made=False)])
    asked = run_all(lambda: jobs.popleft() if jobs else None, swapper.ask, width=1)
    found = {job.made: status for job, status in asked}
    assert found == {True: answer, False: 0}
    # Nothing was changed in the process that asked.
    assert (sample.is_adult(18), sample.doubled(4)) == (True, 8)


def test_who_never_answers_has_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = deque([Job(mutant(), [], -10.0 / 3)])

    def never(job: Job) -> int:
        while True:
            pass

    ((_, status),) = run_all(lambda: jobs.popleft() if jobs else None, never, width=1)
    assert status not in (0, ELSEWHERE)


def test_what_only_a_reader_sees_is_not_changed() -> None:
    source = (
        "from __future__ import annotations\n"
        "if TYPE_CHECKING:\n"
        "    import that\n"
        "def one(a: int | None, *b: str | int) -> int | None:\n"
        "    c: list | None = a or 1\n"
    )
    silent = {ast.get_source_segment(source, node) for node in _silent_nodes(source)}
    assert silent == {
        *("from __future__ import annotations", "TYPE_CHECKING", "import that"),
        *("int | None", "str | int", "list | None"),
    }


def _silent_nodes(source: str) -> list[ast.AST]:
    tree = ast.parse(source)
    spans = set(_silent(tree))
    return [
        node
        for node in ast.walk(tree)
        if hasattr(node, "lineno")
        and ((node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)) in spans
    ]


def test_who_is_near_and_quick_is_asked_first(tmp_path: Path) -> None:
    module = "src/nexios/auth/x.py"
    seconds = {
        "tests/http/a": 0.1,
        "tests/auth/slow": 0.5,
        "tests/auth/quick[1]": 0.2,
        "tests/auth/quick[2]": 0.2,
    }
    chart = tmp_path / "map.json"
    chart.write_text(json.dumps({"seconds": seconds, "lines": {module: {"7": [0, 1, 2, 3], "9": [1]}}}))
    aims = Aims(chart)
    everybody = ["tests/auth/quick[1]", "tests/auth/slow", "tests/http/a", "tests/auth/quick[2]"]
    assert aims.tests(mutant(module, 7)) == everybody
    assert aims.tests(mutant(module, 9)) == ["tests/auth/slow"]
    # What runs when the module is loaded is seen by who runs anything of it, the nearest lines first.
    assert aims.tests(mutant(module, 11))[0] == "tests/auth/slow"
    assert aims.tests(mutant("src/nexios/auth/y.py", 7)) == []
    aims.keep_only({"tests/http/a"})
    assert aims.tests(mutant(module, 7)) == ["tests/http/a"]


def test_what_is_known_is_kept_and_survivors_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    killed, survivor = mutant("src/nexios/auth/x.py", 3, "a"), mutant("src/nexios/auth/x.py", 4, "b or [c]")
    results = Results(tmp_path / "results.jsonl")
    assert results.killed(killed) is None
    results.note(killed, killed=False)
    results.note(killed, killed=True)
    assert write_summary([killed, survivor], results, explained=tmp_path / "none.toml") == 0
    results.note(survivor, killed=False)
    again = Results(tmp_path / "results.jsonl")
    assert (again.killed(killed), again.killed(survivor)) == (True, False)
    capsys.readouterr()
    assert write_summary([killed, survivor], again, explained=tmp_path / "none.toml") == 1
    said = capsys.readouterr().out
    for each in ("src/nexios/auth/x.py:4 AddNot", "b or [c]", "50.0%"):
        assert each in said
    explained = tmp_path / "explained.toml"
    explained.write_text(f"[[reason]]\nwhy = 'so'\nchanges = [{json.dumps(survivor.name)}]\n")
    assert write_summary([killed, survivor], again, explained=explained) == 0
    for name, status in (("src/nexios/auth/x.py|gone", 1), ("src/nexios/auth/of_another_run.py|gone", 0)):
        explained.write_text(f"[[reason]]\nwhy = 'so'\nchanges = [{json.dumps(survivor.name)}, '{name}']\n")
        capsys.readouterr()
        assert write_summary([killed, survivor], again, explained=explained) == status
        assert (name in capsys.readouterr().out) is bool(status)
