"""Users and their API keys: what the demo asks its database while it runs."""

from __future__ import annotations

import secrets
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiosqlite

from nexios.apikeys.format import KEY_PREFIX, hash_key
from nexios.auth import SimpleUser
from nexios.auth.backends.apikey import create_api_key

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from nexios.demo.passwords import Passwords

__all__ = ["Users"]


class Users:
    """The users in the SQLite file at `path`.

    Args:
        path: The file; its tables are there.
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
        """The user whose session or token names `identity`."""
        return self._user(await self._one("SELECT * FROM users WHERE id = ?", identity))

    async def find_by_key(self, key: str) -> SimpleUser | None:
        """The owner of an API key that is stored."""
        sql = "SELECT users.* FROM keys JOIN users ON users.id = keys.owner WHERE keys.key_hash = ?"
        return self._user(await self._one(sql, hash_key(key)))

    async def find_by_password(self, username: str, password: str) -> SimpleUser | None:
        """The user whose name and password these are."""
        row = await self._one("SELECT * FROM users WHERE username = ?", username)
        right = await self._passwords.verify(password, None if row is None else row["password_hash"])
        return self._user(row) if right else None

    async def create_key(self, owner: str) -> dict[str, str]:
        """Make an API key for the user `owner`: the key, which is nowhere afterwards, and what is stored."""
        key_id = secrets.token_hex(4)
        key, hashed = create_api_key()
        await self._database.execute(
            "INSERT INTO keys (id, owner, key_hash, hint, created_at) VALUES (?, ?, ?, ?, ?)",
            (key_id, owner, hashed, key[:8], int(time.time())),
        )
        return {"id": key_id, "api_key": key, "stored_hash": hashed}

    async def keys(self, owner: str) -> list[dict[str, Any]]:
        """What may be shown of the user's keys, the newest first."""
        sql = "SELECT id, hint, created_at FROM keys WHERE owner = ? ORDER BY created_at DESC, rowid DESC"
        rows = await self._database.execute_fetchall(sql, (owner,))
        return [dict(zip(("id", "hint", "created_at"), row, strict=True)) for row in rows]

    async def delete_key(self, owner: str, key_id: str) -> bool:
        """Delete a key of the user's own; False: there is none of that id."""
        done = await self._database.execute("DELETE FROM keys WHERE id = ? AND owner = ?", (key_id, owner))
        return done.rowcount == 1

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
            # The identity that APIKeyAuthBackend finds is the key itself; all others find the user's id.
            if identity.startswith(f"{KEY_PREFIX}_"):
                return await users.find_by_key(identity)
            return await users.find(identity)

    return User
