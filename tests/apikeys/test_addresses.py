"""A key that may come from some networks only."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.apikeys import APIKeys
from nexios.stores import MemoryStore

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("networks", "address", "taken"),
    [
        (["10.0.0.0/8"], "10.1.2.3", True),
        (["10.0.0.0/8"], "11.1.2.3", False),
        (["192.0.2.7"], "192.0.2.7", True),
        (["192.0.2.7"], "192.0.2.8", False),
        (["10.0.0.0/8", "2001:db8::/32"], "2001:db8::1", True),
        (["10.0.0.0/8", "2001:db8::/32"], "2001:db9::1", False),
        (["10.0.0.0/8"], "::ffff:10.1.2.3", True),
        (["10.0.0.0/8"], "::ffff:11.1.2.3", False),
        (["10.0.0.0/8"], "::10.1.2.3", False),
        (["::ffff:10.0.0.0/104"], "10.1.2.3", True),
        (["::ffff:10.0.0.0/104"], "::ffff:10.1.2.3", True),
        (["::ffff:10.0.0.0/104"], "11.1.2.3", False),
        (["::/0"], "10.1.2.3", False),
        (["0.0.0.0/0"], "2001:db8::1", False),
        (["fe80::/10"], "fe80::1%eth0", True),
        (["10.0.0.0/8"], None, False),
        (["10.0.0.0/8"], "", False),
        (["10.0.0.0/8"], "testclient", False),
        (["10.0.0.0/8"], "10.1.2.3, 192.0.2.7", False),
        (["10.0.0.0/8"], "010.1.2.3", False),
        (["10.0.0.0/8"], 167772161, False),
        (["10.0.0.0/8"], b"\x0a\x01\x02\x03", False),
        (["10.0.0.0/8"], ["10.1.2.3"], False),
        (None, None, True),
        (None, "anywhere", True),
    ],
    ids=str,
)
async def test_a_key_comes_from_its_networks_only(
    networks: Any, address: Any, taken: bool, keys: APIKeys
) -> None:
    key, made = await keys.create("7", "ci", addresses=networks)
    for _ in range(2):
        assert await keys.verify(key, address) == (made if taken else None)


async def test_the_address_is_checked_on_each_use(keys: APIKeys) -> None:
    key, made = await keys.create("7", "ci", addresses=["10.0.0.0/8"])
    assert await keys.verify(key, "10.0.0.1") == made
    assert await keys.verify(key, "192.0.2.7") is None
    assert await keys.verify(key) is None
    assert await keys.verify(key, "10.0.0.1") == made


@given(st.ip_addresses(v=4, network="10.0.0.0/8") | st.ip_addresses(v=4), st.integers(1, 32))
async def test_a_network_is_all_of_its_addresses_and_no_others(address: Any, length: int) -> None:
    keys = APIKeys(MemoryStore())
    start = int.from_bytes(bytes([10, 9, 8, 7])) >> (32 - length) << (32 - length)
    network = f"{'.'.join(map(str, start.to_bytes(4)))}/{length}"
    key, _ = await keys.create("7", "ci", addresses=[network])
    inside = int(address) >> (32 - length) == start >> (32 - length)
    for written in (str(address), f"::ffff:{address}"):
        assert (await keys.verify(key, written) is not None) == inside


@given(st.ip_addresses(v=6))
async def test_an_address_of_ipv6_is_in_no_network_of_ipv4_unless_it_is_one_of_ipv4(address: Any) -> None:
    keys = APIKeys(MemoryStore())
    key, _ = await keys.create("7", "ci", addresses=["0.0.0.0/0"])
    assert (await keys.verify(key, str(address)) is not None) == (address.ipv4_mapped is not None)
