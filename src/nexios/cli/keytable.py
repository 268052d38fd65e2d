"""API keys as people read them; nothing shown opens anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from rich import box
from rich.table import Table
from rich.text import Text

from nexios.cli.console import printable
from nexios.cli.moments import seen_from

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from nexios.apikeys.model import APIKey

__all__ = ["key_table", "key_values"]


def key_values(record: APIKey) -> dict[str, Any]:
    """What is known of a key, for programs."""
    values: dict[str, Any] = msgspec.to_builtins(record)
    if record.permissions is not None:
        values["permissions"] = sorted(record.permissions)
    return values


def key_table(records: Iterable[APIKey], now: float) -> Table:
    """Two lines for each key, as seen from `now` in seconds since the epoch."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, leading=1)
    # What a key is revoked by stays whole, for it is copied from here.
    table.add_column("id, state", no_wrap=True)
    for title in ("owner, name", "key, may", "last used"):
        table.add_column(title, overflow="fold")
    for record in records:
        used = record.last_used_at
        table.add_row(
            Text.assemble(record.id, "\n", _state(record, now)),
            Text.assemble(printable(record.owner), "\n", (printable(record.name), "dim")),
            Text.assemble(f"{record.prefix}_...{record.hint}", "\n", _permissions(record)),
            Text("never", "dim") if used is None else _seen(used, now),
        )
    return table


def _permissions(record: APIKey) -> Text:
    if record.permissions is None:
        return Text("all of its owner's", "dim")
    return Text(printable(", ".join(sorted(record.permissions))) or "nothing")


def _state(record: APIKey, now: float) -> Text:
    if record.revoked_at is not None:
        return Text(f"revoked {_seen(record.revoked_at, now)}", "red")
    if record.expires_at is not None:
        ended = record.expires_at.timestamp() <= now
        why = "replaced" if record.replaced_by is not None else "expired" if ended else "good"
        style = "red" if ended else "yellow" if record.replaced_by is not None else "green"
        return Text(f"{why}, {'ended' if ended else 'ends'} {_seen(record.expires_at, now)}", style)
    return Text("good", "green")


def _seen(moment: datetime, now: float) -> str:
    return seen_from(round(moment.timestamp() - now))
