"""The mapping that handlers know as `request.session`."""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import msgspec

from nexios.exceptions import SessionDataError
from nexios.http.problems import Forbidden
from nexios.text import is_unicode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import Message

__all__ = ["Session", "SessionSource", "StoredSession", "new_session_id", "session_family"]

# An id is 16 letters that name the session for all its life, and 8 that each renewal changes. So a logout
# ends every id that the session had, also one that a request still running has just renewed.
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


class SessionSource(Protocol):
    """Where sessions come from and where they are kept."""

    def find(self, session: Session) -> StoredSession | None:
        """The session that the client's `session.headers` name; called once a request, on first use."""
        ...

    def finish(self, session: Session, message: Message) -> Message:
        """Keep what became of the session, where the answer begins with `message`."""
        ...

    def end(self, ended: str, created_at: int) -> None:
        """Let nobody in by this id, or family of ids, of a session begun at `created_at`."""
        ...


class Session(MutableMapping[str, Any]):
    """A session: a mapping of texts to JSON values, read on first use and kept when it was changed.

    Args:
        source: Where it comes from.
        headers: The request's.
        scheme: The request's, e.g. `https`.

    Attributes:
        id: Its id; None until it is kept.
        created_at: When it began, in seconds since the epoch.
        cookie: The value of the client's cookie that it was found by.
        presented: Whether the client sent any cookie of the name.
        accessed: Whether anybody has looked at it.
        sealed: Nothing may be stored, since the request comes from another site.
    """

    # On the class, so that a session which nobody looks at costs a request as little as can be.
    id: str | None = None
    created_at: int | None = None
    cookie: str = ""
    presented: bool = False
    sealed: bool = False
    accessed: bool = False
    _data: dict[str, Any] | None = None
    _stored: StoredSession | None = None
    _lent: bool = False

    def __init__(self, source: SessionSource, headers: Iterable[tuple[bytes, bytes]], scheme: str) -> None:
        # Neither the scope, which holds the session, nor `send`, whose server holds the scope: a cycle a
        # request would keep the garbage collector busy.
        self.headers = headers
        self.scheme = scheme
        self._source = source

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

    def peek(self, key: str) -> Any:
        """The value of `key`, which the caller does not change, or None."""
        return (self._data if self._data is not None else self._loaded()).get(key)

    @property
    def is_as_stored(self) -> bool:
        """Whether nobody can have changed anything."""
        return not self._lent and self._stored is not None

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
        if encoded is None:
            raise SessionDataError("the session holds something that has no JSON form")
        return encoded

    def __getitem__(self, key: str) -> Any:
        value = self._loaded()[key]
        if type(value) in (dict, list):
            self._lent = True  # whoever has it may change it without our knowing
        return value

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str) or not is_unicode(key):
            raise SessionDataError(f"the key {key!r} is {type(key).__name__}: session keys are text")
        _check(value, key)
        self._open()[key] = value
        self._lent = True

    def __delitem__(self, key: str) -> None:
        del self._open()[key]
        self._lent = True

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaded())

    def __len__(self) -> int:
        return len(self._loaded())

    def __repr__(self) -> str:
        return f"<Session {'unread' if self._data is None else f'of {len(self._data)} keys'}>"

    def _loaded(self) -> dict[str, Any]:
        data = self._data
        if data is None:
            self.accessed = True
            stored = self._source.find(self)
            if stored is None:
                data = self._data = {}
            else:
                data = self._data = _decode(stored.data)
                self._stored = stored
                self.id = stored.id
                self.created_at = stored.created_at
        return data

    def _open(self) -> dict[str, Any]:
        """The data, to be changed."""
        if self.sealed:
            # Login CSRF: a foreign page must not put its visitor into a session of its choice (CWE-352).
            raise Forbidden("A request that comes from another site cannot change the session.")
        return self._loaded()

    def _drop(self, ended: str) -> None:
        self._stored = None
        if self.created_at is not None:
            self._source.end(ended, self.created_at)


def _check(value: Any, key: str, depth: int = 0) -> None:
    """Raise unless `value` comes back from JSON as it went in."""
    if depth > 100:
        raise SessionDataError(f"session[{key!r}] is nested more than 100 levels deep: store less")
    kind = type(value)
    if kind is str and not is_unicode(value):
        raise SessionDataError(
            f"session[{key!r}] holds a str with half a surrogate pair, which has no JSON form"
        )
    if value is None or kind in (str, int, bool):
        return
    if kind is float and math.isfinite(value):
        return
    if kind in (list, tuple):
        for item in value:
            _check(item, key, depth + 1)
        return
    if kind is dict and all(type(name) is str and is_unicode(name) for name in value):
        for item in value.values():
            _check(item, key, depth + 1)
        return
    shown = f"the number {value}" if kind is float else f"a {kind.__name__}"
    raise SessionDataError(
        f"session[{key!r}] holds {shown}, which has no JSON form: store text, numbers, lists and "
        f"dicts with text keys"
    )
