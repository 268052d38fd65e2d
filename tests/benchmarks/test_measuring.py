"""The requests are as a server makes them, and the figures are what they are called."""

from __future__ import annotations

import asyncio
from xml.etree import ElementTree

import pytest

from benchmarks import chart, report
from benchmarks.apps import raw
from benchmarks.asgi import Wire
from benchmarks.credentials import fresh_tokens
from benchmarks.figures import Figure, figures
from benchmarks.inprocess import time_of
from benchmarks.requests import REQUESTS, wires


def test_each_scope_is_made_of_new_objects() -> None:
    wire = Wire("GET", "/jwt", ((b"authorization", b"Bearer abc"),), "a=1")
    first, second = wire.scope(), wire.scope()

    assert first == second
    assert (first["method"], first["path"], first["query_string"]) == ("GET", "/jwt", b"a=1")
    assert first["headers"][-1] == (b"authorization", b"Bearer abc")
    assert first["headers"][-1][1] is not second["headers"][-1][1]
    assert first["path"] is not second["path"]


def test_no_fresh_token_comes_twice() -> None:
    tokens = fresh_tokens(2500) + fresh_tokens(2500)
    assert len(set(tokens)) == 5000


@pytest.mark.parametrize("name", REQUESTS)
def test_there_are_as_many_requests_as_asked_for(name: str) -> None:
    assert len(list(wires(REQUESTS[name], b"cookie", 10))) == 10


def test_a_slice_with_a_wrong_answer_does_not_count() -> None:
    requests = [Wire("GET", "/plain"), Wire("GET", "/missing")]
    with pytest.raises(RuntimeError, match="1 of 2 answers were not 200"):
        asyncio.run(time_of(raw.create_app(), requests, 200))


def test_a_ratio_is_the_median_of_the_rounds_ratios() -> None:
    found = figures({"raw": [1.0, 10.0, 2.0], "ours": [2.0, 5.0, 1.0]}, "raw")
    assert found["ours"].value == 2.0
    assert found["ours"].ratio == 0.5
    assert found["raw"].ratio == 1.0


def test_without_the_yardstick_there_is_no_ratio() -> None:
    assert figures({"ours": [2.0]}, "raw") == {"ours": Figure(2.0)}


FIGURES = {"jwt": {"nexios": Figure(5.0, 0.15, 0.14, 0.16), "raw": Figure(33.0, 1.0, 1.0, 1.0)}}
LABELS = {"nexios": "Nexios", "raw": "Raw & <by hand>"}


def test_the_chart_is_a_picture_with_a_bar_for_each_application() -> None:
    root = ElementTree.fromstring(chart.draw(report.plain(FIGURES), LABELS))
    bars = root.findall("{http://www.w3.org/2000/svg}rect")
    assert [bar.get("class") for bar in bars] == ["ours", "hand"]
    assert float(bars[0].get("width", 0)) * 33 == pytest.approx(float(bars[1].get("width", 0)) * 5, rel=0.01)


def test_the_report_shows_what_was_measured_and_no_more() -> None:
    about = {
        "python": "CPython",
        "system": "Linux",
        "cores": 2,
        "packages": {"nexios": "1"},
        "labels": LABELS,
    }
    text = report.as_markdown({"about": about, "in_process": {"rounds": 3, "figures": report.plain(FIGURES)}})
    assert "| Nexios | 5.0 (0.15) |" in text
    assert "## Served" not in text
