"""A session whose data is in a store: what a request sees of it, and what has changed at its end."""

from __future__ import annotations

import logging
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec

from nexios.exceptions import SessionDataError, StoreUnavailable
from nexios.http.problems import Unavailable
from nexios.session.secret import new_record_id, new_secret
from nexios.session.session import Session, check_value
from nexios.stores.names import MAX_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nexios.stores.records import SessionRecord

__all__ = ["MAX_DATA", "ServerSession", "SessionUnavailable"]

MAX_DATA = 64 * 1024
"""How many bytes the keys and values of one session may take together."""

_decode = msgspec.json.decode
_encode = msgspec.json.encode

logger = logging.getLogger("nexios.session")


class SessionUnavailable(Unavailable, StoreUnavailable):
    """503: the session could not be read, so that nobody is let in by it."""


class ServerSession(Session):
    """A session that is kept in a store.

    Nothing is asked of the store here: what a handler does is noted, and done before the answer begins.

    Args:
        headers: The request's.
        scheme: The request's.

    Attributes:
        record: What the store keeps of it; None: nothing yet.
        cookie: The value of the client's cookie that it was found by, or shall have.
        failed: The store did not answer, so that nothing can be said of the session.
        secret: What the client's cookie shall hold from now on; None: what it does.
        over: The ids of sessions that this request has ended.
        added: Whether it has put a new session into the store.
    """

    record: SessionRecord | None = None
    cookie: str = ""
    failed: bool = False
    secret: str | None = None
    added: bool = False

    def __init__(self, headers: Iterable[tuple[bytes, bytes]], scheme: str) -> None:
        super().__init__(headers, scheme)
        self.over: list[str] = []

    def adopt(self, record: SessionRecord, cookie: str) -> None:
        """Be the session of `record`, which the client's cookie has opened."""
        self.record = record
        self.cookie = cookie
        self.id = record.id
        self.identity = record.identity
        self.created_at = int(record.created_at.timestamp())

    @property
    def found(self) -> bool:
        """Whether the client came with a session that still holds."""
        self._loaded()
        return self.record is not None

    @property
    def is_as_stored(self) -> bool:
        """Whether nobody can have changed anything."""
        return self.record is not None and not self._lent and self.secret is None

    def renew(self) -> None:
        """Go on under a new secret, with the same data; the old cookie is dead (ASVS 7.2.4)."""
        self._open()
        if self.record is None:
            self.restart()
        else:
            self.secret = new_secret()

    def restart(self) -> str:
        """Go on as another session with a full life, as after a login; the data is kept."""
        self._open()
        self._drop()
        self.id = new_record_id()
        self.secret = new_secret()
        return self.id

    def end(self) -> None:
        """Forget everything; the session is over. May be called again."""
        self._loaded().clear()
        self._drop()
        self.id = self.secret = self.identity = None

    def changes(self) -> dict[str, bytes | None]:
        """What the store does not have yet: the JSON of each key that changed, None for one that is gone.

        Two requests of one session that change different keys thus leave each other's alone.

        Raises:
            SessionDataError: Something in it has no JSON form, or it is more than a store shall keep.
        """
        data = self._loaded()
        before = {} if self.record is None else self.record.data
        changes: dict[str, bytes | None] = {key: None for key in before if key not in data}
        size = 0
        for key, value in data.items():
            encoded = _encoded(key, value)
            size += len(key) + len(encoded)
            if encoded != before.get(key):
                check_value(value, key)
                if len(key) > MAX_NAME:
                    raise SessionDataError(
                        f"the key {key[:20]!r}... is longer than {MAX_NAME} letters: use a shorter one"
                    )
                changes[key] = encoded
        if self.identity is not None and len(self.identity) > MAX_NAME:
            raise SessionDataError(f"the identity is longer than {MAX_NAME} letters: log in by a shorter one")
        if changes and size > MAX_DATA:
            raise SessionDataError(
                f"the session takes {size} bytes, of at most {MAX_DATA}: store less in it, such as an id "
                "of what a database keeps"
            )
        return changes

    def kept(self, record: SessionRecord, changes: Mapping[str, bytes | None] = MappingProxyType({})) -> None:
        """Note that the store has `record`, with `changes` made."""
        data = {key: value for key, value in {**record.data, **changes}.items() if value is not None}
        self.record = msgspec.structs.replace(record, data=data, identity=self.identity)
        self.secret = None

    def lose(self) -> None:
        """Be no session any more: another request has ended it."""
        self._data = {}
        self.record = self.id = self.secret = self.identity = self.created_at = None

    def _read(self) -> dict[str, Any]:
        if self.failed:
            raise SessionUnavailable("The session is not available at the moment.")
        if self.record is None:
            return {}
        try:
            return {key: _decode(value) for key, value in self.record.data.items()}
        except (msgspec.MsgspecError, ValueError, RecursionError):
            logger.error("the session %s cannot be read: it counts as none", self.record.id)
            self.lose()
            return {}

    def _drop(self) -> None:
        if self.record is not None:
            self.over.append(self.record.id)
        self.record = self.created_at = None


def _encoded(key: str, value: Any) -> bytes:
    try:
        return _encode(value)
    except (TypeError, ValueError, RecursionError):
        check_value(value, key)
        raise SessionDataError(
            f"session[{key!r}] holds something that has no JSON form: store text, numbers, lists and dicts"
        ) from None
