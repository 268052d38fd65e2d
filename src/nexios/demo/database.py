"""The demo's SQLite file: two people. Their sessions and keys the store keeps in it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nexios.exceptions import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["PEOPLE", "create_database"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
    id TEXT PRIMARY KEY,
    username TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    permissions TEXT NOT NULL,
    password_hash TEXT NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can log in.

    Attributes:
        id: The identity, which sessions and tokens carry.
        username: What is typed in at login.
        name: How the page calls them.
        password: Known to all, since the page shows it as a hint.
        permissions: The names of what they may do, with blanks between.
    """

    id: str
    username: str
    name: str
    password: str
    permissions: str = ""


PEOPLE = (
    Person("1", "ada", "Ada", "notes-on-the-engine", "admin"),
    Person("2", "bob", "Bob", "builder-of-bridges"),
)
"""Who is in a new database."""


def create_database(path: Path, hash_password: Callable[[str], str]) -> None:
    """Make the table and the people in the file at `path`, where they are missing.

    Args:
        path: The file.
        hash_password: What is stored in place of a password.

    Raises:
        ConfigError: The file is no database, or another program's.
    """
    try:
        with closing(sqlite3.connect(path)) as database, database:
            database.executescript(_SCHEMA)
            known = {row[0] for row in database.execute("SELECT id FROM users")}
            for person in PEOPLE:
                if person.id not in known:
                    database.execute(
                        "INSERT OR IGNORE INTO users (id, username, name, permissions, password_hash) "
                        "VALUES (?, ?, ?, ?, ?)",
                        (
                            *(person.id, person.username, person.name, person.permissions),
                            hash_password(person.password),
                        ),
                    )
    except sqlite3.DatabaseError as error:
        raise ConfigError(
            f"{path} cannot be used as the demo's database ({error}): move it away, "
            f"or choose another folder with --data"
        ) from None
