"""Attacks by a token's header: who chooses the algorithm, the key and the kind of token?"""

from __future__ import annotations

import socket
import tracemalloc
import zlib
from typing import Any

import jwt
import pytest

from nexios.auth.backends.jwt import decode_jwt
from nexios.config import MakeConfig
from nexios.exceptions import ConfigError
from tests.attacks.forging import GOOD_CLAIMS, GOOD_HEADER, b64, forge, part, sign
from tests.attacks.keys import (
    certificate,
    ec_key,
    jwk,
    public_der,
    public_pem,
    public_ssh,
    rsa_key,
)
from tests.attacks.targets import TokenTarget
from tests.parts import OTHER_SECRET, SECRET

NONES = [
    "none",
    "None",
    "NONE",
    "nOnE",
    "nonE",
    " none",
    "none ",
    "none\x00",
    "\uff4e\uff4f\uff4e\uff45",
    "non\u200be",
    "",
]
NO_ALGORITHMS: list[Any] = [None, 0, False, True, [], ["none"], ["HS256"], {}, {"alg": "HS256"}, 256]
SPELLINGS = [
    "hs256",
    "Hs256",
    "HS256 ",
    "HS-256",
    "HS2560",
    "HMAC",
    "sha256",
    "HS256\n",
    "dir",
    "ES256K",
    "RS1",
]


@pytest.mark.parametrize("algorithm", NONES, ids=ascii)
def test_jwt_header_01_a_token_without_a_signature_is_refused(target: TokenTarget, algorithm: str) -> None:
    unsigned = f"{part({'typ': 'JWT', 'alg': algorithm})}.{part(GOOD_CLAIMS)}"
    target.refuses(f"{unsigned}.")
    target.refuses(unsigned)
    target.refuses(f"{unsigned}.{b64(b'')}=")
    target.refuses(f"{unsigned}.AA")
    target.takes(forge())


@pytest.mark.parametrize("algorithm", NO_ALGORITHMS, ids=repr)
def test_jwt_header_01_a_token_whose_alg_is_no_text_is_refused(target: TokenTarget, algorithm: Any) -> None:
    target.refuses(f"{part({'typ': 'JWT', 'alg': algorithm})}.{part(GOOD_CLAIMS)}.")
    target.refuses(forge({"typ": "JWT", "alg": algorithm}))


def test_jwt_header_01_a_token_without_alg_is_refused(target: TokenTarget) -> None:
    target.refuses(forge({"typ": "JWT"}))
    target.refuses(forge({}))
    target.refuses(forge({"typ": "JWT", "ALG": "HS256", "Alg": "HS256"}))


def test_jwt_header_01_nobody_can_allow_none() -> None:
    for name in ("none", "None", "NONE"):
        with pytest.raises(ConfigError, match="not an algorithm that is accepted"):
            MakeConfig(secret_key=SECRET, jwt_algorithms=[name])
        with pytest.raises(ConfigError, match="not an algorithm that is accepted"):
            decode_jwt(f"{part({'alg': name})}.{part(GOOD_CLAIMS)}.", SECRET, algorithms=[name])


@pytest.mark.parametrize("algorithm", [*NONES, *SPELLINGS], ids=ascii)
def test_jwt_header_02_none_with_the_signature_of_hs256_is_refused(
    target: TokenTarget, algorithm: str
) -> None:
    target.refuses(forge({"typ": "JWT", "alg": algorithm}))
    _, _, good_signature = forge().split(".")
    target.refuses(f"{part({'typ': 'JWT', 'alg': algorithm})}.{part(GOOD_CLAIMS)}.{good_signature}")
    target.takes(forge())


@pytest.mark.parametrize("digest", ["HS384", "HS512"])
def test_jwt_header_02_another_hmac_than_the_one_allowed_is_refused(target: TokenTarget, digest: str) -> None:
    target.refuses(forge({"typ": "JWT", "alg": digest}, digest=digest))
    target.refuses(forge({"typ": "JWT", "alg": "HS256"}, digest=digest))


def _texts_of(pem: str) -> dict[str, bytes]:
    """What a forger may take for the secret who has a public key."""
    lines = pem.strip().splitlines()
    return {
        "as it is": pem.encode(),
        "stripped": pem.strip().encode(),
        "with CRLF": pem.replace("\n", "\r\n").encode(),
        "without line ends": pem.replace("\n", "").encode(),
        "with a NUL": pem.encode() + b"\0",
        "base64 alone": "".join(lines[1:-1]).encode(),
        "base64 in lines": "\n".join(lines[1:-1]).encode(),
    }


PEM_TEXTS = list(_texts_of("-\n-\n-"))


@pytest.mark.parametrize("digest", ["HS256", "HS384", "HS512"])
@pytest.mark.parametrize("form", PEM_TEXTS)
def test_jwt_header_04_a_public_rsa_key_is_no_secret(kept: int, form: str, digest: str) -> None:
    pem = public_pem(rsa_key())
    forged = forge({"alg": digest}, secret=_texts_of(pem)[form], digest=digest)
    only_rsa = TokenTarget(kept=kept, jwt_algorithms=["RS256"], jwt_key=pem)
    only_rsa.takes(jwt.encode(GOOD_CLAIMS, rsa_key(), "RS256"))
    only_rsa.refuses(forged)
    both = TokenTarget(kept=kept, jwt_algorithms=["RS256", "HS256", "HS384", "HS512"], jwt_key=pem)
    both.takes(jwt.encode(GOOD_CLAIMS, rsa_key(), "RS256"))
    both.takes(forge())
    both.refuses(forged)


@pytest.mark.parametrize(
    "before", ["\ufeff", "subject=CN = api.example\n", "a public key:\n\n", "#\r\n"], ids=ascii
)
def test_jwt_header_04_a_public_key_with_words_before_it_is_no_secret(kept: int, before: str) -> None:
    text = before + public_pem(rsa_key())
    try:
        target = TokenTarget(kept=kept, jwt_algorithms=["RS256", "HS256"], jwt_key=text)
        target.takes(jwt.encode(GOOD_CLAIMS, rsa_key(), "RS256"))
    except ConfigError:
        return
    target.refuses(forge(secret=text))


@pytest.mark.parametrize(
    "text",
    [
        "keys/public.pem",
        "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA",
        "---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----",
        "sk-ssh-ed25519@openssh.com AAAA",
    ],
)
def test_jwt_header_04_a_jwt_key_that_is_no_key_is_not_taken_for_a_secret(text: str) -> None:
    target = TokenTarget(jwt_algorithms=["RS256", "HS256"], jwt_key=text)
    with pytest.raises(ConfigError, match="jwt_key"):
        target.app.build()


@pytest.mark.parametrize("key", [rsa_key, ec_key], ids=["RSA", "EC"])
def test_jwt_header_04_a_public_key_is_no_secret_key(key: Any) -> None:
    with pytest.raises(ConfigError, match="jwt_key"):
        MakeConfig(secret_key=public_pem(key()))
    with pytest.raises(ConfigError, match="jwt_key"):
        MakeConfig(secret_key=[SECRET, "words before\n" + public_pem(key())])


@pytest.mark.parametrize("digest", ["HS256", "HS384", "HS512"])
@pytest.mark.parametrize("form", ["SSH", "SSH with a comment", "DER", "JWK", "PEM"])
def test_jwt_header_05_a_public_ec_key_is_no_secret(kept: int, form: str, digest: str) -> None:
    key = ec_key()
    secret = {
        "SSH": public_ssh(key),
        "SSH with a comment": public_ssh(key) + b" ada@example\n",
        "DER": public_der(key),
        "JWK": str(jwk(key)).replace("'", '"').encode(),
        "PEM": public_pem(key).encode(),
    }[form]
    forged = forge({"alg": digest}, secret=secret, digest=digest)
    for algorithms in (["ES256"], ["ES256", "HS256", "HS384", "HS512"]):
        target = TokenTarget(kept=kept, jwt_algorithms=algorithms, jwt_key=public_pem(key))
        target.takes(jwt.encode(GOOD_CLAIMS, key, "ES256"))
        target.refuses(forged)


@pytest.mark.parametrize("where", ["jwt_key", "secret_key"])
def test_jwt_header_05_an_ssh_key_is_refused_at_start_up(where: str) -> None:
    text = public_ssh(ec_key()).decode()
    with pytest.raises(ConfigError, match=r"SSH|jwt_key"):
        TokenTarget(jwt_algorithms=["ES256", "HS256"], **{where: text}).app.build()


@pytest.mark.parametrize("member", ["jku", "x5u"])
@pytest.mark.parametrize(
    "address",
    [
        "https://forger.example/keys.json",
        "http://127.0.0.1:9/keys.json",
        "file:///etc/passwd",
        "https://api.example@forger.example/",
        "",
        None,
        ["https://forger.example/keys.json"],
    ],
    ids=repr,
)
def test_jwt_header_07_a_token_that_names_where_its_key_is_sends_nobody_there(
    kept: int, monkeypatch: pytest.MonkeyPatch, member: str, address: Any
) -> None:
    went_out: list[Any] = []

    def out(*args: Any, **kwargs: Any) -> Any:
        went_out.append(args)
        raise OSError("no way out")

    monkeypatch.setattr(socket, "getaddrinfo", out)
    monkeypatch.setattr(socket.socket, "connect", out)
    monkeypatch.setattr(socket, "create_connection", out)
    header = {"typ": "JWT", "alg": "HS256", member: address, "kid": "https://forger.example/key"}
    target = TokenTarget(kept=kept)
    target.refuses(forge(header))
    target.refuses(forge(header, secret=OTHER_SECRET))
    asymmetric = TokenTarget(kept=kept, jwt_algorithms=["RS256"], jwt_key=public_pem(rsa_key()))
    forger = rsa_key("a forger's")
    asymmetric.refuses(jwt.encode(GOOD_CLAIMS, forger, "RS256", headers={member: address}))
    asymmetric.refuses(jwt.encode(GOOD_CLAIMS, rsa_key(), "RS256", headers={member: address}))
    assert went_out == []


def test_jwt_header_08_a_token_that_brings_its_certificate_is_refused(kept: int) -> None:
    forger, ours = rsa_key("a forger's"), rsa_key()
    target = TokenTarget(kept=kept, jwt_algorithms=["RS256"], jwt_key=public_pem(ours))
    for chain in ([certificate(forger)], certificate(forger), [], [certificate(ours)]):
        target.refuses(jwt.encode(GOOD_CLAIMS, forger, "RS256", headers={"x5c": chain}))
        target.refuses(jwt.encode(GOOD_CLAIMS, ours, "RS256", headers={"x5c": chain}))
    target.takes(jwt.encode(GOOD_CLAIMS, ours, "RS256"))


def test_jwt_header_08_a_token_that_brings_its_key_is_refused(kept: int) -> None:
    forger, ours = rsa_key("a forger's"), rsa_key()
    target = TokenTarget(kept=kept, jwt_algorithms=["RS256", "HS256"], jwt_key=jwk(ours, kid="ours"))
    target.takes(jwt.encode(GOOD_CLAIMS, ours, "RS256", headers={"kid": "ours"}))
    for brought in (jwk(forger), jwk(forger, kid="ours"), jwk(ours), {"kty": "oct", "k": ""}, None):
        headers = {"jwk": brought, "kid": "ours"}
        target.refuses(jwt.encode(GOOD_CLAIMS, forger, "RS256", headers=headers))
        target.refuses(forge({"alg": "HS256", "jwk": brought}, secret=b""))
        target.refuses(forge({"alg": "HS256", "jwk": brought}))


@pytest.mark.parametrize(
    "extra",
    [
        {"crit": ["exp-ext"], "exp-ext": 1},
        {"crit": ["exp-ext"]},
        {"crit": ["http://example.invalid/UNDEFINED"], "http://example.invalid/UNDEFINED": True},
        {"crit": ["cnf"], "cnf": {"jkt": "x"}},
        {"crit": ["bork"], "bork": True},
        {"crit": ["b64"], "b64": False},
        {"crit": ["b64"], "b64": True},
        {"b64": False},
        {"b64": True},
        {"crit": ["exp", "exp-ext"], "exp": 9_999_999_999},
    ],
    ids=repr,
)
def test_jwt_header_10_a_critical_extension_that_we_do_not_know_is_refused(
    target: TokenTarget, extra: dict[str, Any]
) -> None:
    target.refuses(forge(GOOD_HEADER | extra))
    target.refuses(sign(f"{part(GOOD_HEADER | extra)}.{{}}"))
    target.refuses(sign(f'{part(GOOD_HEADER | extra)}.{{"id":"7"}}'))


@pytest.mark.parametrize(
    "crit",
    [[], "exp-ext", "", ["alg"], ["typ", "alg"], [1], [None], [[]], None, {}, {"alg": 1}, 0, False],
    ids=repr,
)
def test_jwt_header_11_a_crit_that_is_malformed_is_refused(target: TokenTarget, crit: Any) -> None:
    target.refuses(forge(GOOD_HEADER | {"crit": crit}))


@pytest.mark.parametrize("name", ["DEF", "def", "GZ", "", None, True, ["DEF"]], ids=repr)
def test_jwt_header_13_a_compressed_payload_is_not_unpacked(target: TokenTarget, name: Any) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = packer.compress(b'{"id":"7","x":"' + b"0" * 10_000_000 + b'"}') + packer.flush()
    assert len(bomb) < 12_000
    forged = forge(GOOD_HEADER | {"zip": name}, bomb)
    tracemalloc.start()
    try:
        target.refuses(forged)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000
    target.refuses(forge(GOOD_HEADER, bomb))
    target.refuses(forge(GOOD_HEADER | {"zip": name}))


def test_jwt_header_14_an_encrypted_token_is_refused(target: TokenTarget) -> None:
    for header in (
        {"alg": "dir", "enc": "A128GCM"},
        {"alg": "dir", "enc": "A256GCM", "zip": "DEF"},
        {"alg": "RSA-OAEP", "enc": "A128CBC-HS256"},
        {"alg": "HS256", "enc": "A128GCM"},
        {"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2c": 2**31 - 1, "p2s": "AAAA"},
    ):
        target.refuses(f"{part(header)}..{b64(b'0' * 12)}.{b64(b'1' * 20)}.{b64(b'2' * 16)}")
        target.refuses(f"{part(header)}.{b64(b'3' * 16)}.{b64(b'0' * 12)}.{b64(b'1' * 20)}.{b64(b'2' * 16)}")
        target.refuses(sign(f"{part(header)}..{b64(b'0' * 12)}.{part(GOOD_CLAIMS)}"))
    target.refuses(forge(GOOD_HEADER | {"typ": "JWE"}))


@pytest.mark.parametrize("cty", ["JWT", "jwt", "application/jwt", "", None, "json"], ids=repr)
def test_jwt_header_14_a_nested_token_is_refused(target: TokenTarget, cty: Any) -> None:
    target.refuses(forge(GOOD_HEADER | {"cty": cty}, forge().encode()))
    target.refuses(forge(GOOD_HEADER | {"cty": cty}))
    target.refuses(forge(GOOD_HEADER, forge().encode()))


@pytest.mark.parametrize("typ", ["JWT", "jwt", "at+jwt", "AT+JWT", "application/jwt", "application/at+jwt"])
def test_jwt_header_16_an_access_token_is_taken(target: TokenTarget, typ: str) -> None:
    target.takes(forge({"alg": "HS256", "typ": typ}))
    target.takes(forge({"alg": "HS256"}))


@pytest.mark.parametrize(
    "typ",
    [
        "logout+jwt",
        "dpop+jwt",
        "application/logout+jwt",
        "LOGOUT+JWT",
        "secevent+jwt",
        "token-introspection+jwt",
        "oauth-authz-req+jwt",
        "client-authentication+jwt",
        "rt+jwt",
        "id_token+jwt",
        "JOSE",
        "JWE",
        "jwt ",
        "jwt\x00",
        "at+jwt;charset=utf-8",
        "at+jwt, logout+jwt",
        "\uff2a\uff37\uff34",
        "",
        None,
        5,
        ["JWT"],
        {"JWT": 1},
    ],
    ids=ascii,
)
def test_jwt_header_16_a_token_of_another_kind_is_refused(target: TokenTarget, typ: Any) -> None:
    target.refuses(forge({"alg": "HS256", "typ": typ}))


HEADERS_THAT_ARE_NONE = {
    "a list": b'["HS256"]',
    "a list of pairs": b'[["alg","HS256"]]',
    "a text": b'"HS256"',
    "a number": b"7",
    "null": b"null",
    "true": b"true",
    "nothing": b"",
    "blanks": b"  ",
    "no JSON": b"alg=HS256",
    "cut off": b'{"alg":"HS256"',
    "with more behind": b'{"alg":"HS256"}{}',
    "with a NUL behind": b'{"alg":"HS256"}\x00',
    "with a comma too many": b'{"alg":"HS256",}',
    "with single quotes": b"{'alg':'HS256'}",
    "with a comment": b'{"alg":"HS256"/**/}',
    "with a byte order mark": b'\xef\xbb\xbf{"alg":"HS256"}',
    "not UTF-8": b'{"alg":"HS256","x":"\xff"}',
    "in UTF-16": '{"alg":"HS256"}'.encode("utf-16"),
    "with NaN": b'{"alg":"HS256","x":NaN}',
    "with a number beyond all": b'{"alg":"HS256","x":1e400}',
    "with a control character": b'{"alg":"HS256","x":"\x01"}',
    "with half a surrogate pair": b'{"alg":"HS256","kid":"\\ud800"}',
    "a thousand lists deep": b'{"alg":"HS256","x":' + b"[" * 1000 + b"]" * 1000 + b"}",
    "an alg a thousand lists deep": b'{"alg":' + b"[" * 980 + b"]" * 980 + b"}",
}


@pytest.mark.parametrize("header", HEADERS_THAT_ARE_NONE.values(), ids=HEADERS_THAT_ARE_NONE.keys())
def test_jwt_header_17_a_header_that_is_no_json_object_is_refused(target: TokenTarget, header: bytes) -> None:
    target.refuses(forge(header))
    target.takes(forge())


def test_jwt_header_17_no_depth_of_a_header_is_more_than_a_refusal() -> None:
    target = TokenTarget()
    for depth in range(1, 1200, 7):
        target.refuses(forge(b'{"alg":' + b"[" * depth + b"]" * depth + b"}"))
        target.refuses(forge(b'{"alg":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"))


@pytest.mark.parametrize("last", ["none", "RS256", "HS512"])
def test_jwt_header_17_of_a_member_that_stands_twice_the_last_counts(target: TokenTarget, last: str) -> None:
    target.refuses(forge(b'{"alg":"HS256","alg":"%s"}' % last.encode()))


@pytest.mark.parametrize("kid", [None, 5, True, ["ours"], {"ours": 1}, 1.5], ids=repr)
def test_jwt_header_17_a_kid_that_is_no_text_is_refused(target: TokenTarget, kid: Any) -> None:
    target.refuses(forge(GOOD_HEADER | {"kid": kid}))


@pytest.mark.parametrize(
    "kid", ["../../../../dev/null", "' OR 1=1 --", "x\x00", "a" * 5000, "", "$(id)", "http://forger.example/"]
)
def test_jwt_header_17_a_kid_leads_nowhere_but_to_a_key_of_ours(kept: int, kid: str) -> None:
    keys = {"keys": [jwk(rsa_key(), kid="ours")]}
    target = TokenTarget(kept=kept, jwt_algorithms=["RS256", "HS256"], jwt_key=keys)
    target.refuses(jwt.encode(GOOD_CLAIMS, rsa_key(), "RS256", headers={"kid": kid}))
    target.refuses(forge(GOOD_HEADER | {"kid": kid}, secret=b""))
    target.refuses(forge(GOOD_HEADER | {"kid": kid}, secret=kid))


BOUND = {"keys": [jwk(rsa_key(), kid="one", alg="RS256"), jwk(rsa_key("another of ours"), kid="two")]}


@pytest.mark.parametrize("algorithm", ["PS256", "RS384", "RS512", "PS512"])
@pytest.mark.parametrize("kid", [{"kid": "one"}, {"kid": "two"}, {}], ids=["its own", "another's", "none"])
def test_jwt_header_19_a_key_signs_by_the_algorithm_that_it_is_bound_to_alone(
    kept: int, algorithm: str, kid: dict[str, str]
) -> None:
    target = TokenTarget(kept=kept, jwt_algorithms=["RS256", algorithm], jwt_key=BOUND)
    bound, free = rsa_key(), rsa_key("another of ours")
    target.takes(jwt.encode(GOOD_CLAIMS, bound, "RS256", headers={"kid": "one"}))
    target.takes(jwt.encode(GOOD_CLAIMS, free, algorithm, headers={"kid": "two"}))
    target.refuses(jwt.encode(GOOD_CLAIMS, bound, algorithm, headers=kid))


def test_jwt_header_19_a_key_whose_kid_is_another_keys_does_not_sign_for_it(kept: int) -> None:
    target = TokenTarget(kept=kept, jwt_algorithms=["RS256"], jwt_key=BOUND)
    bound, free = rsa_key(), rsa_key("another of ours")
    target.refuses(jwt.encode(GOOD_CLAIMS, bound, "RS256", headers={"kid": "two"}))
    target.refuses(jwt.encode(GOOD_CLAIMS, free, "RS256", headers={"kid": "one"}))
    target.refuses(jwt.encode(GOOD_CLAIMS, bound, "RS256", headers={"kid": "ONE"}))
    target.takes(jwt.encode(GOOD_CLAIMS, bound, "RS256"))
