"""What stands in a column: text of any kind, and moments in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import DateTime, Text, TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect
    from sqlalchemy.types import TypeEngine

__all__ = ["AnyText", "Moment"]

# PostgreSQL takes no NUL, and no database takes half of a surrogate pair; both come from clients.
_ODD = re.compile("[\\\\\0\ud800-\udfff]")
_ESCAPED = re.compile(r"\\([0-9a-f]{4})")


class AnyText(TypeDecorator[str]):
    """Any `str`, ordered and compared letter by letter."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """Text whose order is that of Python, whatever the language of the database."""
        return dialect.type_descriptor(Text(collation="C" if dialect.name == "postgresql" else None))

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Spell out what a database does not take."""
        if value is None or not _ODD.search(value):
            return value
        return _ODD.sub(lambda odd: f"\\{ord(odd[0]):04x}", value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """What was spelt out."""
        if value is None or "\\" not in value:
            return value
        return _ESCAPED.sub(lambda escaped: chr(int(escaped[1], 16)), value)


class Moment(TypeDecorator[datetime]):
    """A moment in UTC, to the microsecond; on SQLite as text that sorts as the moments do."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime]:
        """With a time zone where there is such a type."""
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """In UTC, and without saying so where the column could not keep it."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment has a time zone: datetime.now(UTC)")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """In UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
