"""The figures that the guide shows are those of the last measurement."""

from __future__ import annotations

import json
import re

import pytest

from tests.docs.markdown import ROOT

REQUESTS = ("plain", "jwt", "jwt_fresh", "session", "apikey", "refused")


@pytest.mark.parametrize(("row", "app"), [("Nexios", "nexios"), ("Nexios, 200 routes", "nexios_full")])
def test_a_row_is_that_of_the_results(row: str, app: str) -> None:
    page = (ROOT / "docs" / "benchmarks.md").read_text("utf-8")
    results = json.loads((ROOT / "benchmarks" / "results" / "results.json").read_text("utf-8"))
    figures = results["in_process"]["figures"]
    measured = [f"{figures[request][app]['ratio']:.2f}" for request in REQUESTS]
    shown = re.search(rf"^\| {row} \| (.+) \|$", page, re.MULTILINE)
    assert shown is not None
    assert shown[1].split(" | ") == measured
