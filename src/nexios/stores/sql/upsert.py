"""INSERT ... ON CONFLICT, which PostgreSQL and SQLite spell alike and SQLAlchemy has for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Executable, Table

__all__ = ["insert_unless_there", "upsert"]


def upsert(
    table: Table, unique: Sequence[str], replaced: Callable[[Any], dict[str, Any]], *, sqlite_file: bool
) -> Executable:
    """Insert, or where the row is there already, change it.

    Args:
        table: The table.
        unique: The columns by which a row is there already.
        replaced: From the row that was to be inserted to the columns that are set.
        sqlite_file: Whether it is for SQLite.
    """
    insert = _insert(table, sqlite_file=sqlite_file)
    return insert.on_conflict_do_update(index_elements=list(unique), set_=replaced(insert.excluded))  # type: ignore[no-any-return]


def insert_unless_there(table: Table, *, sqlite_file: bool) -> Executable:
    """Insert, or where the row is there already, do nothing."""
    return _insert(table, sqlite_file=sqlite_file).on_conflict_do_nothing()  # type: ignore[no-any-return]


def _insert(table: Table, *, sqlite_file: bool) -> Any:
    return sqlite.insert(table) if sqlite_file else postgresql.insert(table)
