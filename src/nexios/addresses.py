"""Addresses and networks, and whose word counts about where a request comes from."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, TypeAlias

from nexios.exceptions import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "FORWARDING_HEADERS",
    "UNIX",
    "believed_address",
    "checked_proxies",
    "read_address",
    "read_network",
    "read_node",
]

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

UNIX = "unix"
"""Stands among the trusted proxies for whoever connects by a socket of the file system."""

FORWARDING_HEADERS = ("X-Forwarded-For", "Forwarded")
"""The headers in which proxies say for whom they ask (RFC 7239)."""

# The last bits of an IPv6 address that hold an IPv4 one (RFC 4291 2.5.5.2)
_MAPPED = 96
# RFC 7239 6: a node is an address, with a port that may be hidden, and IPv6 stands in brackets
_BRACKETED = re.compile(r"\[([^\[\]]*)\](?::[\w.-]*)?")
_WITH_PORT = re.compile(r"([0-9.]+):[\w.-]*")
# RFC 7239 4: pairs of a token and a token or quoted-string; some proxies leave out the quotes around IPv6
_PAIR = re.compile(
    r"""[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s",;=\\]*))[ \t]*(?:([,;])|\Z)"""
)


def read_address(text: str) -> Address | None:
    """The address that `text` is; None for anything else.

    An IPv4 address in IPv6's form (RFC 4291 2.5.5.2) is what it is, and the zone of a link is left out.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address.scope_id is not None:
            return IPv6Address(int(address))
    return address


def read_node(text: str) -> Address | None:
    """The address that a forwarding header names, with or without port; None: it names none."""
    text = text.strip(" \t")
    found = _BRACKETED.fullmatch(text) or _WITH_PORT.fullmatch(text)
    return read_address(text if found is None else found[1])


def read_network(name: str) -> Network:
    """The network of this name; one of IPv4 that is written as IPv6 is what it is.

    Raises:
        ValueError: It is none.
    """
    network = ip_network(name)
    if isinstance(network, IPv6Network) and network.prefixlen >= _MAPPED:
        mapped = network.network_address.ipv4_mapped
        if mapped is not None:
            return IPv4Network((mapped, network.prefixlen - _MAPPED))
    return network


def checked_proxies(names: Sequence[str]) -> tuple[str, ...]:
    """`names`, if each is an address, a network or `"unix"`.

    Raises:
        ConfigError: One is not, or is every address there is.
    """
    for name in names:
        if name == UNIX:
            continue
        try:
            everybody = read_network(name).prefixlen == 0
        except ValueError:
            raise ConfigError(
                f"trusted_proxies: {name[:50]!r} is no network: name your proxies by address or network, "
                f"e.g. '10.0.0.7' or '10.0.0.0/8' (with no bits set beyond its length), or {UNIX!r}"
            ) from None
        if everybody:
            raise ConfigError(
                f"trusted_proxies: {name!r} would believe everybody, so that each client could name its own "
                f"address: name the networks of your proxies alone"
            )
    return tuple(names)


def believed_address(
    peer: str | None, proxies: tuple[str, ...], header: str, values: Callable[[], list[str]]
) -> str | None:
    """The address of the client: the right-most one that is none of `proxies`.

    Each proxy adds on the right whom it saw, so what stands left of the first stranger is hearsay. Where a
    trusted proxy names no address ("unknown", an obfuscated one, a line that cannot be read), its own is the
    last that is known.

    Args:
        peer: Who is connected; None or empty: by a socket of the file system.
        proxies: Who is believed, as `checked_proxies` takes them.
        header: `"X-Forwarded-For"` or `"Forwarded"`.
        values: Gives the header's lines, in their order; called only where somebody is believed.
    """
    networks, unix = _networks(proxies)
    address = read_address(peer) if peer else None
    if address is None:
        if peer or not unix:
            return peer or None
    elif not _is_in(address, networks):
        return str(address)
    read = _x_forwarded_for if header == FORWARDING_HEADERS[0] else _forwarded
    for line in reversed(values()):
        for node in reversed(read(line)):
            named = read_node(node)
            if named is None:
                return None if address is None else str(address)
            address = named
            if not _is_in(address, networks):
                return str(address)
    return None if address is None else str(address)


def _is_in(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)


@lru_cache(maxsize=64)
def _networks(proxies: tuple[str, ...]) -> tuple[tuple[Network, ...], bool]:
    return tuple(read_network(name) for name in proxies if name != UNIX), UNIX in proxies


def _x_forwarded_for(line: str) -> list[str]:
    return line.split(",")


def _forwarded(line: str) -> list[str]:
    """What each element of a line says after `for=`; empty text where it says nothing or cannot be read."""
    nodes, node, at = [], "", 0
    while True:
        found = _PAIR.match(line, at)
        if found is None:
            # A client may have left a quote open, to swallow what a proxy adds: then the line says nothing.
            return [""]
        if found[1].lower() == "for":
            if node:
                return [""]  # RFC 7239 4: each parameter at most once
            node = found[3] if found[2] is None else re.sub(r"\\(.)", r"\1", found[2])
        if found[4] != ";":
            nodes.append(node)
            node = ""
        if found[4] is None:
            return nodes
        at = found.end()
