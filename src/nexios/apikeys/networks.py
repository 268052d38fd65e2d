"""The networks that a key may come from."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Network", "is_inside", "is_within", "read_networks"]

Network: TypeAlias = IPv4Network | IPv6Network

# The last bits of an IPv6 address that hold an IPv4 one (RFC 4291 2.5.5.2)
_MAPPED = 96


def read_networks(names: Iterable[object]) -> tuple[Network, ...]:
    """The networks of `names`; those of IPv4 that are written as IPv6 become what they are.

    Raises:
        TypeError: One is no text.
        ValueError: One is no network.
    """
    return tuple(_network(name) for name in names)


def is_inside(address: object, networks: Iterable[Network]) -> bool:
    """Whether `address` is in one of `networks`; False for anything that is no address."""
    known = _address(address) if isinstance(address, str) else None
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
        network = ip_network(name)
    except ValueError:
        raise ValueError(
            f"addresses: {name[:50]!r} is no network, e.g. '192.0.2.7', '10.0.0.0/8' or '2001:db8::/32', "
            f"with no bits set beyond its length"
        ) from None
    if isinstance(network, IPv6Network) and network.prefixlen >= _MAPPED:
        mapped = network.network_address.ipv4_mapped
        if mapped is not None:
            return IPv4Network((mapped, network.prefixlen - _MAPPED))
    return network


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # A server that listens on both kinds tells of an IPv4 client in IPv6's form.
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address if mapped is None else mapped
