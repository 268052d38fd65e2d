"""Users: what the demo asks its own table while it runs."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiosqlite

from nexios.auth import SimpleUser

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from nexios.demo.passwords import Passwords

__all__ = ["Users"]


class Users:
    """The users in the SQLite file at `path`.

    Args:
        path: The file; its table is there.
        passwords: Verifies their passwords.

    Attributes:
        model: The class of the users, for AuthenticationMiddleware.
    """

    _database: aiosqlite.Connection

    def __init__(self, path: Path, passwords: Passwords) -> None:
        self._path = path
        self._passwords = passwords
        self.model = _user_model(self)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Keep the file open while the application runs."""
        # Without isolation level each statement is its own transaction, and requests share the connection.
        async with aiosqlite.connect(self._path, isolation_level=None) as self._database:
            yield

    async def find(self, identity: str) -> SimpleUser | None:
        """The user whose credential names `identity`."""
        return self._user(await self._one("SELECT * FROM users WHERE id = ?", identity))

    async def find_by_password(self, username: str, password: str) -> SimpleUser | None:
        """The user whose name and password these are."""
        row = await self._one("SELECT * FROM users WHERE username = ?", username)
        right = await self._passwords.verify(password, None if row is None else row["password_hash"])
        return self._user(row) if right else None

    async def _one(self, sql: str, value: str) -> dict[str, Any] | None:
        cursor = await self._database.execute(sql, (value,))
        row = await cursor.fetchone()
        return (
            None
            if row is None
            else {column[0]: cell for column, cell in zip(cursor.description, row, strict=True)}
        )

    def _user(self, row: dict[str, Any] | None) -> SimpleUser | None:
        return None if row is None else self.model(row["id"], row["name"], row["permissions"].split())


def _user_model(users: Users) -> type[SimpleUser]:
    """The class of the users of one database."""

    class User(SimpleUser):
        @classmethod
        async def load_user(cls, identity: str) -> Any:
            return await users.find(identity)

    return User
