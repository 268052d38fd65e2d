"""Where a request comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexios.addresses import believed_address
from nexios.running import running_config

if TYPE_CHECKING:
    from collections.abc import MutableMapping

__all__ = ["client_address"]


def client_address(scope: MutableMapping[str, Any]) -> str | None:
    """The address that the request of `scope` comes from; None: it is not known.

    That is whoever is connected, unless they are among `MakeConfig(trusted_proxies=...)`: only then is a
    forwarding header read, and what it says is believed as far as trusted proxies have written it.
    """
    client = scope.get("client")
    peer = client[0] if client else None
    config = running_config.get()
    if config is None:
        return believed_address(peer, (), "", list)
    header = config.forwarded_header.lower().encode()

    def values() -> list[str]:
        return [value.decode("latin-1") for name, value in scope["headers"] if name == header]

    return believed_address(peer, tuple(config.trusted_proxies), config.forwarded_header, values)
