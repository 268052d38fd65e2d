"""Tokens of every kind: good, nearly good, mutated, and such as nobody sane would write."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import jwt
from hypothesis import strategies as st

from nexios.tokens.keys import load_keys
from tests.attacks.forging import b64
from tests.attacks.keys import ec_key, ed_key, public_pem, rsa_key
from tests.parts import OTHER_SECRET, SECRET

NOW = 1_800_000_000


@dataclass(frozen=True, eq=False)
class Case:
    """One key with its settings.

    Attributes:
        algorithm: The algorithm by which the case's tokens are rightly signed.
        accepted: The algorithms that are accepted.
        signing: What PyJWT signs with.
        verifying: What PyJWT verifies with.
        ours: The same, as `load_keys` takes it.
        audience: Who we are.
        issuer: Whose tokens are taken.
        leeway: How far clocks may differ, in seconds.
    """

    algorithm: str
    accepted: tuple[str, ...]
    signing: Any
    verifying: Any
    ours: str
    audience: str | None = None
    issuer: str | None = None
    leeway: int = 0


def _pair(algorithm: str, key: Any, **settings: Any) -> Case:
    return Case(algorithm, (algorithm,), key, key.public_key(), public_pem(key), **settings)


def _secret(algorithm: str, *accepted: str, **settings: Any) -> Case:
    secret = SECRET * 2
    return Case(algorithm, accepted or (algorithm,), secret, secret, secret, **settings)


CASES = [
    _secret("HS256"),
    _secret("HS256", "HS256", "HS384", "HS512"),
    _secret("HS256", audience="api", issuer="https://idp", leeway=30),
    _secret("HS512"),
    _pair("ES256", ec_key(), audience="api"),
    _pair("EdDSA", ed_key(), leeway=5),
    _pair("RS256", rsa_key(), issuer="https://idp"),
]
KEYS = {case: load_keys(case.ours, case.accepted) for case in CASES}
_SIGNERS = {
    case: jwt.get_algorithm_by_name(case.algorithm).prepare_key(case.signing)  # type: ignore[attr-defined]
    for case in CASES
}

_small = st.integers(-2, 2) | st.sampled_from([-30, -31, 29, 30, 31, 0.5, -0.5, 5, 4])
dates = st.builds(lambda by: NOW + by, _small)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(
        [2**53, 2**63, 2**64, -(2**64), 10**30, 10**308, 10**309, 0, -1, 0.0, -0.0, 1e308, 1e-320]
    )
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.text(max_size=6)
    | st.sampled_from(
        [
            "",
            "7",
            str(NOW + 60),
            f" {NOW + 60} ",
            "1_800_000_060",
            "api",
            "https://idp",
            "\ud800",
            "\0",
            "NaN",
        ]
    )
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
audiences = (
    st.sampled_from(["api", ["api"], ["web", "api"], "API", ["web"], [], "", [["api"]], ["api", 1]]) | values
)
issuers = st.sampled_from(["https://idp", "https://idp/", ["https://idp"], "https://id"]) | values
hostile_claims = {
    "id": st.sampled_from(["7", 7]) | values,
    "exp": dates | values,
    "nbf": dates | values,
    "iat": dates | values,
    "aud": audiences,
    "iss": issuers,
    "sub": values,
    "jti": values,
    "x": values,
}
good_claims = st.fixed_dictionaries(
    {"id": st.sampled_from(["7", "8", 7, "Zo\xeb", "\U0001f511"])},
    optional={
        "exp": st.sampled_from([NOW + 1, NOW + 60, NOW + 60.5, 2**40]),
        "nbf": st.sampled_from([NOW, NOW - 1, 0, NOW - 0.5]),
        "iat": st.sampled_from([NOW, NOW - 60]),
        "sub": st.text(max_size=3),
        "jti": st.text(max_size=3),
        "x": values,
    },
)


@st.composite
def claims(draw: st.DrawFn, case: Case, hostile: int) -> dict[str, Any]:
    """Claims that hold for `case`, but for some."""
    claimed = draw(good_claims)
    if case.audience is not None:
        claimed["aud"] = draw(st.sampled_from([case.audience, [case.audience], ["web", case.audience]]))
    if case.issuer is not None or draw(st.booleans()):
        claimed["iss"] = case.issuer or "https://any"
    for name in draw(st.lists(st.sampled_from(sorted(hostile_claims)), max_size=hostile)):
        claimed[name] = draw(hostile_claims[name])
    if draw(st.integers(0, 20)) == 7:
        claimed.pop(draw(st.sampled_from(sorted(claimed))))
    return claimed


_members = {
    "typ": st.sampled_from(["JWT", "jwt", "at+jwt", "logout+jwt", "dpop+jwt", "JOSE", "", "application/jwt"])
    | values,
    "kid": st.sampled_from(["", "x", "ours"]) | values,
    "cty": st.sampled_from(["JWT", ""]) | values,
    "crit": st.sampled_from([[], ["b64"], ["exp"], ["alg"], "exp"]) | values,
    "b64": st.booleans() | values,
    "zip": st.sampled_from(["DEF"]) | values,
    "jku": st.just("https://forger.example/"),
    "jwk": st.just({"kty": "oct", "k": ""}),
    "x5c": st.just([]),
    "x5u": st.just(""),
    "x": values,
}
members = st.lists(st.sampled_from(sorted(_members)), min_size=1, max_size=2, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: _members[name] for name in names})
)
spellings = st.sampled_from(
    [
        *("none", "None", "HS256", "hs256", "HS384", "HS512", "RS256", "PS256", "ES256", "ES384", "EdDSA"),
        *("Ed25519", "ES256K", "", " HS256", "HS256\0"),
    ]
)
ALPHABET = "AZaz09-_.=+/ \n\t~\xe9\0%"
TEXTS = (
    " ",
    "\t",
    "\n",
    "\x00",
    "\x7f",
    "\ufeff",
    "//",
    "/**/",
    ",",
    "{",
    "}",
    "[",
    "]",
    '"',
    "\\",
    "'",
    "NaN",
    "1e999",
    "-",
    "+",
    ".",
    "0",
    "\\ud800",
    "\\u0000",
    "\xe9",
    "e9",
    "true",
    "null",
    ":",
    '"id":"8",',
    '"exp":1,',
    '"alg":"none",',
)


@st.composite
def changed_text(draw: st.DrawFn, text: str, alphabet: Any, most: int = 2) -> str:
    """`text` with letters put in, taken away and replaced."""
    for _ in range(draw(st.integers(1, most))):
        place = draw(st.integers(0, len(text)))
        put = draw(alphabet)
        take = draw(st.sampled_from([0, 0, 1, 1, 4]))
        text = text[:place] + put + text[place + take :]
    return text


@st.composite
def tokens(draw: st.DrawFn, case: Case) -> str:
    """A token for `case`: most are rightly signed, whatever they say."""
    kind = draw(st.integers(0, 11))
    header = {"alg": case.algorithm, "typ": "JWT"}
    if kind in (2, 3, 5):
        header |= draw(members)
    if kind == 9:
        header["alg"] = draw(spellings | values)
    claimed = draw(claims(case, 2 if kind in (3, 4, 10, 11) else 0))
    head, body = _json(header, draw), _json(claimed, draw)
    if kind in (4, 5):
        head = draw(changed_text(head, st.sampled_from(TEXTS)))
    if kind in (5, 6):
        body = draw(changed_text(body, st.sampled_from(TEXTS)))
    signed = f"{_part(head, draw)}.{_part(body, draw)}"
    if kind == 7:
        signed = draw(changed_text(signed, st.sampled_from(ALPHABET)))
    token = f"{signed}.{_signature(signed, case, draw)}"
    if kind == 8:
        token = draw(changed_text(token, st.sampled_from(ALPHABET)))
    return token


def _json(value: Any, draw: st.DrawFn) -> str:
    compact = draw(st.booleans())
    return json.dumps(value, separators=(",", ":") if compact else None, ensure_ascii=draw(st.booleans()))


def _part(text: str, draw: st.DrawFn) -> str:
    raw = text.encode("utf-8", "surrogatepass")
    if draw(st.integers(0, 60)) == 7:
        raw = raw.replace(b"a", b"\xff", 1) if draw(st.booleans()) else text.encode("utf-16", "surrogatepass")
    part = b64(raw)
    if draw(st.integers(0, 60)) == 7:
        part = (
            part + "=" * (-len(part) % 4)
            if draw(st.booleans())
            else part[:-1] + draw(st.sampled_from(ALPHABET))
        )
    return part


def _signature(signed: str, case: Case, draw: st.DrawFn) -> str:
    if draw(st.integers(0, 30)) == 7:
        return draw(
            st.sampled_from(["", "AA", "A" * 43, "A" * 86, "=", b64(b"\0" * 64), b64(OTHER_SECRET.encode())])
        )
    signer = jwt.get_algorithm_by_name(case.algorithm)  # type: ignore[attr-defined]
    given = b64(signer.sign(signed.encode("utf-8", "surrogatepass"), _SIGNERS[case]))
    if draw(st.integers(0, 30)) == 7:
        given = draw(changed_text(given, st.sampled_from(ALPHABET), 1))
    return given
