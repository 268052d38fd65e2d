"""Attacks on API keys: guessed, changed, misspelt, misplaced."""

from __future__ import annotations

import collections
import logging
import math
import zlib
from typing import Any

import pytest

from nexios import NexiosApp
from nexios.apikeys import format as key_format
from nexios.auth import AuthenticationMiddleware, SimpleUser, auth
from nexios.auth.backends.apikey import APIKeyAuthBackend, create_api_key, verify_key
from nexios.exceptions import ConfigError
from tests.attacks.asking import Header, ask
from tests.attacks.targets import KeyTarget

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def target() -> KeyTarget:
    """A route guarded by `@auth(scope="apikey")`."""
    return KeyTarget()


def with_checksum(start: str) -> str:
    """A key of the right form whose random part somebody chose, as anyone can compute it."""
    return f"{start}{zlib.crc32(start.encode()):08x}"


def test_apikey_01_no_character_of_a_key_can_be_changed(target: KeyTarget) -> None:
    target.takes(target.key)
    for place, letter in enumerate(target.key):
        for other in ("0", "a", "A", "_", "-", ".", " ", "\0", "\xe9"):
            if other != letter:
                changed = target.key[:place] + other + target.key[place + 1 :]
                if changed.strip(" ") != target.key:
                    target.refuses(changed)
    target.takes(target.key)
    assert set(target.looked_up) == {target.key}


def test_apikey_01_neither_longer_nor_shorter_nor_turned(target: KeyTarget) -> None:
    key = target.key
    for other in (
        key[:-1],
        key[1:],
        key + "0",
        key + key[-1],
        "k" + key,
        key + key,
        key.upper(),
        key.lower(),
        key.swapcase(),
        key[::-1],
        key.replace("_", "-"),
        key.replace("_", "__"),
        key.replace("_", ""),
        key[:4] + key[5:] + key[4],
    ):
        target.refuses(other)


def test_apikey_02_a_key_that_was_never_issued_is_refused(target: KeyTarget) -> None:
    forged = [with_checksum("key_" + letter * 43) for letter in LETTERS]
    forged += [create_api_key()[0] for _ in range(20)]
    for key in forged:
        assert key_format.has_key_form(key, "key")
        target.refuses(key)
    assert target.looked_up == forged
    target.takes(target.key)


LOOK_ALIKES = {
    "full-width letters": lambda key: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in key),
    "a full-width underline": lambda key: key.replace("_", "\uff3f"),
    "a Cyrillic letter": lambda key: key.replace("e", "\u0435", 1),
    "a Greek letter": lambda key: key.replace("k", "\u03ba", 1),
    "the Kelvin sign": lambda key: key.replace("k", "\u212a", 1),
    "a combining mark": lambda key: key[:6] + "\u0301" + key[6:],
    "a soft hyphen": lambda key: key[:6] + "\xad" + key[6:],
    "a zero-width space": lambda key: key[:6] + "\u200b" + key[6:],
    "a byte order mark": lambda key: "\ufeff" + key,
    "Arabic digits": lambda key: (
        "".join(chr(0x0660 + int(c)) if c.isdigit() else c for c in key + "1")[:-1] + "\u0661"
    ),
    "mathematical letters": lambda key: "\U0001d424" + key[1:],
    "a turned direction": lambda key: "\u202e" + key[::-1],
    "a long s": lambda key: key[:6] + "\u017f" + key[7:],
}


@pytest.mark.parametrize("look_alike", LOOK_ALIKES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-7", "latin-1"])
def test_apikey_04_letters_that_look_alike_are_others(
    target: KeyTarget, look_alike: str, encoding: str
) -> None:
    changed = LOOK_ALIKES[look_alike](target.key)
    assert changed != target.key
    target.refuses(changed.encode(encoding, "replace"))
    assert verify_key(changed, key_format.hash_key(target.key)) is False
    assert target.looked_up == []


BLANKS = [
    " ",
    "\t",
    "\0",
    "\r",
    "\n",
    "\r\n",
    "\x0b",
    "\x0c",
    "\x7f",
    "\x85",
    "\xa0",
    "\x1f",
    "\r\nX-API-Key: ",
]


@pytest.mark.parametrize("blank", BLANKS, ids=ascii)
def test_apikey_05_blanks_and_control_characters_are_refused(target: KeyTarget, blank: str) -> None:
    for changed in (blank + target.key, target.key + blank, target.key[:9] + blank + target.key[9:], blank):
        target.refuses(changed.encode("latin-1"), statuses=(400, 401))
    assert target.looked_up == []


@pytest.mark.parametrize("blank", BLANKS, ids=ascii)
def test_apikey_05_verify_key_refuses_them_too(blank: str) -> None:
    key, stored = create_api_key()
    for changed in (blank + key, key + blank, key[:9] + blank + key[9:]):
        assert verify_key(changed, stored) is False
        assert verify_key(key, blank + stored) is False
        assert verify_key(key, stored + blank) is False


def test_apikey_07_a_key_elsewhere_than_in_its_header_is_none(target: KeyTarget) -> None:
    key = target.key.encode()
    for how in (
        {"query": b"X-API-Key=" + key},
        {"query": b"api_key=" + key + b"&apikey=" + key + b"&key=" + key},
        {"method": "POST", "body": b"X-API-Key=" + key},
        {"method": "POST", "body": b'{"X-API-Key":"' + key + b'"}'},
    ):
        target.assert_stranger(**how)
    for header in (
        ("cookie", b"X-API-Key=" + key),
        ("cookie", b"apikey=" + key + b"; key=" + key),
        ("authorization", b"ApiKey " + key),
        ("authorization", b"Bearer " + key),
        ("authorization", key),
        ("x_api_key", key),
        ("x-apikey", key),
        ("api-key", key),
        ("x-api-key ", key),
        ("x-forwarded-x-api-key", key),
        ("proxy-authorization", key),
    ):
        target.assert_stranger(header)
    assert target.looked_up == []


def test_apikey_07_a_key_that_comes_twice_is_refused(target: KeyTarget) -> None:
    good: Header = ("x-api-key", target.key)
    for bad in ("key_x", "", target.key, create_api_key()[0]):
        target.assert_stranger(good, ("x-api-key", bad))
        target.assert_stranger(("x-api-key", bad), good)
        target.assert_stranger(("x-api-key", f"{target.key}, {bad}"))
        target.assert_stranger(("x-api-key", f"{bad},{target.key}"))
    assert target.looked_up == []


def test_apikey_07_in_authorization_a_key_stands_alone_or_after_its_scheme() -> None:
    target = KeyTarget(header_name="Authorization")
    for good in ("{}", "Bearer {}", "ApiKey {}", "apikey {}", "BEARER  {}"):
        target.takes(good.format(target.key))
    for bad in (
        "Basic {}",
        "Token {}",
        "Bearer Bearer {}",
        "ApiKey Bearer {}",
        "Bearer{}",
        "Bearer\t{}",
        "Bearer {} x",
        "key {}",
    ):
        target.refuses(bad.format(target.key))
    target.assert_stranger(("x-api-key", target.key))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("key", "key2"),
        ("key", "ke"),
        ("key", "KEY"),
        ("key", "key_live"),
        ("key", "live_key"),
        ("ke", "key"),
        ("acme_live", "acme"),
        ("acme_live", "acme_test"),
        ("acme_live", "acme_live_eu"),
        ("acme", "acme_live"),
        ("k", "key"),
    ],
)
def test_apikey_08_a_key_of_another_prefix_is_refused(ours: str, theirs: str) -> None:
    target = KeyTarget(prefix=ours)
    target.takes(target.key)
    for key in (create_api_key(theirs)[0], with_checksum(f"{theirs}_{'a' * 43}")):
        target.refuses(key)
    assert target.looked_up == [target.key]


@pytest.mark.parametrize("start", ["key", "key_", "key__", "_", "key" * 20, "key_" * 20, "_key_", "key_key_"])
def test_apikey_08_a_prefix_alone_is_no_key(target: KeyTarget, start: str) -> None:
    target.refuses(start)
    target.refuses(start + target.key)
    target.refuses(with_checksum(start))
    assert target.looked_up == []


@pytest.mark.parametrize(
    "prefix",
    [
        "",
        "_",
        "key_",
        "_key",
        "key__live",
        "7up",
        "k\u00e9y",
        "key-live",
        "key live",
        "key\n",
        "k" * 33,
        None,
        7,
        b"key",
        ["key"],
    ],
    ids=repr,
)
def test_apikey_08_a_prefix_that_could_be_mistaken_is_an_error(prefix: Any) -> None:
    with pytest.raises(ValueError, match="prefix"):
        create_api_key(prefix)
    with pytest.raises(ConfigError, match="prefix"):
        APIKeyAuthBackend(prefix=prefix)


def _hashes(stored: str, key: str) -> list[Any]:
    return [
        "",
        None,
        7,
        0,
        True,
        stored.encode(),
        bytearray(stored.encode()),
        "0" * 64,
        "f" * 64,
        key,
        stored + " ",
        " " + stored,
        stored + "\n",
        stored + "\0",
        stored.upper(),
        stored[:-1],
        stored + "0",
        "sha256:" + stored,
        "$" + stored,
        stored.replace("a", "\u0430").replace("e", "\u0435") + "\u200b",
        "\ud800" * 64,
        "\uff10" * 64,
        [stored],
        {stored: stored},
        (stored,),
        object(),
        float("nan"),
    ]


@pytest.mark.parametrize("which", range(27))
def test_apikey_10_a_stored_hash_that_is_none_matches_no_key(which: int) -> None:
    key, stored = create_api_key()
    assert verify_key(key, stored) is True
    other = _hashes(stored, key)[which]
    assert verify_key(key, other) is False
    assert verify_key(other, other) is False
    assert verify_key(stored, other) is False


@pytest.mark.parametrize(
    "key",
    [
        None,
        b"key_abc",
        0,
        True,
        "",
        "x" * 10_000_000,
        "key_" + "x" * 10_000_000,
        "k" * 10_000_000 + "_" + "x" * 51,
        "_" * 10_000_000,
        "\ud800",
        "key_" + "\udfff" * 51,
        "key_" + "\0" * 51,
        ["key"],
        object(),
    ],
    ids=lambda key: ascii(key)[:20],
)
def test_apikey_11_a_key_that_is_none_is_false_and_raises_nothing(key: Any) -> None:
    assert verify_key(key, create_api_key()[1]) is False
    assert verify_key(key, "0" * 64) is False
    assert verify_key(key, key) is False


def test_apikey_11_bytes_of_a_good_key_are_no_key() -> None:
    key, stored = create_api_key()
    for other in (key.encode(), bytearray(key.encode()), memoryview(key.encode()), [key], (key,)):
        assert verify_key(other, stored) is False


def test_apikey_13_100_000_keys_are_unlike_each_other_and_even(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [create_api_key()[0] for _ in range(100_000)]
    assert len(set(keys)) == len(keys)
    starts = {key[4:16] for key in keys}
    assert len(starts) == len(keys)
    places = [collections.Counter(key[place] for key in keys) for place in range(4, 47)]
    expected = len(keys) / len(LETTERS)
    for counts in places:
        assert set(counts) == set(LETTERS)
        # Chi-square with 61 degrees of freedom; beyond 160 chance comes once in a thousand million.
        assert sum((counts[letter] - expected) ** 2 / expected for letter in LETTERS) < 160
    assert len(places) * math.log2(len(LETTERS)) >= 256


def test_apikey_13_the_randomness_is_that_of_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def choice(letters: str) -> str:
        asked.append(letters)
        return letters[7]

    monkeypatch.setattr(key_format.secrets, "choice", choice)
    key, _ = create_api_key()
    assert key.startswith("key_" + "7" * 43)
    assert asked == [LETTERS] * 43


class Impostor:
    identity = "7"
    is_authenticated = True


class NotKnown(SimpleUser):
    is_authenticated = False


class KnownInWords(SimpleUser):
    is_authenticated = "yes"


@pytest.mark.parametrize(
    ("answered", "status"),
    [
        (None, 401),
        (NotKnown("7"), 401),
        (KnownInWords("7"), 401),
        (Impostor(), 503),
        (SimpleUser("7"), 503),
        ({"identity": "7"}, 503),
        (True, 503),
        ("7", 503),
        (SimpleUser, 503),
        (ValueError("not today"), 503),
        (KeyError("7"), 503),
        (RecursionError(), 503),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_apikey_14_load_user_lets_nobody_in_but_a_user(
    log: pytest.LogCaptureFixture, answered: Any, status: int
) -> None:
    ran: list[str] = []

    class User(SimpleUser):
        @classmethod
        async def load_user(cls, identity: str) -> Any:
            if isinstance(answered, Exception):
                raise answered
            if isinstance(answered, (NotKnown, KnownInWords)):
                user = cls("7")
                user.is_authenticated = answered.is_authenticated
                return user
            return answered

    app = NexiosApp()
    app.add_middleware(AuthenticationMiddleware(user_model=User, backend=APIKeyAuthBackend()))

    @app.get("/guarded")
    @auth(scope="apikey")
    async def guarded(request: Any, response: Any) -> str:
        ran.append(request.user.identity)
        return "in"

    @app.get("/open")
    async def open_to_all(request: Any, response: Any) -> str:
        return f"{bool(request.user)} {request.scope['auth']}"

    key, _ = create_api_key()
    answer = ask(app, "/guarded", headers=[("x-api-key", key)])
    assert (answer.status, ran) == (status, [])
    assert ask(app, "/open", headers=[("x-api-key", key)]).body == b"False None"
    if answered is not None:
        assert [record for record in log.records if record.levelno >= logging.WARNING]
    assert key not in log.text
    assert b"not today" not in answer.body


def test_apikey_14_a_backend_that_hands_the_key_on_wants_a_user_model_that_looks_it_up() -> None:
    class Renamed(SimpleUser):
        pass

    for model in (SimpleUser, Renamed):
        with pytest.raises(ConfigError, match="load_user"):
            AuthenticationMiddleware(user_model=model, backend=APIKeyAuthBackend())
