"""What a database's errors mean; no SQL, parameter or password is in what is raised for one."""

from __future__ import annotations

import sqlite3
from importlib.util import find_spec
from typing import Any

from sqlalchemy.exc import IntegrityError, SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from nexios.exceptions import ConfigError, NexiosError, StoreUnavailable

__all__ = ["DATABASE_ERRORS", "Locked", "MissingParent", "meaning"]


def _errors() -> tuple[type[Exception], ...]:
    found: list[type[Exception]] = [SQLAlchemyError, OSError, sqlite3.Error]
    if find_spec("asyncpg") is not None:
        import asyncpg  # type: ignore[import-untyped]

        # SQLAlchemy passes on what is raised while a connection is made.
        found += [asyncpg.PostgresError, asyncpg.InterfaceError]
    return tuple(found)


class Locked(StoreUnavailable):
    """Another process holds a SQLite file for longer than an operation may wait."""


DATABASE_ERRORS = _errors()
"""Whatever a database, its driver or the network may raise; `TimeoutError` is an `OSError`."""


class MissingParent(ValueError):
    """A row refers to one that is gone."""


_UPGRADE = "has not the tables of this version: run `nexios db upgrade`, or `await store.upgrade()` at start"

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_BY_STATE = {
    "28P01": "refuses the user or the password",
    "28000": "refuses the user or the password",
    "3D000": "has no such database",
    "3F000": "has no such schema: `nexios db upgrade` makes it",
    "25006": "can only be read",
    "42501": "does not permit it to this user",
    "53100": "has no space left on its disk",
    "53300": "has no connection left for this process",
    "25P03": "did not answer in time",
    "55P03": "did not answer in time: another transaction holds what is to be changed",
    "57P03": "is starting or stopping",
}
# https://www.sqlite.org/rescode.html
_BY_NAME = {
    "SQLITE_FULL": "has no space left on its disk",
    "SQLITE_READONLY": "can only be read: let this process write to the file and to its folder",
    "SQLITE_CANTOPEN": "cannot be opened: does its folder exist, and may this process write to it?",
    "SQLITE_NOTADB": "is no SQLite database",
    "SQLITE_CORRUPT": "is damaged",
    "SQLITE_IOERR": "cannot be read from or written to its disk",
}


def meaning(error: Exception, shown: str) -> Exception:
    """What to raise in place of `error`.

    Args:
        error: One of `DATABASE_ERRORS`.
        shown: Which database it was.
    """
    cause: Any = getattr(error, "orig", None) or error
    if isinstance(error, IntegrityError):
        if _state(cause) == "23503" or _name(cause) == "SQLITE_CONSTRAINT_FOREIGNKEY":
            return MissingParent("what it belongs to is gone")
        return ValueError("an id or hash that is kept already")
    if isinstance(error, StatementError) and isinstance(cause, ValueError) and not _state(cause):
        return ValueError(str(cause))
    if _lacks_tables(cause):
        return ConfigError(f"the store at {shown} {_UPGRADE}")
    return _unavailable(cause, shown)


def _unavailable(cause: Any, shown: str) -> NexiosError:
    if isinstance(cause, TimeoutError):
        what = "did not answer in time"
    elif isinstance(cause, PoolTimeout):
        what = "had no connection free in time: see pool_size, max_overflow and pool_timeout"
    elif _state(cause) in _BY_STATE:
        what = _BY_STATE[_state(cause)]
    elif _name(cause).startswith("SQLITE_BUSY"):
        return Locked(f"the store at {shown} is locked by another process")
    elif _name(cause):
        primary = "_".join(_name(cause).split("_")[:2])
        what = _BY_NAME.get(primary, f"failed with {_name(cause)}")
    else:
        what = f"failed with {' '.join(filter(None, (type(cause).__name__, _state(cause))))}"
    return StoreUnavailable(f"the store at {shown} {what}")


def _lacks_tables(cause: Any) -> bool:
    if _state(cause) in {"42P01", "42703"}:
        return True
    text = str(cause)
    return _name(cause) == "SQLITE_ERROR" and (
        "no such table" in text or "no such column" in text or "has no column" in text
    )


def _state(cause: Any) -> str:
    return str(getattr(cause, "sqlstate", None) or "")


def _name(cause: Any) -> str:
    return str(getattr(cause, "sqlite_errorname", None) or "")
