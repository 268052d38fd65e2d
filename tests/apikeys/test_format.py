"""The form of an API key: a prefix, random letters, and a checksum that anybody can check offline."""

from __future__ import annotations

import hashlib
import re
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.apikeys.format import check_prefix, create_api_key, has_key_form, hash_key, verify_key

PREFIX = r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*"
prefixes = st.from_regex(PREFIX, fullmatch=True).filter(lambda text: len(text) <= 32)
anything = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.lists(st.text(), max_size=2)
    | st.dictionaries(st.text(), st.text(), max_size=2)
    | st.text("0123456789abcdef", min_size=64, max_size=64)
    | st.from_regex(r"\Akey_[0-9A-Za-z]{43}[0-9a-f]{8}\Z")
    | st.text(st.characters(categories=["Cs", "Lu", "Nd"]), max_size=70)
    | st.builds(object)
)


def test_a_key_has_a_prefix_43_letters_and_a_checksum() -> None:
    key, stored = create_api_key()
    match = re.fullmatch(r"(key_[0-9A-Za-z]{43})([0-9a-f]{8})", key)
    assert match is not None
    assert match[2] == f"{zlib.crc32(match[1].encode()):08x}"
    assert stored == hash_key(key) == hashlib.sha256(key.encode()).hexdigest()
    assert key not in stored


@given(prefixes)
def test_a_key_of_any_prefix_verifies_and_has_the_form_of_that_prefix_alone(prefix: str) -> None:
    key, stored = create_api_key(prefix)
    assert key.startswith(f"{prefix}_")
    assert verify_key(key, stored) is True
    assert has_key_form(key) is True
    assert has_key_form(key, prefix) is True
    for other in (prefix + "x", prefix[:-1], prefix.swapcase(), f"{prefix}_x", "", "_"):
        assert has_key_form(key, other) is (other == prefix)


@given(anything, anything)
def test_verify_key_never_raises(key: Any, stored: Any) -> None:
    expected = (
        isinstance(key, str)
        and isinstance(stored, str)
        and bool(re.fullmatch(rf"{PREFIX}_[0-9A-Za-z]{{43}}[0-9a-f]{{8}}", key))
        and f"{zlib.crc32(key[:-8].encode()):08x}" == key[-8:]
        and hashlib.sha256(key.encode()).hexdigest() == stored
    )
    assert verify_key(key, stored) is expected


@given(st.integers(0, 54), st.characters())
def test_one_letter_that_is_wrong_is_found_without_a_look_up(place: int, letter: str) -> None:
    key, stored = create_api_key()
    changed = key[:place] + letter + key[place + 1 :]
    assert has_key_form(changed) is (changed == key)
    assert verify_key(changed, stored) is (changed == key)


@pytest.mark.parametrize(("letters", "is_one"), [(1, True), (32, True), (33, False), (34, False)])
def test_a_key_with_a_longer_prefix_than_any_is_none(letters: int, is_one: bool) -> None:
    start = "x" * letters + "_" + "7" * 43
    key = f"{start}{zlib.crc32(start.encode()):08x}"
    assert has_key_form(key) is is_one
    assert verify_key(key, hash_key(key)) is is_one


@given(st.integers(4, 53))
def test_two_letters_in_the_wrong_order_are_found(place: int) -> None:
    key, _ = create_api_key()
    turned = key[:place] + key[place + 1] + key[place] + key[place + 2 :]
    assert has_key_form(turned) is (turned == key)


def test_keys_of_others_do_not_verify() -> None:
    made = [create_api_key() for _ in range(20)]
    for number, (key, _) in enumerate(made):
        for other, (_, stored) in enumerate(made):
            assert verify_key(key, stored) is (number == other)


@pytest.mark.parametrize("prefix", ["k", "key", "acme_live", "a1_b2_c3", "K", "x" * 32, "a_1"])
def test_a_prefix_is_letters_digits_and_single_underscores(prefix: str) -> None:
    assert check_prefix(prefix) == prefix
    assert has_key_form(create_api_key(prefix)[0], prefix)


@pytest.mark.parametrize(
    "prefix",
    [
        "",
        "_",
        "1",
        "1a",
        "a_",
        "_a",
        "a__b",
        "a-b",
        "a b",
        "a\n",
        "\u00e9",
        "x" * 33,
        None,
        7,
        b"key",
        ["key"],
    ],
    ids=repr,
)
def test_anything_else_is_no_prefix(prefix: Any) -> None:
    with pytest.raises(ValueError, match="a prefix begins with a letter"):
        check_prefix(prefix)
    with pytest.raises(ValueError, match="a prefix begins with a letter"):
        create_api_key(prefix)
