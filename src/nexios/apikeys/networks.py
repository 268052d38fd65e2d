"""The networks that a key may come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nexios.addresses import read_address, read_network

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ipaddress import IPv4Network, IPv6Network
    from typing import TypeAlias

    Network: TypeAlias = IPv4Network | IPv6Network

__all__ = ["is_inside", "is_within", "read_networks"]


def read_networks(names: Iterable[object]) -> tuple[Network, ...]:
    """The networks of `names`.

    Raises:
        TypeError: One is no text.
        ValueError: One is no network.
    """
    return tuple(map(_network, names))


def is_inside(address: object, networks: Iterable[Network]) -> bool:
    """Whether `address` is in one of `networks`; False for anything that is no address."""
    known = read_address(address) if isinstance(address, str) else None
    return known is not None and any(known in network for network in networks)


def is_within(inner: Network, outer: Iterable[Network]) -> bool:
    """Whether all of `inner` is in one of `outer`."""
    return any(
        inner.version == network.version
        and inner.network_address in network
        and inner.prefixlen >= network.prefixlen
        for network in outer
    )


def _network(name: object) -> Network:
    if not isinstance(name, str):
        raise TypeError(f"each of addresses is text, not {type(name).__name__}")
    try:
        return read_network(name)
    except ValueError:
        raise ValueError(
            f"addresses: {name[:50]!r} is no network, e.g. '192.0.2.7', '10.0.0.0/8' or '2001:db8::/32', "
            f"with no bits set beyond its length"
        ) from None
