"""Load and faults together: the judge sees every wrong answer, and of a short siege there is none."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks.siege import figures, picture, report
from benchmarks.siege.run import Found, besiege
from benchmarks.siege.trouble import SHORT, Memory
from benchmarks.siege.truth import Credential, Ends, Ledger, Window
from benchmarks.siege.wire import Answer
from tests.stores.engines import POSTGRESQL, REDIS, needs_service

NOW = 1000.0
STORES = frozenset({"PostgreSQL"})


def answer(status: int, sent: float = NOW, took: float = 0.1, identity: str = "ada") -> Answer:
    return Answer(sent, sent + took, status, {}, b'{"identity": "%s"}' % identity.encode())


def over(begun: float, known: float) -> Ends:
    ends = Ends()
    ends.begun, ends.known = begun, known
    return ends


def shown(ends: Ends | None = None, **options: Any) -> Credential:
    made = {
        "kind": "key",
        "headers": {},
        "identity": "ada",
        "needs": STORES,
        "ends": ends or Ends(),
    } | options
    return Credential(**made)


GOOD = shown()
FORGED = shown(identity=None)
ENDED = shown(over(NOW - 1.2, NOW - 1.1))
JUST_ENDED = shown(over(NOW - 0.6, NOW - 0.5))
NOT_ACKNOWLEDGED = shown(over(NOW - 9, float("inf")))
SESSION_ENDED = shown(over(NOW - 0.6, NOW - 0.5), lag=0.0)
BLOCKED = shown(also=[(over(NOW - 0.6, NOW - 0.5), 0.0)])
EXPIRED = shown(expires=NOW - 0.2)

JUDGED = [
    ("a good one is let in", GOOD, answer(200), False),
    ("a good one is refused", GOOD, answer(401), True),
    ("a good one is somebody else", GOOD, answer(200, identity="bob"), True),
    ("an error", GOOD, answer(500), True),
    ("an error for a forged one", FORGED, answer(500), True),
    ("a forged one is refused", FORGED, answer(401), False),
    ("a forged one is let in", FORGED, answer(200), True),
    ("an ended one is let in after a second", ENDED, answer(200), True),
    ("an ended one is refused", ENDED, answer(401), False),
    ("one that has just ended is let in", JUST_ENDED, answer(200), False),
    ("one that has just ended is refused", JUST_ENDED, answer(401), False),
    ("nobody said that it is ended, it is let in", NOT_ACKNOWLEDGED, answer(200), False),
    ("nobody said that it is ended, it is refused", NOT_ACKNOWLEDGED, answer(401), False),
    ("a session that has just ended is let in", SESSION_ENDED, answer(200), True),
    ("a blocked user is let in", BLOCKED, answer(200), True),
    ("an expired one is let in", EXPIRED, answer(200), True),
    ("an expired one is refused", EXPIRED, answer(401), False),
    ("not decided", GOOD, answer(503), True),
    ("not answered", GOOD, answer(0), True),
]


@pytest.mark.parametrize(
    ("credential", "seen", "wrong"), [case[1:] for case in JUDGED], ids=[case[0] for case in JUDGED]
)
def test_a_wrong_answer_is_seen(credential: Credential, seen: Answer, wrong: bool) -> None:
    ledger = Ledger()
    ledger.judge("key", credential, seen)
    assert bool(ledger.wrong) is wrong
    assert ledger.outcomes == {("key", seen.status): 1}


@pytest.mark.parametrize(
    ("window", "wrong"),
    [
        (Window("stopped", "PostgreSQL", NOW - 1), False),
        (Window("stopped", "PostgreSQL", NOW - 3, NOW - 1.9), False),
        (Window("stopped", "PostgreSQL", NOW - 3, NOW - 2.1), True),
        (Window("stopped", "PostgreSQL", NOW + 0.2), True),
        (Window("stopped", "Redis", NOW - 1), True),
    ],
    ids=["away", "just back", "back for longer than two seconds", "not away yet", "another one is away"],
)
def test_a_503_is_right_only_where_a_store_that_is_needed_was_away(window: Window, wrong: bool) -> None:
    ledger = Ledger(faults=[window])
    ledger.judge("key", GOOD, answer(503))
    assert bool(ledger.wrong) is wrong
    # Whatever is away, nobody gets in or out by it.
    ledger = Ledger(faults=[window])
    ledger.judge("key", GOOD, answer(401))
    ledger.judge("key", FORGED, answer(200))
    assert len(ledger.wrong) == 2


def test_a_503_for_want_of_time_is_counted_by_itself() -> None:
    ledger = Ledger()
    ledger.judge("key", GOOD, answer(503, took=1.0))
    assert (len(ledger.late), ledger.wrong) == (1, [])
    few = Found(NOW, 60.0, 1, ledger, None, 0, 0, 0, [], [])
    assert not few.holds
    for _ in range(1000):
        ledger.judge("key", GOOD, answer(200))
    assert few.holds


def test_no_answer_is_right_only_where_a_worker_was_killed() -> None:
    ledger = Ledger(kills=[Window("killed", "", NOW + 0.05, NOW + 0.05)])
    ledger.judge("key", GOOD, answer(0))
    assert ledger.wrong == []


def test_a_permission_that_a_credential_has_not_is_a_403() -> None:
    for status, wrong in ((403, 0), (200, 1), (401, 1)):
        ledger = Ledger()
        ledger.judge("key to write", shown(may_write=False), answer(status), write=True)
        assert len(ledger.wrong) == wrong


def test_the_slope_is_that_of_the_worker_that_lived_longest() -> None:
    grows = [Memory(NOW + second, 1, (50 + second) * figures.MIB) for second in range(61)]
    stands = [Memory(NOW + second, 2, 10 * figures.MIB) for second in range(10)]
    found = Found(NOW, 60.0, 1, Ledger(), None, 0, 0, 0, [*grows, *stands], [])
    seen = figures.growth(found)
    assert seen is not None
    assert (seen.first, seen.last, seen.highest) == (70, 110, 110)
    assert seen.slope == pytest.approx(60)


@pytest.mark.parametrize(
    ("minutes", "slope", "flat"), [(6.0, 0.2, True), (6.0, 0.3, False), (1.0, 0.3, True), (6.0, -1.0, True)]
)
def test_memory_is_flat_where_it_hardly_grows_for_long(minutes: float, slope: float, flat: bool) -> None:
    assert figures.Growth(minutes, first=70, last=71, highest=72, slope=slope).is_flat is flat


@pytest.mark.service
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="who the workers are is read from /proc")
def test_nobody_gets_in_or_out_by_mistake_while_everything_breaks(tmp_path: Path) -> None:
    for kind in ("postgresql", "redis"):
        needs_service(kind)
    began = time.monotonic()
    found = asyncio.run(
        # In no hurry, as machines that test are slow: here counts who gets in, and in the long run how soon.
        besiege(tmp_path, POSTGRESQL, REDIS, seconds=12, clients=16, pace=SHORT, store_timeout=2.0, ttl=6)
    )
    assert found.ledger.wrong == []
    assert found.tracebacks == []
    assert (found.strangers or {}).get("wrong", 0) == 0
    assert found.holds
    # And it was a siege.
    rows = figures.outcomes(found)
    for kind in ("session", "key", "token"):
        assert rows[kind]["in"] > 20
        assert rows[f"earlier {kind}"]["out"] > 5
        assert rows[f"forged {kind}"]["out"] > 5
    assert rows["key to write"]["out"] > 0
    assert len(found.ledger.faults) >= 2
    assert found.ledger.kills
    assert found.rotations
    assert found.blocked
    assert found.seconds < time.monotonic() - began
    text = report.as_markdown(found)
    assert "| answered wrongly | 0 |" in text
    assert ElementTree.fromstring(picture.draw(found)).findall("{http://www.w3.org/2000/svg}path")
