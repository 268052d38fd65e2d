"""Where a login may send a person on to (CWE-601)."""

from __future__ import annotations

import re
from urllib.parse import unquote

__all__ = ["local_path"]

# One slash and no second, of either kind: `//host` and `/\host` are other hosts to a browser. No control
# characters: browsers drop tabs and line ends, so that `/<tab>/host` is another host as well.
_LOCAL = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")
_LOCAL_DECODED = re.compile(r"/(?![/\\])[^\x00-\x1f\x5c\x7f]*")


def local_path(wanted: str | None, default: str = "/") -> str:
    """`wanted` if it is a path of this site, also once more decoded; else `default`."""
    if wanted is not None and _LOCAL.fullmatch(wanted) and _LOCAL_DECODED.fullmatch(unquote(wanted)):
        return wanted
    return default
