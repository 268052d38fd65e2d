"""base64url as tokens use it: no padding, nothing else beside, one spelling for each value (RFC 7515 2)."""

from __future__ import annotations

import binascii

__all__ = ["decode_base64url", "encode_base64url"]

# What belongs to plain base64 alone becomes a letter that strict decoding refuses.
_TO_PLAIN = bytes.maketrans(b"-_+/=", b"+/!!!")
_TO_URL = bytes.maketrans(b"+/", b"-_")
_PADDING = {0: b"", 2: b"==", 3: b"="}
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
# RFC 4648 3.5: the unused bits of the last letter are zero, or one signature would have several spellings.
_LAST = {0: frozenset(_LETTERS), 2: frozenset(_LETTERS[::16]), 3: frozenset(_LETTERS[::4])}


def decode_base64url(text: bytes) -> bytes:
    """The bytes that `text` spells.

    Raises:
        ValueError: It is not base64url, padded, or not the one spelling of its value.
    """
    if not text:
        return b""
    rest = len(text) % 4
    if rest == 1 or text[-1] not in _LAST[rest]:
        raise ValueError("not base64url")
    return binascii.a2b_base64(text.translate(_TO_PLAIN) + _PADDING[rest], strict_mode=True)


def encode_base64url(data: bytes) -> bytes:
    """`data` in base64url."""
    return binascii.b2a_base64(data, newline=False).translate(_TO_URL).rstrip(b"=")
