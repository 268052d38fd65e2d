"""Whatever is kept comes back as it was, from every engine."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nexios.apikeys.model import APIKey
from nexios.stores import RefreshRecord, Revocation, SessionRecord, TokenFamily
from nexios.stores.sql.cursor import Cursor
from tests.stores.engines import Engine

# One store for all the examples of a test
SETTINGS = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])

# Every code point, halves of surrogate pairs among them
texts = st.text(st.characters(exclude_categories=()), max_size=256)
short = st.text(st.characters(exclude_categories=()), max_size=40)
# Redis lets expire by its own clock: what is over before now is not there.
moments = st.datetimes(datetime(2090, 1, 1), datetime(2199, 12, 31), timezones=st.just(UTC))
maybe = st.none() | moments
json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | short,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(short, inner, max_size=3),
    max_leaves=6,
)

keys = st.fixed_dictionaries(
    {
        "id": st.just(""),
        "owner": texts,
        "name": texts,
        "prefix": texts,
        "hint": texts,
        "permissions": st.none() | st.frozensets(short, max_size=4),
        "created_at": moments,
        "expires_at": maybe,
        "last_used_at": maybe,
        "revoked_at": maybe,
        "replaced_by": st.none() | texts,
        "metadata": st.dictionaries(short, json, max_size=3),
        "addresses": st.none() | st.lists(short, max_size=3).map(tuple),
    }
).map(lambda fields: APIKey(**fields))
sessions = st.fixed_dictionaries(
    {
        "id": st.just(""),
        "secret_hash": st.just(""),
        "identity": st.none() | texts,
        "data": st.dictionaries(texts, st.binary(max_size=200), max_size=4),
        "created_at": moments,
        "last_seen_at": moments,
        "expires_at": moments,
        "idle_until": maybe,
        "address": st.none() | texts,
        "user_agent": st.none() | texts,
    }
).map(lambda fields: SessionRecord(**fields))
families = st.fixed_dictionaries(
    {
        "id": st.just(""),
        "subject": texts,
        "client": st.none() | texts,
        "scope": st.none() | texts,
        "claims": st.binary(max_size=200),
        "created_at": moments,
        "expires_at": moments,
        "ended_at": maybe,
    }
).map(lambda fields: TokenFamily(**fields))


class Opened:
    """A store that stays open in a loop of its own, and names that nobody has had in it."""

    def __init__(self, engine: Engine) -> None:
        self.runner = asyncio.Runner()
        self.context = engine.open()
        self.store: Any = self.runner.run(self.context.__aenter__())
        self._numbers = itertools.count()

    def name(self) -> str:
        return f"n{next(self._numbers)}"

    def close(self) -> None:
        self.runner.run(self.context.__aexit__(None, None, None))
        self.runner.close()


@pytest.fixture
def opened(every_engine: Engine) -> Iterator[Opened]:
    made = Opened(every_engine)
    yield made
    made.close()


@pytest.fixture
def opened_for_keys(engine: Engine) -> Iterator[Opened]:
    made = Opened(engine)
    yield made
    made.close()


@SETTINGS
@given(key=keys)
def test_a_key_comes_back_as_it_was(opened_for_keys: Opened, key: APIKey) -> None:
    name = opened_for_keys.name()
    key = msgspec.structs.replace(key, id=name)
    store, run = opened_for_keys.store, opened_for_keys.runner.run
    run(store.add_key(key, name))
    assert run(store.find_key(name)) == key
    assert key in run(store.list_keys(key.owner))


@SETTINGS
@given(session=sessions, changes=st.dictionaries(texts, st.none() | st.binary(max_size=50), max_size=4))
def test_a_session_comes_back_as_it_was_changed(
    opened: Opened, session: SessionRecord, changes: dict[str, bytes | None]
) -> None:
    name = opened.name()
    session = msgspec.structs.replace(session, id=name, secret_hash=name)
    store, run = opened.store, opened.runner.run
    run(store.add_session(session))
    assert run(store.find_session(name)) == session
    assert run(store.change_session(name, changes))
    data = {key: value for key, value in {**session.data, **changes}.items() if value is not None}
    changed = msgspec.structs.replace(session, data=data)
    assert run(store.get_session(name)) == changed
    if session.identity is not None:
        assert changed in run(store.list_sessions(session.identity))


@SETTINGS
@given(family=families, expires_at=moments, used_at=maybe)
def test_a_refresh_token_comes_back_as_it_was(
    opened: Opened, family: TokenFamily, expires_at: datetime, used_at: datetime | None
) -> None:
    name = opened.name()
    family = msgspec.structs.replace(family, id=name)
    token = RefreshRecord(token_hash=name, family=name, expires_at=expires_at, used_at=used_at)
    store, run = opened.store, opened.runner.run
    run(store.add_family(family, token))
    assert run(store.find_refresh(name)) == (token, family)


@SETTINGS
@given(kind=texts, names=st.lists(texts, min_size=1, max_size=9, unique=True), at=moments, until=moments)
def test_revocations_come_back_as_they_were(
    opened: Opened, kind: str, names: list[str], at: datetime, until: datetime
) -> None:
    kind = (opened.name() + kind)[:256]
    revoked = [Revocation(kind=kind, id=name, at=at, until=until) for name in names]
    store, run = opened.store, opened.runner.run
    run(store.revoke(revoked))
    found, cursor, more = [], None, True
    while more:
        part, cursor, more = run(store.revoked_since(kind, cursor, 4))
        found += part
    assert sorted(found, key=lambda each: each.id) == sorted(revoked, key=lambda each: each.id)


@given(st.builds(Cursor, st.integers(0, 2**63), st.integers(0, 2**63), st.integers(-1, 2**63), texts))
def test_a_cursor_comes_back_as_it_was(cursor: Cursor) -> None:
    assert Cursor.read(str(cursor)) == cursor
