"""Sessions as signed cookies: how they are written and read."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from nexios.exceptions import SessionDataError
from nexios.kept import Kept

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta

    from nexios.types import Clock

__all__ = ["SALT", "SignedCookies", "StoredSession"]

SALT = "nexios.session"
"""With a point and the cookie's name, separates the key of its values from whatever else the secret signs."""

# RFC 6265 6.1: what a browser keeps at least, for the name, the value and the attributes together.
_MAX_COOKIE = 4096
_ROOM_FOR_ATTRIBUTES = 160


# The signature's last letter has two bits that decoding ignores, and padding or letters of no alphabet are
# ignored as well: a cookie has one spelling, of which no letter can be changed.
_SIGNED = re.compile(rb"[\w-]+\.[\w-]+\.[\w-]{42}[AEIMQUYcgkosw048]")


class StoredSession(msgspec.Struct, frozen=True):
    """A session as it was found.

    Attributes:
        id: Its id.
        created_at: When it began, in seconds since the epoch.
        data: Its data as a JSON object.
        signed_at: When its cookie was signed, in seconds since the epoch.
    """

    id: str
    created_at: int
    data: bytes
    signed_at: int


class _Payload(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    at: Annotated[int, msgspec.Meta(ge=0, lt=1 << 40)]
    data: msgspec.Raw


_payload = msgspec.json.Decoder(_Payload)
_object = msgspec.json.Decoder(dict[str, Any])


class SignedCookies:
    """Writes sessions into signed cookies and reads them back.

    What was verified is kept, so that the same cookie is not verified again; its age and its end are checked
    each time.

    Args:
        secrets: The first signs, all verify.
        cookie_name: The cookie's name; a value is good under this name alone.
        max_age: How long a session lives from its beginning.
        idle_timeout: How long one lives from its last use; None: as long as `max_age`.
        is_over: Whether the session of an id, begun at a time, has ended.
        clock: The time now.
    """

    def __init__(
        self,
        secrets: Sequence[str],
        *,
        cookie_name: str,
        max_age: timedelta,
        idle_timeout: timedelta | None,
        is_over: Callable[[str, int], bool],
        clock: Clock,
    ) -> None:
        import itsdangerous

        class Signer(itsdangerous.TimestampSigner):
            def get_timestamp(self) -> int:
                return int(clock())

        # itsdangerous takes the oldest first and signs with the last.
        self._signer = Signer(
            list(reversed(secrets)),
            salt=f"{SALT}.{cookie_name}",
            key_derivation="hmac",
            digest_method=hashlib.sha256,
        )
        self._bad = itsdangerous.BadData
        self._clock = clock
        self._max_age = int(max_age.total_seconds())
        self._idle = None if idle_timeout is None else int(idle_timeout.total_seconds())
        self._kept: Kept[bytes, StoredSession] = Kept()
        self.is_over = is_over

    def read(self, value: bytes) -> StoredSession | None:
        """The session that a cookie's value holds, or None for all that is no live session of ours."""
        stored = self._kept.get(value)
        if stored is None:
            if len(value) > _MAX_COOKIE:
                return None
            stored = self._verify(value)
            if stored is None:
                return None
            self._kept.put(value, stored)
        now = self._clock()
        if now - stored.created_at > self._max_age:
            return None
        if self._idle is not None and now - stored.signed_at > self._idle:
            return None
        return None if self.is_over(stored.id, stored.created_at) else stored

    def write(self, session_id: str, created_at: int, data: bytes) -> tuple[str, int]:
        """The cookie's value and its life in seconds.

        Raises:
            SessionDataError: It is larger than a browser keeps.
        """
        payload = msgspec.json.encode(_Payload(session_id, created_at, msgspec.Raw(data)))
        value = self._signer.sign(base64.urlsafe_b64encode(payload).rstrip(b"=")).decode("ascii")
        if len(value) > _MAX_COOKIE - _ROOM_FOR_ATTRIBUTES:
            raise SessionDataError(
                f"the session takes {len(value)} bytes as a cookie, where browsers keep {_MAX_COOKIE} with "
                "name and attributes: store less in it, such as an id of what a database keeps"
            )
        life = self._max_age - (int(self._clock()) - created_at)
        return value, life if self._idle is None else min(life, self._idle)

    def wants_refresh(self, stored: StoredSession) -> bool:
        """Whether the cookie should be signed anew so that the idle timeout counts from now."""
        return self._idle is not None and self._clock() - stored.signed_at >= min(60, self._idle // 4)

    def _verify(self, value: bytes) -> StoredSession | None:
        if not _SIGNED.fullmatch(value):
            return None
        try:
            body, signed_at = self._signer.unsign(value, return_timestamp=True)
            raw = base64.b64decode(body + b"=" * (-len(body) % 4), altchars=b"-_", validate=True)
            payload = _payload.decode(raw)
            data = bytes(payload.data)
            _object.decode(data)
        except (self._bad, binascii.Error, msgspec.MsgspecError, ValueError, RecursionError):
            return None
        return StoredSession(payload.id, payload.at, data, int(signed_at.timestamp()))
