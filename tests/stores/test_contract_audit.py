"""What every engine does with the audit trail."""

from __future__ import annotations

from typing import Any

import pytest

from nexios.stores import AuditRecord, AuditStore
from tests.stores.engines import Engine
from tests.stores.things import NOW, later

pytestmark = pytest.mark.anyio


def a_record(number: int = 1, **fields: Any) -> AuditRecord:
    usual = {"id": f"{number:04x}", "at": later(seconds=number), "event": "key_created", "identity": "ada"}
    return AuditRecord(**{**usual, **fields})


async def ids(store: AuditStore, **asked: Any) -> list[str]:
    return [record.id for record in await store.list_audit(**asked)]


async def test_what_was_kept_is_found_the_newest_first(engine: Engine) -> None:
    first, second = a_record(1, scope="jwt", address="::1"), a_record(2, details={"key_id": "k1", "n": [1]})
    async with engine.open() as store:
        assert isinstance(store, AuditStore)
        await store.add_audit([first, second])
        await store.add_audit([])
        assert await store.list_audit() == [second, first]


async def test_it_is_found_by_identity_by_event_and_since_when(engine: Engine) -> None:
    async with engine.open() as store:
        await store.add_audit(
            [
                a_record(1),
                a_record(2, identity="bob"),
                a_record(3, event="refused"),
                a_record(4, identity=None),
            ]
        )
        assert await ids(store, identity="ada") == ["0003", "0001"]
        assert await ids(store, event="refused") == ["0003"]
        assert await ids(store, since=later(seconds=2)) == ["0004", "0003", "0002"]
        assert await ids(store, identity="ada", event="refused", since=later(seconds=4)) == []
        assert await ids(store, identity="eve") == []


async def test_it_is_read_page_by_page(engine: Engine) -> None:
    async with engine.open() as store:
        await store.add_audit([a_record(number) for number in range(450)])
        pages, before = [], None
        while page := await ids(store, limit=100, before=before):
            pages.append(page)
            before = page[-1]
    assert [len(page) for page in pages] == [100, 100, 100, 100, 50]
    assert [each for page in pages for each in page] == [f"{number:04x}" for number in reversed(range(450))]


async def test_a_record_that_is_there_already_is_left_as_it_is(engine: Engine) -> None:
    async with engine.open() as store:
        await store.add_audit([a_record(1)])
        await store.add_audit([a_record(1, identity="eve"), a_record(2)])
        assert await ids(store, identity="ada") == ["0002", "0001"]


async def test_what_is_old_is_deleted_a_bounded_number_at_a_time(engine: Engine) -> None:
    async with engine.open() as store:
        await store.add_audit([a_record(number) for number in range(5)])
        assert await store.purge_audit(later(seconds=3), 2) == 2
        assert await ids(store) == ["0004", "0003", "0002"]
        assert await store.purge_audit(later(seconds=3), 2) == 1
        assert await store.purge_audit(later(seconds=3), 2) == 0
        assert await ids(store) == ["0004", "0003"]


@pytest.mark.parametrize(
    "odd", ["", "\0", "a\\b\r\n\x1b[2J", "\ud800", "\u202e\U0001f600", "' OR 1=1 --"], ids=ascii
)
async def test_any_text_comes_back_as_it_was(engine: Engine, odd: str) -> None:
    kept = a_record(identity=odd, scope=odd, address=odd, details={"reason": odd})
    async with engine.open() as store:
        await store.add_audit([kept])
        assert await store.list_audit(identity=odd) == [kept]


async def test_a_name_that_is_too_long_is_refused(engine: Engine) -> None:
    async with engine.open() as store:
        with pytest.raises(ValueError, match="256"):
            await store.add_audit([a_record(identity="a" * 257)])
        assert await store.list_audit() == []


async def test_a_moment_is_kept_to_the_microsecond(engine: Engine) -> None:
    async with engine.open() as store:
        await store.add_audit([a_record(at=NOW)])
        assert (await store.list_audit())[0].at == NOW
