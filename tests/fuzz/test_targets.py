"""What was once thought of against the parsers is tried again, and a little more of its kind."""

from __future__ import annotations

import time

import pytest

from fuzz.engines import by_hypothesis
from fuzz.findings import SLOWEST, Finding, checked
from fuzz.seeds import CORPUS, corpus
from fuzz.targets import TARGETS


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_in_the_corpus_crashes_gets_in_or_is_slow(target: str) -> None:
    inputs = corpus(target)
    assert len(inputs) >= 3
    for data in inputs:
        checked(TARGETS[target], data)


@pytest.mark.parametrize("target", TARGETS)
def test_nor_does_what_is_made_of_it(target: str) -> None:
    report = by_hypothesis(target, seconds=1)
    assert report.inputs >= 500
    assert report.finding == ""


def test_every_folder_of_the_corpus_is_for_a_target() -> None:
    assert {folder.name for folder in CORPUS.iterdir()} == set(TARGETS)


def test_a_target_that_is_slow_is_found() -> None:
    def slow(data: bytes) -> None:
        until = time.process_time() + 1.2 * SLOWEST
        while time.process_time() < until:
            pass

    with pytest.raises(Finding, match="took"):
        checked(slow, b"")


def test_a_target_that_lets_in_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from fuzz.targets import credentials

    monkeypatch.setattr(credentials, "GOOD_TOKEN", b"another")
    with pytest.raises(Finding, match="let in"):
        credentials.token((CORPUS / "token" / "good").read_bytes())
