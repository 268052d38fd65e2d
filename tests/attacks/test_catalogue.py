"""Nothing of the catalogue is forgotten: each case has a test named after its id."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
# Those whose parts are there
TIERS = {1, 2}
CATALOGUE = HERE.parents[2] / "shared" / "attacks.json"


@pytest.fixture
def cases() -> list[dict[str, Any]]:
    if not CATALOGUE.exists():
        pytest.skip("the catalogue of attacks is not beside this checkout")
    return json.loads(CATALOGUE.read_text())


def _named_after(case: dict[str, Any], tests: str) -> list[str]:
    return re.findall(rf"^(?:async )?def (test_{case['id'].replace('-', '_')}_\w+)\(", tests, re.MULTILINE)


def test_each_case_has_a_test_in_a_file_of_its_area(cases: list[dict[str, Any]]) -> None:
    without = []
    for case in cases:
        if case["tier"] not in TIERS:
            continue
        files = HERE.glob(f"test_{case['area'].replace('-', '_')}*.py")
        if not any(_named_after(case, file.read_text()) for file in files):
            without.append(case["id"])
    assert without == []


def test_no_test_is_named_after_a_case_that_the_catalogue_does_not_have(cases: list[dict[str, Any]]) -> None:
    known = {case["id"].replace("-", "_") for case in cases}
    areas = "|".join(sorted({case["area"].replace("-", "_") for case in cases}))
    for file in HERE.glob("test_*.py"):
        for found in re.findall(rf"def test_((?:{areas})_\d\d)_", file.read_text()):
            assert found in known, f"{file.name}: {found}"
