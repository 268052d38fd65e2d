"""The table of attacks says what the tests are called, of each case and of no other."""

from __future__ import annotations

import re

from tests.docs.markdown import ROOT

PAGE = ROOT / "docs" / "attacks.md"
TESTS = ROOT / "tests" / "attacks"
ROW = re.compile(r"^\| ([a-z-]+-\d\d) \| (.+) \| .+ \| (.+) \|$", re.MULTILINE)
CASE = re.compile(r"^(?:async )?def test_((?:[a-z]+_)+\d\d)_(\w+)\(", re.MULTILINE)


def rows() -> dict[str, tuple[list[str], list[str]]]:
    """Case to what is said to hold, and where it is said to be shown."""
    found = {}
    for row in re.findall(
        r"^\| ([a-z-]+-\d\d) \| (.+) \| .+ \| (.+) \|$", PAGE.read_text("utf-8"), re.MULTILINE
    ):
        case, holds, files = row
        found[case] = (holds.split("; "), re.findall(r"`(\w+\.py)`", files))
    return found


def of_the_tests() -> dict[str, tuple[list[str], list[str]]]:
    """Case to what its tests are called, and the files that they stand in."""
    found: dict[str, tuple[list[str], list[str]]] = {}
    for file in sorted(TESTS.glob("test_*.py")):
        for case, name in CASE.findall(file.read_text("utf-8")):
            holds, files = found.setdefault(case.replace("_", "-"), ([], []))
            holds.append(name.replace("_", " "))
            if file.name not in files:
                files.append(file.name)
    return found


def test_every_case_stands_in_the_table_with_all_of_its_tests() -> None:
    assert len(rows()) > 80
    assert rows() == of_the_tests()


def test_every_test_that_the_security_model_names_is_there() -> None:
    model = (ROOT / "docs" / "security-model.md").read_text("utf-8")
    named = re.findall(r"^\| \d+\.\d+\.\d+ \| .+ \| `([\w/]+\.py)::(test_\w+)` \|$", model, re.MULTILINE)
    assert len(named) == len(re.findall(r"^\| \d+\.\d+\.\d+ ", model, re.MULTILINE)) > 40
    for file, name in named:
        text = (ROOT / "tests" / file).read_text("utf-8")
        assert re.search(rf"def {name}\(", text), f"{file}::{name}"
