"""Attacks by what a token is made of: its parts, its letters, its JSON and its claims."""

from __future__ import annotations

import gc
import logging
import time
import tracemalloc
from typing import Any

import pytest

from nexios.auth import SimpleUser
from tests.attacks.forging import GOOD_CLAIMS, GOOD_HEADER, b64, forge, part, sign
from tests.attacks.targets import TokenTarget
from tests.parts import Clock

MEBIBYTE = 1024 * 1024
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
HUGE = {
    "letters": "A" * MEBIBYTE,
    "dots": "." * MEBIBYTE,
    "letters and dots": "A." * (MEBIBYTE // 2),
    "three parts of base64": ".".join([b64(b"0" * (MEBIBYTE // 4))] * 3),
    "a good header, and much behind it": f"{part(GOOD_HEADER)}.{'A' * MEBIBYTE}.{'A' * 43}",
    "a good token, and much behind it": forge() + "A" * MEBIBYTE,
    "a signed token": forge(payload=b'{"id":"7","x":"' + b"0" * MEBIBYTE + b'"}'),
    "blanks": " " * MEBIBYTE,
    "bytes beyond ASCII": "\xff" * MEBIBYTE,
}


@pytest.mark.parametrize("token", HUGE.values(), ids=HUGE.keys())
def test_jwt_parse_01_a_huge_token_is_refused_at_once(target: TokenTarget, token: str) -> None:
    headers = ("authorization", b"Bearer " + token.encode("latin-1"))
    times = []
    for _ in range(5):
        begin = time.perf_counter()
        target.assert_stranger(headers, statuses=(401, 431))
        times.append(time.perf_counter() - begin)
    assert min(times) < 0.05


def test_jwt_parse_01_nothing_of_a_huge_token_is_kept() -> None:
    target = TokenTarget()
    target.takes(forge())
    tracemalloc.start()
    try:
        for number in range(20):
            target.refuses(sign(f"{part(GOOD_HEADER)}.{b64(b'%020d' % number * (MEBIBYTE // 20))}"))
        gc.collect()
        left, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert left < MEBIBYTE


def test_jwt_parse_01_the_longest_token_that_is_read_is_read() -> None:
    target = TokenTarget()
    empty = len(forge(payload=b'{"id":"7","x":""}'))
    room = (16 * 1024 - empty) * 3 // 4
    target.takes(forge(payload=b'{"id":"7","x":"%s"}' % (b"0" * (room - 2))))
    target.refuses(forge(payload=b'{"id":"7","x":"%s"}' % (b"0" * (room + 4))))
    target.takes(_token_of(16 * 1024))
    target.refuses(_token_of(16 * 1024 + 1))


def _token_of(letters: int) -> str:
    """A good token of so many letters."""
    for more in range(4):
        header = {**GOOD_HEADER, "x": "0" * more}
        room = (letters - len(forge(header, b'{"id":"7","x":""}'))) * 3 // 4
        for length in range(room - 2, room + 3):
            token = forge(header, b'{"id":"7","x":"%s"}' % (b"0" * length))
            if len(token) == letters:
                return token
    raise AssertionError("there is none")


NESTED = {"lists": (b"[", b"]"), "objects": (b'{"a":', b"}"), "both": (b'[{"a":', b"}]")}


def _nested(kind: str, depth: int) -> bytes:
    opening, closing = NESTED[kind]
    return opening * depth + (b"" if kind == "lists" else b"1") + closing * depth


@pytest.mark.parametrize("kind", NESTED)
@pytest.mark.parametrize("depth", [100_000, 5_000, 1_000, 300])
def test_jwt_parse_02_a_deeply_nested_payload_is_refused(
    target: TokenTarget, log: pytest.LogCaptureFixture, kind: str, depth: int
) -> None:
    nested = _nested(kind, depth)
    target.refuses(forge(payload=nested))
    target.refuses(forge(payload=b'{"id":' + nested + b"}"))
    target.refuses(forge(payload=b'{"id":"7","x":' + nested + b"}"))
    target.refuses(forge(payload=b'{"id":"7","aud":' + nested + b"}"))
    assert "RecursionError" not in log.text
    assert not [record for record in log.records if record.exc_info]


def test_jwt_parse_02_no_depth_of_a_claim_is_more_than_a_refusal(log: pytest.LogCaptureFixture) -> None:
    target = TokenTarget(kept=0)
    for depth in range(30, 1200, 11):
        target.refuses(forge(payload=b'{"id":' + _nested("lists", depth) + b"}"))
        for name in ("exp", "sub", "iss", "aud"):
            target.refuses(forge(payload=b'{"id":"7","%s":' % name.encode() + _nested("both", depth) + b"}"))
    assert not [record for record in log.records if record.exc_info]


@pytest.mark.parametrize("kind", ["lists", "objects", "both"])
def test_jwt_parse_02_thirty_two_levels_are_taken_and_no_more(kind: str) -> None:
    target = TokenTarget()
    for depth, good in ((29, True), (30, True), (31, True), (32, False), (33, False), (34, False)):
        # One level is the object around it.
        levels = _nested(kind, depth) if kind != "both" else _nested(kind, depth // 2)
        if kind == "both" and depth % 2:
            levels = b"[" + levels + b"]"
        token = forge(payload=b'{"id":"7","x":' + levels + b"}")
        (target.takes if good else target.refuses)(token)


def test_jwt_parse_02_many_things_side_by_side_are_not_deep() -> None:
    for inside in (b"[]", b"{}", b'[{"a":"["}]'):
        payload = b'{"id":"7","x":[' + b",".join([inside] * 100) + b"]}"
        TokenTarget().takes(forge(payload=payload))


def test_jwt_parse_02_a_few_levels_are_taken() -> None:
    TokenTarget().takes(forge(payload={"id": "7", "realm_access": {"roles": [{"name": ["admin"]}]}}))


NOT_UTF_8 = {
    "a byte 0xFF": b'{"id":"7","x":"\xff"}',
    "a byte 0xFF in the identity": b'{"id":"\xff"}',
    "latin-1": '{"id":"Zoë"}'.encode("latin-1"),
    "UTF-16": '{"id":"7"}'.encode("utf-16"),
    "UTF-32": '{"id":"7"}'.encode("utf-32"),
    "an overlong slash": b'{"id":"\xc0\xaf"}',
    "half a surrogate pair": b'{"id":"\xed\xa0\x80"}',
    "half a surrogate pair, escaped": b'{"id":"\\ud800"}',
    "the wrong half first": b'{"id":"\\udc00\\ud800"}',
    "cut off within a letter": b'{"id":"7","x":"\xe2\x82"}',
    "beyond the last letter": b'{"id":"\xf4\x90\x80\x80"}',
    "in the name of a claim": b'{"id":"7","\xff":1}',
    "behind the object": b'{"id":"7"}\xff',
    "a byte order mark": b'\xef\xbb\xbf{"id":"7"}',
    "bytes of no text": bytes(range(256)),
}


@pytest.mark.parametrize("payload", NOT_UTF_8.values(), ids=NOT_UTF_8.keys())
def test_jwt_parse_04_a_payload_that_is_not_utf_8_is_refused(target: TokenTarget, payload: bytes) -> None:
    target.refuses(forge(payload=payload))
    target.takes(forge())


def _token_of_all_letters() -> str:
    """A good token in each part of which base64url differs from base64, and which base64 would pad."""
    for number in range(100_000):
        token = forge({"alg": "HS256", "x": "~~~???"}, {"id": "7", "x": "~~~???~", "n": number})
        parts = token.split(".")
        if all("-" in each and "_" in each for each in parts) and all(len(each) % 4 for each in parts):
            return token
    raise AssertionError("there is none")


SPELLINGS = {
    "padded": lambda text: text + "=" * (-len(text) % 4),
    "padded once": lambda text: text + "=",
    "padded in front": lambda text: "=" + text,
    "padded, percent-encoded": lambda text: text + "%3D",
    "a blank behind": lambda text: text + " ",
    "a blank before": lambda text: " " + text,
    "a blank inside": lambda text: text[:4] + " " + text[4:],
    "a line end behind": lambda text: text + "\n",
    "a line end inside": lambda text: text[:4] + "\n" + text[4:],
    "CRLF inside": lambda text: text[:4] + "\r\n" + text[4:],
    "a tab inside": lambda text: text[:4] + "\t" + text[4:],
    "a NUL behind": lambda text: text + "\0",
    "+ in place of -": lambda text: text.replace("-", "+"),
    "/ in place of _": lambda text: text.replace("_", "/"),
    "both": lambda text: text.replace("-", "+").replace("_", "/"),
    "a star inside": lambda text: text[:4] + "*" + text[4:],
    "a letter too many": lambda text: text + "A",
    "two letters too many": lambda text: text + "AA",
    "four letters too many": lambda text: text + "AAAA",
    "a letter too few": lambda text: text[:-1],
    "a byte beyond ASCII": lambda text: text + "\xe9",
    "in quotes": lambda text: f'"{text}"',
    "a percent sign": lambda text: text.replace("-", "%2D"),
    "the case turned": lambda text: text.swapcase(),
    "backwards": lambda text: text[::-1],
    "a comma behind": lambda text: text + ",",
}


@pytest.mark.parametrize("where", [0, 1, 2], ids=["header", "payload", "signature"])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_jwt_parse_05_another_spelling_of_a_part_is_refused(
    target: TokenTarget, where: int, spelling: str
) -> None:
    if (where, spelling) == (0, "a blank before"):
        return target.takes(f" {_TOKEN}")  # RFC 6750 2.1: one or more blanks after the scheme
    token = _TOKEN
    target.takes(token)
    parts = token.split(".")
    parts[where] = SPELLINGS[spelling](parts[where])
    target.refuses(".".join(parts))
    if where < 2:
        target.refuses(sign(".".join(parts[:2])))


_TOKEN = _token_of_all_letters()


@pytest.mark.parametrize("where", [0, 1, 2], ids=["header", "payload", "signature"])
def test_jwt_parse_05_the_last_letter_has_one_spelling(target: TokenTarget, where: int) -> None:
    parts = _TOKEN.split(".")
    target.takes(_TOKEN)
    for letter in LETTERS:
        changed = [*parts]
        changed[where] = parts[where][:-1] + letter
        if changed != parts:
            target.refuses(".".join(changed))


def test_jwt_parse_05_no_letter_of_a_token_can_be_changed() -> None:
    target = TokenTarget()
    token = forge()
    target.takes(token)
    for place, letter in enumerate(token):
        for other in ("A", "B", "_", ".", "=", " ", "\0"):
            if other != letter:
                target.refuses(token[:place] + other + token[place + 1 :])
    target.takes(token)


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "nan", "inf", "0x10", "1e"]
)
@pytest.mark.parametrize("claim", ["exp", "nbf", "iat", "x"])
def test_jwt_parse_07_a_number_that_is_none_is_refused(target: TokenTarget, claim: str, number: str) -> None:
    target.refuses(forge(payload=b'{"id":"7","%s":%s}' % (claim.encode(), number.encode())))


TIMES_THAT_ARE_NONE: list[Any] = [
    "9999999999",
    "",
    "soon",
    "9999-12-31T23:59:59Z",
    True,
    False,
    None,
    [],
    [9999999999],
    {},
    {"at": 9999999999},
]


@pytest.mark.parametrize("value", TIMES_THAT_ARE_NONE, ids=repr)
@pytest.mark.parametrize("claim", ["exp", "nbf", "iat"])
def test_jwt_parse_08_a_time_that_is_no_number_is_refused(
    target: TokenTarget, claim: str, value: Any
) -> None:
    target.refuses(forge(payload={"id": "7", claim: value}))


@pytest.mark.parametrize("digits", [19, 20, 30, 100, 308, 309, 400, 4_000, 5_000])
@pytest.mark.parametrize("claim", ["exp", "nbf", "iat"])
@pytest.mark.parametrize("sign_", ["", "-"])
def test_jwt_parse_10_a_time_beyond_64_bits_is_refused_or_far_away(
    target: TokenTarget, log: pytest.LogCaptureFixture, claim: str, sign_: str, digits: int
) -> None:
    token = forge(payload=b'{"id":"7","%s":%s%s}' % (claim.encode(), sign_.encode(), b"9" * digits))
    holds = (sign_ == "") == (claim == "exp")
    if holds and digits <= 308:
        target.takes(token)
    else:
        target.refuses(token)
    assert not [record for record in log.records if record.exc_info]


@pytest.mark.parametrize("value", ["9" * 20, "9" * 400, "-" + "9" * 400, "9" * 5000, "18446744073709551616"])
def test_jwt_parse_10_an_identity_beyond_64_bits_is_refused(target: TokenTarget, value: str) -> None:
    target.refuses(forge(payload=b'{"id":%s}' % value.encode()))


@pytest.mark.parametrize("ahead", [1, 60, 3600, 10**9, 0.5, 1e18])
@pytest.mark.parametrize("claim", ["nbf", "iat"])
def test_jwt_parse_11_a_token_of_the_future_is_refused(
    kept: int, clock: Clock, claim: str, ahead: float
) -> None:
    target = TokenTarget(kept=kept, clock=clock)
    token = forge(payload={"id": "7", claim: clock.now + ahead})
    target.refuses(token)
    if ahead < 10**9:
        clock.turn(seconds=ahead)
        target.takes(token)
        clock.turn(seconds=-ahead)
        target.refuses(token)


@pytest.mark.parametrize("value", ["soon", "1700000000", None, True, [0], {"at": 0}], ids=repr)
def test_jwt_parse_11_a_not_before_that_is_no_number_is_refused(target: TokenTarget, value: Any) -> None:
    target.refuses(forge(payload={"id": "7", "nbf": value}))


STRANGE_AUDIENCES: list[Any] = [
    "API",
    "api-evil",
    "ap",
    "api ",
    " api",
    "api\0",
    "api,web",
    "",
    ["web"],
    [],
    [["api"]],
    ["api", 1],
    ["api", None],
    [{"api": 1}],
    {"api": 1},
    None,
    True,
    1,
    "\uff41pi",
    list("api"),
]


@pytest.mark.parametrize("audience", STRANGE_AUDIENCES, ids=ascii)
def test_jwt_parse_13_a_token_for_somebody_else_is_refused(kept: int, audience: Any) -> None:
    for settings in ({"jwt_audience": "api"}, {"jwt_audience": ["api", "api.example"]}):
        target = TokenTarget(kept=kept, **settings)
        target.refuses(forge(payload={"id": "7", "aud": audience}))
        target.refuses(forge(payload={"id": "7"}))
        target.takes(forge(payload={"id": "7", "aud": "api"}))
        target.takes(forge(payload={"id": "7", "aud": ["web", "api"]}))


@pytest.mark.parametrize("audience", ["api", "", [], ["api"], None, 5, {}], ids=repr)
def test_jwt_parse_13_a_token_for_somebody_is_refused_where_nobody_says_who_we_are(
    target: TokenTarget, audience: Any
) -> None:
    target.refuses(forge(payload={"id": "7", "aud": audience}))


STRANGE_ISSUERS: list[Any] = [
    "https://idp.evil",
    "https://id",
    "https://idp/",
    "https://idp ",
    "https://IDP",
    "http://idp",
    "https://idp#",
    "https://idp\0",
    "",
    ["https://idp"],
    {"https://idp": 1},
    None,
    True,
    0,
]


@pytest.mark.parametrize("issuer", STRANGE_ISSUERS, ids=repr)
def test_jwt_parse_14_a_token_of_another_issuer_is_refused(kept: int, issuer: Any) -> None:
    for settings in ({"jwt_issuer": "https://idp"}, {"jwt_issuer": ["https://idp", "https://other"]}):
        target = TokenTarget(kept=kept, **settings)
        target.refuses(forge(payload={"id": "7", "iss": issuer}))
        target.refuses(forge(payload={"id": "7"}))
        target.takes(forge(payload={"id": "7", "iss": "https://idp"}))


STRANGE_IDENTITIES = {
    "a NUL": "7\0",
    "a line end": "7\nGET /admin",
    "CRLF and a header": "7\r\nSet-Cookie: admin=1",
    "an escape": "7\x1b[2J",
    "turned around": "7\u202etxt.exe",
    "invisible": "\u200b",
    "10,000 letters": "x" * 10_000,
    "a blank": " ",
    "SQL": "7' OR '1'='1",
    "a format": "%s%n{0}{secret_key}",
    "beyond the plane": "\U0001f511",
    "composed": "Zoe\u0308",
}


@pytest.mark.parametrize("identity", STRANGE_IDENTITIES.values(), ids=STRANGE_IDENTITIES.keys())
def test_jwt_parse_16_a_strange_identity_is_passed_unchanged_and_to_no_log_or_header(
    kept: int, log: pytest.LogCaptureFixture, identity: str
) -> None:
    asked: list[str] = []

    class User(SimpleUser):
        @classmethod
        async def load_user(cls, identity: str) -> None:
            asked.append(identity)

    target = TokenTarget(kept=kept, user_model=User)
    for _ in range(2):
        answer = target.assert_stranger(("authorization", f"Bearer {forge(payload={'id': identity})}"))
        for _, value in answer.headers:
            assert identity.encode() not in value or identity == " "
        assert identity.encode() not in answer.body or identity == " "
    assert asked == [identity, identity]
    for record in log.records:
        if record.name.startswith("nexios"):
            assert identity not in record.getMessage() or identity == " "
            assert record.levelno < logging.ERROR


def test_jwt_parse_16_an_identity_of_100_000_letters_is_refused(target: TokenTarget) -> None:
    target.refuses(forge(payload={"id": "x" * 100_000}))


STRANGE_IDENTITY_TYPES: list[Any] = ["", None, True, False, 7.0, 1e3, [], ["7"], {}, {"id": "7"}]


@pytest.mark.parametrize("identity", STRANGE_IDENTITY_TYPES, ids=repr)
def test_jwt_parse_16_an_identity_that_is_no_text_is_refused(target: TokenTarget, identity: Any) -> None:
    target.refuses(forge(payload={"id": identity}))
    target.refuses(forge(payload={"ID": "7", "Id": "7", "id ": "7"}))


PAYLOADS_THAT_ARE_NONE = {
    "nothing": b"",
    "an empty object": b"{}",
    "a list": b'["id","7"]',
    "a list of pairs": b'[["id","7"]]',
    "a text": b'"7"',
    "a number": b"7",
    "null": b"null",
    "true": b"true",
    "blanks": b"   ",
    "a form": b"id=7",
    "cut off": b'{"id":"7"',
    "with more behind": b'{"id":"7"}{"id":"8"}',
    "with single quotes": b"{'id':'7'}",
    "with a comment": b'{"id":"7"/* */}',
    "with a comma too many": b'{"id":"7",}',
    "with a name that is no text": b'{7:"7"}',
    "with a line end in a text": b'{"id":"7\n"}',
    "pickled": b"\x80\x04\x95\x0c\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x02id\x94\x8c\x017\x94s.",
    "msgpack": b"\x81\xa2id\xa17",
}


@pytest.mark.parametrize("payload", PAYLOADS_THAT_ARE_NONE.values(), ids=PAYLOADS_THAT_ARE_NONE.keys())
def test_jwt_parse_17_a_payload_that_claims_nothing_is_refused(target: TokenTarget, payload: bytes) -> None:
    target.refuses(forge(payload=payload))


@pytest.mark.parametrize("payload", [{"sub": 7}, {"sub": None}, {"jti": 7}, {"jti": ["x"]}], ids=repr)
def test_jwt_parse_17_a_registered_claim_of_another_type_is_refused(
    target: TokenTarget, payload: dict[str, Any]
) -> None:
    target.refuses(forge(payload=GOOD_CLAIMS | payload))


def test_jwt_parse_19_a_token_of_another_number_of_parts_is_refused(target: TokenTarget) -> None:
    good = forge()
    header, payload, signature = good.split(".")
    target.takes(good)
    for token in (
        "",
        ".",
        "..",
        "...",
        "." * 1000,
        header,
        f"{header}.",
        f"{header}.{payload}",
        f"{header}.{payload}.",
        f"{header}..{signature}",
        f".{payload}.{signature}",
        f"..{signature}",
        f".{good}",
        f"{good}.",
        f".{good}.",
        f"..{good}",
        f"{good}..",
        f"{good}.{signature}",
        f"{header}.{good}",
        f"{good}.{good}",
        f"{good},{good}",
        f"{good} {good}",
        f"{good};{good}",
        f"{header}.{payload}.{signature}.{header}.{payload}",
        good.replace(".", "\u00b7".encode().decode("latin-1")),
        good.replace(".", ","),
        good.replace(".", "%2e"),
        f"{signature}.{payload}.{header}",
        f"{payload}.{header}.{signature}",
        sign(f"{header}.{payload}.{signature}"),
        sign(f".{header}.{payload}"),
        sign(f"{header}.{payload}."),
        sign(header),
        sign("."),
        sign(""),
    ):
        target.refuses(token)
    target.takes(good)


def test_jwt_parse_19_a_token_as_json_is_refused(target: TokenTarget) -> None:
    header, payload, signature = forge().split(".")
    target.refuses(f'{{"protected":"{header}","payload":"{payload}","signature":"{signature}"}}')
    target.refuses(
        f'{{"payload":"{payload}","signatures":[{{"protected":"{header}","signature":"{signature}"}}]}}'
    )
