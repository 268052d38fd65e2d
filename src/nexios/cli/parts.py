"""The parts of a token as people read them; its signature is none of them."""

from __future__ import annotations

from typing import Any

import msgspec
from rich.table import Table
from rich.text import Text

from nexios.cli.console import printable
from nexios.cli.moments import moment
from nexios.exceptions import InvalidToken
from nexios.tokens.base64url import decode_base64url
from nexios.tokens.jws import MAX_TOKEN, read_header

__all__ = ["readable_parts"]

# NumericDate (RFC 7519 2) in RFC 7519 4.1 and in OpenID Connect Core 2 and 5.1
_MOMENTS = frozenset({"exp", "nbf", "iat", "auth_time", "updated_at"})


def readable_parts(token: str, now: float) -> Table:
    """The header and the claims of `token`, unverified, times also as dates.

    Args:
        token: The compact form.
        now: The time, in seconds since the epoch.

    Raises:
        InvalidToken: There is nothing that could be shown.
    """
    if len(token) > MAX_TOKEN:
        raise InvalidToken(f"longer than {MAX_TOKEN} letters, of which none is read")
    header = read_header(token)
    table = Table.grid(padding=(0, 2))
    table.add_column(style="cyan", overflow="fold")
    table.add_column(overflow="fold")
    _add(table, "Header", header, now)
    table.add_row()
    _add(table, "Claims", _claims(token), now)
    return table


def _claims(token: str) -> dict[str, Any]:
    parts = token.split(".")
    if len(parts) == 5:
        raise InvalidToken(
            "it has five parts: it is encrypted (RFC 7516), and Nexios reads signed tokens only"
        )
    if len(parts) != 3:
        raise InvalidToken("it has not the three parts of a signed token (RFC 7515 7.1)")
    try:
        return msgspec.json.decode(decode_base64url(parts[1].encode("ascii")), type=dict[str, Any])
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise InvalidToken("its second part is no JSON object in base64url") from None


def _add(table: Table, title: str, members: dict[str, Any], now: float) -> None:
    table.add_row(Text(title, style="bold"))
    for name, value in members.items():
        shown = printable(msgspec.json.encode(value).decode())
        table.add_row(Text(f"  {printable(name)}"), Text.assemble(shown, (_date(name, value, now), "dim")))


def _date(name: str, value: Any, now: float) -> str:
    if name not in _MOMENTS or type(value) not in (int, float):
        return ""
    try:
        return f"  {moment(value, now)}"
    except ValueError:
        return "  no date"
