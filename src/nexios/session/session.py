"""The mapping that handlers know as `request.session`."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING, Any

from nexios.exceptions import SessionDataError
from nexios.http.problems import Forbidden
from nexios.text import is_unicode

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Session", "check_value"]


class Session(MutableMapping[str, Any]):
    """A session: a mapping of texts to JSON values, read on first use and kept when it was changed.

    Args:
        headers: The request's.
        scheme: The request's, e.g. `https`.

    Attributes:
        id: Its id; None until it is kept.
        identity: Who has logged in by this request; None: nobody.
        created_at: When it began, in seconds since the epoch.
        presented: Whether the client sent any cookie of the name.
        accessed: Whether anybody has looked at it.
        sealed: Nothing may be stored, since the request comes from another site.
    """

    # On the class, so that a session which nobody looks at costs a request as little as can be.
    id: str | None = None
    identity: str | None = None
    created_at: int | None = None
    presented: bool = False
    sealed: bool = False
    accessed: bool = False
    _data: dict[str, Any] | None = None
    _lent: bool = False

    def __init__(self, headers: Iterable[tuple[bytes, bytes]], scheme: str) -> None:
        # Neither the scope, which holds the session, nor `send`, whose server holds the scope: a cycle a
        # request would keep the garbage collector busy.
        self.headers = headers
        self.scheme = scheme

    @abstractmethod
    def renew(self) -> None:
        """Go on under a new id, with the same data; the old cookie is dead (ASVS 7.2.4)."""

    @abstractmethod
    def restart(self) -> str:
        """Go on as another session with a full life, as after a login; the data is kept.

        Returns:
            The new id.
        """

    @abstractmethod
    def end(self) -> None:
        """Forget everything; the session is over, under every id that it had. May be called again."""

    @property
    @abstractmethod
    def found(self) -> bool:
        """Whether the client came with a session that still holds."""

    @abstractmethod
    def _read(self) -> dict[str, Any]:
        """The data of the session that the client came with; called once, on first use."""

    def peek(self, key: str) -> Any:
        """The value of `key`, which the caller does not change, or None."""
        return (self._data if self._data is not None else self._loaded()).get(key)

    def __getitem__(self, key: str) -> Any:
        value = self._loaded()[key]
        if type(value) in (dict, list):
            self._lent = True  # whoever has it may change it without our knowing
        return value

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str) or not is_unicode(key):
            raise SessionDataError(f"the key {key!r} is {type(key).__name__}: session keys must be text")
        check_value(value, key)
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
            data = self._data = self._read()
        return data

    def _open(self) -> dict[str, Any]:
        """The data, to be changed."""
        if self.sealed:
            # Login CSRF: a foreign page must not put its visitor into a session of its choice (CWE-352).
            raise Forbidden("A request that comes from another site cannot change the session.")
        return self._loaded()


def check_value(value: Any, key: str, depth: int = 0) -> None:
    """Check that `value` comes back from JSON as it went in.

    Raises:
        SessionDataError: It does not; the message names `key`.
    """
    if depth > 100:
        raise SessionDataError(f"session[{key!r}] is nested more than 100 levels deep: store less")
    kind = type(value)
    if kind is str and not is_unicode(value):
        raise SessionDataError(
            f"session[{key!r}] holds a str with half a surrogate pair, which has no JSON form: "
            "store text that is whole"
        )
    if value is None or kind in (str, int, bool):
        return
    if kind is float and math.isfinite(value):
        return
    if kind in (list, tuple):
        for item in value:
            check_value(item, key, depth + 1)
        return
    if kind is dict and all(type(name) is str and is_unicode(name) for name in value):
        for item in value.values():
            check_value(item, key, depth + 1)
        return
    shown = f"the number {value}" if kind is float else f"a {kind.__name__}"
    raise SessionDataError(
        f"session[{key!r}] holds {shown}, which has no JSON form: store text, numbers, lists and "
        f"dicts with text keys"
    )
