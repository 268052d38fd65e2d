"""The mapping that handlers know as `request.session`."""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any, NamedTuple

import msgspec

from nexios.exceptions import SessionDataError
from nexios.http.problems import Forbidden

__all__ = ["Session", "StoredSession", "new_session_id", "session_family"]

# An id is 16 letters that name the session for all its life, and 8 that each renewal changes. So a logout
# ends # every id that the session had, also one that a request still running has just renewed.
_FAMILY = 16

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.encode


def new_session_id() -> str:
    """A new session's id: 144 random bits (ASVS 7.2.3)."""
    return secrets.token_urlsafe(12) + secrets.token_urlsafe(6)


def session_family(session_id: str) -> str:
    """The part of an id that stays when the session is renewed."""
    return session_id[:_FAMILY]


class StoredSession(NamedTuple):
    """A session as it was found.

    Attributes:
        id: Its id.
        created_at: When it began, in seconds since the epoch.
        data: Its data as a JSON object.
    """

    id: str
    created_at: int
    data: bytes


class Session(MutableMapping[str, Any]):
    """A session: a mapping of texts to JSON values, read on first use and kept when it was changed.

    Args:
        load: Finds the client's session; called once, on first use.
        end: Told the id, or the family of ids, that is over, and when that session began.
        sealed: Nothing may be stored, since the request comes from another site.
    """

    __slots__ = ("_data", "_end", "_load", "_sealed", "_stored", "created_at", "id")

    def __init__(
        self,
        load: Callable[[], StoredSession | None],
        end: Callable[[str, int], None],
        *,
        sealed: bool = False,
    ) -> None:
        self._load = load
        self._end = end
        self._sealed = sealed
        self._data: dict[str, Any] | None = None
        self._stored: StoredSession | None = None
        self.id: str | None = None
        self.created_at: int | None = None

    @property
    def accessed(self) -> bool:
        """Whether this request has looked at the session."""
        return self._data is not None

    @property
    def stored(self) -> StoredSession | None:
        """The session that the client came with and that still holds."""
        self._loaded()
        return self._stored

    def renew(self) -> None:
        """Go on under a new id, with the same data; the old id is dead (ASVS 7.2.4)."""
        self._open()
        if self.id is None:
            self.restart()
            return
        family = session_family(self.id)
        self._drop(self.id)
        self.id = family + secrets.token_urlsafe(6)

    def restart(self) -> str:
        """Go on as another session with a full life, as after a login; the data is kept.

        Returns:
            The new id.
        """
        self._open()
        if self.id is not None:
            self._drop(session_family(self.id))
        self.id = new_session_id()
        self.created_at = None
        return self.id

    def end(self) -> None:
        """Forget everything; the session is over, under every id that it had. May be called again."""
        self._loaded().clear()
        if self.id is not None:
            self._drop(session_family(self.id))
        self.id = None
        self.created_at = None

    def encoded(self) -> bytes | None:
        """The data as JSON, or None where there is nothing to keep.

        Raises:
            SessionDataError: Something in it has no JSON form.
        """
        data = self._loaded()
        if not data:
            return None
        try:
            encoded = _encode(data)
        except (TypeError, ValueError, RecursionError):
            encoded = None
        if encoded is None or self._stored is None or encoded != self._stored.data:
            for key, value in data.items():
                _check(value, key)
        return encoded

    def __getitem__(self, key: str) -> Any:
        return self._loaded()[key]

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str):
            raise SessionDataError(f"the key {key!r} is {type(key).__name__}: session keys are text")
        _check(value, key)
        self._open()[key] = value

    def __delitem__(self, key: str) -> None:
        del self._open()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaded())

    def __len__(self) -> int:
        return len(self._loaded())

    def __repr__(self) -> str:
        return f"<Session {'unread' if self._data is None else f'of {len(self._data)} keys'}>"

    def _loaded(self) -> dict[str, Any]:
        if self._data is None:
            stored = self._stored = self._load()
            if stored is None:
                self._data = {}
            else:
                self._data = _decode(stored.data)
                self.id = stored.id
                self.created_at = stored.created_at
        return self._data

    def _open(self) -> dict[str, Any]:
        """The data, to be changed."""
        if self._sealed:
            # Login CSRF: a foreign page must not put its visitor into a session of its choice (CWE-352).
            raise Forbidden("A request that comes from another site cannot change the session.")
        return self._loaded()

    def _drop(self, ended: str) -> None:
        self._stored = None
        if self.created_at is not None:
            self._end(ended, self.created_at)


def _check(value: Any, key: str, depth: int = 0) -> None:
    """Raise unless `value` comes back from JSON as it went in."""
    if depth > 100:
        raise SessionDataError(f"session[{key!r}] is nested more than 100 levels deep: store less")
    kind = type(value)
    if value is None or kind in (str, int, bool):
        return
    if kind is float and math.isfinite(value):
        return
    if kind in (list, tuple):
        for item in value:
            _check(item, key, depth + 1)
        return
    if kind is dict and all(type(name) is str for name in value):
        for item in value.values():
            _check(item, key, depth + 1)
        return
    shown = f"the number {value}" if kind is float else f"a {kind.__name__}"
    raise SessionDataError(
        f"session[{key!r}] holds {shown}, which has no JSON form: store text, numbers, lists and "
        f"dicts with text keys"
    )
