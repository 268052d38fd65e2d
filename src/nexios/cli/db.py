"""`nexios db`: the tables of a store."""

from typing import Any

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from nexios.cli.arguments import AsJson
from nexios.cli.console import print_json, print_line, show
from nexios.cli.stores import StoreOption, in_store
from nexios.exceptions import NexiosError

__all__ = ["commands"]

commands = typer.Typer(no_args_is_help=True, help="Bring the tables of a store up to date.")


@commands.command()
def upgrade(store: StoreOption = None) -> None:
    """Bring the tables up to date; several processes may do so at once."""

    async def upgraded(opened: Any) -> tuple[str | None, str]:
        before = await _with_tables(opened).current()
        await opened.upgrade()
        return before, opened.history()[-1].id

    before, after = in_store(store, upgraded)
    if before == after:
        return print_line(f"The tables are up to date: {after}.")
    print_line(f"The tables are upgraded: {before or 'none'} to {after}.")


@commands.command()
def current(store: StoreOption = None, as_json: AsJson = False) -> None:
    """Say which revision the tables are of; exit 1 where they are not up to date."""

    async def found(opened: Any) -> tuple[str | None, str]:
        return await _with_tables(opened).current(), opened.history()[-1].id

    revision, newest = in_store(store, found)
    if as_json:
        print_json({"current": revision, "newest": newest})
    elif revision == newest:
        print_line(f"{revision}, the newest")
    else:
        print_line(f"{revision or 'no tables'}, the newest is {newest}: nexios db upgrade")
    if revision != newest:
        raise typer.Exit(1)


@commands.command()
def history(store: StoreOption = None, as_json: AsJson = False) -> None:
    """Show every revision of the tables, and where those of the store stand."""

    async def found(opened: Any) -> tuple[str | None, list[Any]]:
        return await _with_tables(opened).current(), opened.history()

    revision, revisions = in_store(store, found)
    if as_json:
        return print_json(
            [{"id": each.id, "summary": each.summary, "current": each.id == revision} for each in revisions]
        )
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for title in ("revision", "what it brings", ""):
        table.add_column(title, overflow="fold")
    for each in revisions:
        here = Text("the store is here", style="green") if each.id == revision else Text()
        table.add_row(each.id, each.summary, here)
    show(table)
    if revision is None:
        show(Text.assemble("\n", ("The store has no tables yet: ", "bold yellow"), "nexios db upgrade"))


def _with_tables(store: Any) -> Any:
    """`store`, if it is one that has tables.

    Raises:
        NexiosError: It has none.
    """
    if not hasattr(store, "current"):
        raise NexiosError("this store has no tables, and nothing to upgrade: use it as it is")
    return store
