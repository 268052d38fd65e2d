"""base64url has one spelling for each value (RFC 7515 2, RFC 4648 3.5)."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.tokens.base64url import decode_base64url, encode_base64url

ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@given(st.binary(max_size=100))
def test_what_was_encoded_comes_back(data: bytes) -> None:
    text = encode_base64url(data)
    assert decode_base64url(text) == data
    assert set(text) <= set(ALPHABET)
    assert text == base64.urlsafe_b64encode(data).rstrip(b"=")


@given(st.binary(max_size=60) | st.text("AQgw-_=+/ \n", max_size=9).map(str.encode))
def test_whatever_decodes_is_the_one_spelling_of_its_value(text: bytes) -> None:
    try:
        data = decode_base64url(text)
    except ValueError:
        return
    assert encode_base64url(data) == text


@given(st.binary(min_size=1, max_size=40), st.data())
def test_no_letter_can_be_changed_without_changing_the_value(data: bytes, more: st.DataObject) -> None:
    text = encode_base64url(data)
    place = more.draw(st.integers(0, len(text) - 1))
    other = more.draw(st.integers(0, 255))
    changed = text[:place] + bytes([other]) + text[place + 1 :]
    try:
        assert (decode_base64url(changed) == data) == (changed == text)
    except ValueError:
        assert changed != text


@pytest.mark.parametrize(
    "text",
    [
        b"A",
        b"AAAAA",
        b"AA=",
        b"AA==",
        b"AAA=",
        b"AAAA=",
        b"=",
        b"==",
        b"A=A",
        b" AA",
        b"AA ",
        b"A A",
        b"AA\n",
        b"AA\r\n",
        b"AA\0",
        b"A+",
        b"A/",
        b"++++",
        b"////",
        b"AB",
        b"A_",
        b"AAB",
        b"!!!!",
        b"\xff\xff\xff\xff",
        b"AA\xc3\xa9",
        b"AAA.",
        b"AA%3D",
    ],
)
def test_what_is_not_base64url_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"base64|padding|Padding"):
        decode_base64url(text)


def test_nothing_is_the_spelling_of_nothing() -> None:
    assert decode_base64url(b"") == b""
    assert encode_base64url(b"") == b""
