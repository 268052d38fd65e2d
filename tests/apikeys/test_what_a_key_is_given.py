"""What a key may be given is checked before anything is stored."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.apikeys import APIKeys
from nexios.stores import MemoryStore
from tests.apikeys.keeping import WatchedStore

pytestmark = pytest.mark.anyio

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def metadata_of(size: int) -> dict[str, str]:
    """Metadata that are `size` bytes as JSON."""
    return {"x": "y" * (size - len(b'{"x":""}'))}


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"owner": None}, TypeError, "owner is text, not NoneType"),
        ({"owner": 7}, TypeError, "owner is text, not int"),
        ({"owner": ""}, ValueError, "owner is text that is not blank"),
        ({"owner": "a\0b"}, ValueError, "no control characters"),
        ({"owner": "x" * 257}, ValueError, "owner has 257 letters, and at most 256"),
        ({"name": " \t"}, ValueError, "name is text that is not blank"),
        ({"name": "two\nlines"}, ValueError, "no control characters"),
        ({"name": "\ud800"}, ValueError, "name is text"),
        ({"name": "x" * 10_000}, ValueError, "name has 10000 letters, and at most 100"),
        ({"name": b"ci"}, TypeError, "name is text, not bytes"),
        ({"permissions": "read"}, TypeError, r'permissions=\{"read"\}'),
        ({"permissions": b"read"}, TypeError, r'permissions=\{"read"\}'),
        ({"permissions": {"admin": False}}, TypeError, r'permissions=\{"read"\}'),
        ({"permissions": 7}, TypeError, r'permissions=\{"read"\}'),
        ({"permissions": [7]}, TypeError, "each of permissions is text, not int"),
        ({"permissions": [""]}, ValueError, "each of permissions is text that is not blank"),
        ({"permissions": map(str, range(101))}, ValueError, "101, and a key has at most 100"),
        ({"expires_in": 30}, TypeError, r"timedelta\(days=90\)"),
        ({"expires_in": timedelta(0)}, ValueError, "must be positive"),
        ({"expires_in": timedelta(-1)}, ValueError, "must be positive"),
        ({"expires_in": timedelta.max}, ValueError, "beyond the year 9999"),
        ({"not_after": "2030-01-01"}, TypeError, "not_after is a datetime"),
        ({"not_after": 5}, TypeError, "not_after is a datetime"),
        ({"not_after": datetime(2030, 1, 1)}, ValueError, "not_after has no time zone"),
        ({"metadata": [1]}, TypeError, "a mapping of JSON values"),
        ({"metadata": "{}"}, TypeError, "a mapping of JSON values"),
        ({"metadata": {1: 2}}, TypeError, "a mapping of JSON values"),
        ({"metadata": {"on": date(2026, 1, 1)}}, TypeError, "a mapping of JSON values"),
        ({"metadata": {"pair": (1, 2)}}, TypeError, "a mapping of JSON values"),
        ({"metadata": {"x": float("nan")}}, TypeError, "a mapping of JSON values"),
        ({"metadata": {"x": "\ud800"}}, TypeError, "a mapping of JSON values"),
        ({"metadata": {"x": object()}}, TypeError, "a mapping of JSON values"),
        ({"metadata": {"x": nested(100_000)}}, TypeError, "a mapping of JSON values"),
        ({"metadata": {"x": "y" * 5000}}, ValueError, "5008 bytes as JSON, and a key has at most 4096"),
        ({"addresses": "10.0.0.0/8"}, TypeError, r'addresses=\["10.0.0.0/8"\]'),
        ({"addresses": []}, ValueError, "1 to 50 networks"),
        ({"addresses": ["10.0.0.1"] * 51}, ValueError, "1 to 50 networks"),
        ({"addresses": ["10.0.0.1/8"]}, ValueError, "is no network"),
        ({"addresses": ["example.org"]}, ValueError, "is no network"),
        ({"addresses": [167772160]}, TypeError, "each of addresses is text, not int"),
        ({"name": "x" * 101}, ValueError, "name has 101 letters, and at most 100"),
        ({"name": "a\x1fb"}, ValueError, "no control characters"),
        ({"name": "a\x7fb"}, ValueError, "no control characters"),
        ({"permissions": ["x" * 101]}, ValueError, "101 letters, and at most 100"),
        ({"metadata": metadata_of(4097)}, ValueError, "4097 bytes as JSON, and a key has at most 4096"),
        ({"addresses": [f"10.0.0.{number}" for number in range(51)]}, ValueError, "1 to 50 networks"),
        ({"rate_limit": 5}, TypeError, "rate_limit is text, not int"),
        ({"monthly_quota": 0}, ValueError, "a number from 1 to 1000000000000;"),
        ({"monthly_quota": -1}, ValueError, "a number from 1 to 1000000000000;"),
        ({"monthly_quota": 10**12 + 1}, ValueError, "a number from 1 to 1000000000000;"),
        ({"monthly_quota": True}, TypeError, "monthly_quota is a whole number"),
        ({"monthly_quota": 1.5}, TypeError, "monthly_quota is a whole number"),
        ({"monthly_quota": "9"}, TypeError, "monthly_quota is a whole number"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
async def test_what_cannot_be_kept_is_refused_with_the_limit(
    given: dict[str, Any], error: type[Exception], message: str, keys: APIKeys, store: WatchedStore
) -> None:
    with pytest.raises(error, match=message):
        await keys.create(**({"owner": "7", "name": "ci"} | given))
    assert store.asked == []


@pytest.mark.parametrize(
    ("what", "given"),
    [
        ("owner", "x" * 256),
        ("name", "x" * 100),
        ("name", "two words ~"),
        ("permissions", frozenset(str(number) for number in range(100))),
        ("permissions", frozenset({"x" * 100})),
        ("metadata", metadata_of(4096)),
        ("addresses", tuple(f"10.0.0.{number}/32" for number in range(50))),
        ("monthly_quota", 1),
        ("monthly_quota", 10**12),
        ("expires_in", timedelta(microseconds=1)),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else "",
)
async def test_what_is_just_within_the_limit_is_kept(what: str, given: Any, keys: APIKeys) -> None:
    _, made = await keys.create(**({"owner": "7", "name": "ci"} | {what: given}))
    if what == "expires_in":
        assert made.expires_at == made.created_at + given
    else:
        assert getattr(made, what) == given


TEXTS = ["'; DROP TABLE nexios_api_keys; --", "100%_", '"quoted"', "\u00e9\u4e2d\U0001f511", "x" * 100]


@pytest.mark.parametrize("text", TEXTS)
async def test_data_is_data(text: str, keys: APIKeys) -> None:
    key, made = await keys.create(text, text, permissions=[text], metadata={text: text})
    assert await keys.verify(key) == made
    assert await keys.list(text) == [made]
    assert (made.owner, made.name, made.permissions, made.metadata) == (text, text, {text}, {text: text})


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=4))
async def test_metadata_comes_back_as_it_was_given(metadata: dict[str, Any]) -> None:
    keys = APIKeys(MemoryStore())
    key, _ = await keys.create("7", "ci", metadata=metadata)
    found = await keys.verify(key)
    assert found is not None
    assert found.metadata == metadata


async def test_metadata_is_a_copy(keys: APIKeys) -> None:
    given = {"tags": ["a"]}
    _, made = await keys.create("7", "ci", metadata=given)
    given["tags"].append("b")
    assert made.metadata == {"tags": ["a"]}


@pytest.mark.parametrize("permissions", [set(), [], frozenset(), ()])
async def test_no_permissions_are_something_else_than_all(permissions: Any, keys: APIKeys) -> None:
    key, _ = await keys.create("7", "ci", permissions=permissions)
    found = await keys.verify(key)
    assert found is not None
    assert found.permissions == frozenset()
