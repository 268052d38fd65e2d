"""Verified credentials are kept within a bound, whatever comes and from how many threads."""

from __future__ import annotations

import sys
import threading
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.kept import Kept


def test_what_was_put_is_found_by_the_same_bytes_alone() -> None:
    kept: Kept[str, int] = Kept()
    kept.put("Bearer one", 1)
    assert kept.get("Bearer one") == 1
    for other in ("bearer one", "Bearer one ", "Bearer  one", "Bearer on", "Bearer one\0", ""):
        assert kept.get(other) is None


def test_what_was_kept_first_is_not_replaced() -> None:
    kept: Kept[str, int] = Kept()
    kept.put("a", 1)
    kept.put("a", 2)
    assert (kept.get("a"), len(kept)) == (1, 1)


def test_none_is_kept_where_none_shall_be() -> None:
    kept: Kept[str, int] = Kept(entries=0)
    kept.put("a", 1)
    assert (kept.get("a"), len(kept), kept.bytes) == (None, 0, 0)


def test_a_credential_longer_than_the_largest_is_not_kept() -> None:
    kept: Kept[bytes, int] = Kept(largest=10)
    kept.put(b"x" * 11, 1)
    kept.put(b"x" * 10, 1)
    assert (kept.get(b"x" * 11), kept.get(b"x" * 10)) == (None, 1)


def test_the_oldest_go_first() -> None:
    kept: Kept[str, int] = Kept(entries=16)
    for number in range(17):
        kept.put(str(number), number)
    assert kept.get("0") is None
    assert kept.get("16") == 16
    assert 8 <= len(kept) <= 16


def test_what_is_discarded_is_kept_no_longer_and_takes_no_room() -> None:
    kept: Kept[str, int] = Kept()
    kept.put("a", 1)
    kept.put("b", 2)
    for _ in range(2):
        kept.discard("a")
        assert (kept.get("a"), kept.get("b"), len(kept)) == (None, 2, 1)
    kept.discard("b")
    assert kept.bytes == 0
    kept.put("a", 3)
    assert kept.get("a") == 3


def test_clearing_keeps_nothing() -> None:
    kept: Kept[str, int] = Kept()
    kept.put("a", 1)
    kept.clear()
    assert (kept.get("a"), len(kept), kept.bytes) == (None, 0, 0)
    kept.put("a", 2)
    assert kept.get("a") == 2


@given(
    st.lists(st.integers(0, 6000), max_size=60),
    st.integers(0, 12),
    st.integers(0, 40_000),
)
def test_neither_bound_is_ever_passed(lengths: list[int], entries: int, size: int) -> None:
    kept: Kept[str, int] = Kept(entries=entries, size=size)
    for number, length in enumerate(lengths):
        kept.put(f"{number:04}" + "x" * length, number)
        assert len(kept) <= entries
        assert kept.bytes <= size
        assert (kept.bytes == 0) == (len(kept) == 0)


def test_100_000_tokens_take_no_more_memory_than_the_bound() -> None:
    kept: Kept[bytes, dict[str, str]] = Kept()
    tracemalloc.start()
    try:
        for number in range(100_000):
            kept.put(b"Bearer %0400d" % number, {"claims": f"{number:0300}"})
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(kept) <= 10_000
    assert kept.bytes <= 8 * 1024 * 1024
    assert taken < 12 * 1024 * 1024


@pytest.fixture
def many_switches() -> Iterator[None]:
    """Threads take turns as often as can be."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("many_switches")
def test_several_threads_may_keep_at_once() -> None:
    kept: Kept[str, int] = Kept(entries=50)
    failed: list[BaseException] = []

    def put_many(thread: int) -> None:
        try:
            for number in range(10_000):
                kept.put(f"{thread}-{number}", number)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=put_many, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(kept) <= 50
    while len(kept):
        kept.clear()
    assert kept.bytes == 0
