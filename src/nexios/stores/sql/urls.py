"""The URL of a database: what it may say, and what of it may be shown."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from nexios.exceptions import ConfigError

__all__ = ["Target", "parse_url"]

_DRIVERS = {"sqlite": "aiosqlite", "postgresql": "asyncpg"}
_SPELLINGS = {
    "sqlite": "sqlite",
    "sqlite+aiosqlite": "sqlite",
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "postgresql+asyncpg": "postgresql",
}
_QUERY = frozenset({"ssl", "sslmode", "application_name", "host", "port", "prepared_statement_cache_size"})


@dataclass(frozen=True, slots=True)
class Target:
    """A database.

    Attributes:
        url: For SQLAlchemy; it may hold a password.
        shown: What an error may say of it.
        connect_args: What the driver takes besides.
        schema: The schema of the tables; None: the one that the server chooses.
    """

    url: URL = field(repr=False)
    shown: str
    connect_args: dict[str, Any] = field(repr=False)
    schema: str | None = None

    @property
    def sqlite(self) -> bool:
        """Whether it is a file."""
        return self.url.get_backend_name() == "sqlite"


def parse_url(text: str, schema: str | None) -> Target:
    """What `text` names.

    Args:
        text: `sqlite:///app.db` or `postgresql://user:password@host/database`.
        schema: The schema of the tables; None: the server's choice.

    Raises:
        ConfigError: It is no such URL, or its driver is not installed. No password is shown.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ConfigError(
            "the store's URL cannot be read: sqlite:///app.db or postgresql://user:password@host/database "
            "(a password is percent-encoded)"
        ) from None
    kind = _SPELLINGS.get(url.drivername.lower())
    if kind is None:
        raise ConfigError(
            f"SQLStore takes sqlite:///app.db or postgresql://user@host/database, not {url.drivername}://"
        )
    driver = _DRIVERS[kind]
    if find_spec(driver) is None:
        raise ConfigError(f'{driver} is missing: pip install "nexios[sql]"')
    url = url.set(drivername=f"{kind}+{driver}")
    return _file(url, schema) if kind == "sqlite" else _server(url, schema)


def _file(url: URL, schema: str | None) -> Target:
    if url.database in (None, "", ":memory:") or url.host or url.query:
        raise ConfigError(
            "a SQLite store is a file: sqlite:///app.db, or sqlite:////var/lib/app.db with its whole path; "
            "memory:// keeps nothing in a file"
        )
    if schema is not None:
        raise ConfigError("SQLite has no schemas: leave schema=... out")
    # Where the process stands now, not where it will at its first query.
    path = os.path.abspath(str(url.database))
    return Target(url.set(database=path), path, {})


def _server(url: URL, schema: str | None) -> Target:
    if "@" in f"{url.host}{url.database}":
        # What is taken for the host is the rest of the password, which every error would show.
        raise ConfigError(
            "the password in the store's URL holds an @ or a / of its own: percent-encode it, "
            'urllib.parse.quote(password, safe="")'
        )
    query: dict[str, Any] = dict(url.query)
    unknown = sorted(set(query) - _QUERY)
    if unknown:
        raise ConfigError(
            f"the store's URL says {', '.join(unknown)}, which is not known: "
            f"choose from {', '.join(sorted(_QUERY))}"
        )
    settings = {"application_name": query.pop("application_name", "nexios")}
    if schema is not None:
        settings["search_path"] = '"' + schema.replace('"', '""') + '"'
    # What libpq calls sslmode, and every provider's URL says, asyncpg calls ssl.
    if "sslmode" in query:
        query["ssl"] = query.pop("sslmode")
    shown = f"{url.host or query.get('host') or 'localhost'}:{url.port or 5432}/{url.database or ''}"
    return Target(url.set(query=query), shown, {"server_settings": settings}, schema)
