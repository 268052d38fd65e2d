"""`Forwarded` and `X-Forwarded-For`, which a client may write as it likes before a proxy adds to them."""

from __future__ import annotations

from fuzz.findings import Finding
from nexios.addresses import FORWARDING_HEADERS, believed_address

__all__ = ["forwarded"]

_CLIENT, _PROXY, _STRANGER = "203.0.113.9", "10.0.0.1", "198.51.100.1"
_ADDED = {"X-Forwarded-For": _CLIENT, "Forwarded": f"for={_CLIENT};proto=https"}


def forwarded(data: bytes) -> None:
    """Whatever the client wrote, it is whom the proxy saw, or nobody is believed."""
    written = data.decode("latin-1")
    for header in FORWARDING_HEADERS:
        lines = [f"{written}, {_ADDED[header]}"]
        found = believed_address(_PROXY, (f"{_PROXY}/32",), header, lambda lines=lines: lines)
        # A line that cannot be read names nobody: then the proxy itself is the last that is known.
        if found != _CLIENT and not (header == "Forwarded" and found == _PROXY):
            raise Finding(f"{header}: {written!r} made {found} of {_CLIENT}")
        alone = believed_address(_STRANGER, (f"{_PROXY}/32",), header, lambda: [written])
        if alone != _STRANGER:
            raise Finding(f"{header}: {written!r} of a stranger was believed")
