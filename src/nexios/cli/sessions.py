"""`nexios sessions`: the sessions of a store."""

import time
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

import msgspec
import typer
from rich import box
from rich.table import Table
from rich.text import Text

from nexios.cli.arguments import AsJson
from nexios.cli.console import print_json, print_line, printable, show
from nexios.cli.moments import seen_from
from nexios.cli.stores import StoreOption, in_store
from nexios.exceptions import NexiosError
from nexios.session.manager import SessionInfo, Sessions

__all__ = ["commands"]

commands = typer.Typer(no_args_is_help=True, help="See and end the sessions of a store.")

_BATCH = 1000


@commands.command("list")
def list_sessions(
    identity: Annotated[str, typer.Argument(help="Whose sessions.")],
    store: StoreOption = None,
    as_json: AsJson = False,
) -> None:
    """Show where a user is logged in, the session last seen first."""

    async def read(opened: Any) -> list[SessionInfo]:
        return await Sessions(opened).list(identity)

    found = in_store(store, read)
    if as_json:
        return print_json(msgspec.to_builtins(found))
    if found:
        show(_table(found, time.time()))
        print_line("")
    print_line(_counted(len(found)))


@commands.command()
def revoke(
    session_id: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", help="The session's id, as `nexios sessions list` shows it."),
    ] = None,
    identity: Annotated[
        str | None, typer.Option(help="In place of an id: all sessions of this user.")
    ] = None,
    store: StoreOption = None,
) -> None:
    """End a session, or all of a user: they are dead at once in every process."""
    if (session_id is None) == (identity is None):
        raise typer.BadParameter("name one session by its ID, or a user by --identity")

    async def revoked(opened: Any) -> int:
        sessions = Sessions(opened)
        if identity is not None:
            return await sessions.revoke_all(identity)
        return int(await sessions.revoke(str(session_id)))

    count = in_store(store, revoked)
    if identity is None and not count:
        raise NexiosError("there is no session of this id: `nexios sessions list` shows those of a user")
    print_line(f"{_counted(count)} ended.")


@commands.command()
def purge(store: StoreOption = None) -> None:
    """Delete the sessions that have expired; an application does so by itself as new ones come."""

    async def purged(opened: Any) -> int:
        sessions, count = Sessions(opened), 0
        # In bounded batches, so that others get their turn.
        while deleted := await sessions.purge(_BATCH):
            count += deleted
        return count

    count = in_store(store, purged)
    print_line(f"{_counted(count)} deleted.")


def _table(found: Iterable[SessionInfo], now: float) -> Table:
    """Two lines for each session, as seen from `now` in seconds since the epoch."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, leading=1)
    # What a session is ended by stays whole, for it is copied from here.
    table.add_column("id, last seen", no_wrap=True)
    table.add_column("begun, ends", no_wrap=True)
    table.add_column("from", overflow="fold")
    for each in found:
        table.add_row(
            Text.assemble(each.id, "\n", (_seen(each.last_seen_at, now), "green")),
            Text.assemble(_seen(each.created_at, now), "\n", (_seen(each.expires_at, now), "dim")),
            Text.assemble(printable(each.address or "?"), "\n", (printable(each.user_agent or "?"), "dim")),
        )
    return table


def _seen(moment: datetime, now: float) -> str:
    return seen_from(round(moment.timestamp() - now))


def _counted(count: int) -> str:
    return f"{count} session{'' if count == 1 else 's'}"
