"""Ours and PyJWT, an independent library, of the same tokens under the same settings.

No token that ours takes does PyJWT refuse. What PyJWT takes and ours refuses is listed with the reason.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nexios import MakeConfig
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.exceptions import InvalidToken
from nexios.tokens.claims import ClaimRules
from nexios.tokens.encoding import TokenVerifier
from nexios.tokens.keys import load_keys
from tests.attacks.forging import forge, part, sign
from tests.parts import SECRET
from tests.tokens.hostile import CASES, KEYS, NOW, Case, tokens
from tests.tokens.pyjwt import Opinion, pyjwts_clock

# NEXIOS_LONG=1 looks at 200,000 tokens in place of 2,000.
EXAMPLES = 200_000 if os.environ.get("NEXIOS_LONG") else 2_000

STRICTER = {
    "longer than": "RFC 8725 2.5: a token of more than 16 KiB costs more than it can be worth",
    "not base64url": "RFC 7515 2: no padding and nothing else beside, and one spelling for each value",
    "not three parts": "RFC 7515 7.1: an empty payload or signature is none that we know",
    "the header is no JSON object": "RFC 8259: no NaN, no Infinity, no half letters",
    "the payload is no JSON object": "RFC 8259: the same",
    "the header has": "RFC 8725 3.10, RFC 7515 4.1.11: no key of the token's own, no extension, no nesting",
    "typ is of another kind": "RFC 8725 3.11: a logout token lets nobody in; a typ that is null is none",
    "the payload claims nothing": "a token for nobody",
    "the header is nested more than": "the same depth, for the same reason",
    "the payload is nested more than": "a handler would run out of stack over it",
    "aud is neither": "RFC 7519 4.1.3: aud is text or a list of texts, also where it is empty",
    "aud names an audience": "RFC 7519 4.1.3: also an empty one is refused where nobody says who we are",
    "exp is not a number": "RFC 7519 2: a NumericDate is a number; PyJWT takes text, true and fractions",
    "nbf is not a number": "RFC 7519 2: the same",
    "iat is not a number": "RFC 7519 2: the same",
    "expired": "a negative fraction ends at the whole second before it",
    "not valid yet": "half a second before nbf is before it; PyJWT cuts the fraction off",
}


class Ours:
    """What ours says of tokens: read anew each time, and by a backend that keeps what it verified."""

    def __init__(self, case: Case) -> None:
        rules = ClaimRules(
            None if case.audience is None else (case.audience,),
            None if case.issuer is None else (case.issuer,),
            case.leeway,
        )
        self._verifier = TokenVerifier(KEYS[case], case.accepted, rules)
        config = MakeConfig(
            secret_key=case.ours if case.algorithm.startswith("HS") else None,
            jwt_key=None if case.algorithm.startswith("HS") else case.ours,
            jwt_algorithms=case.accepted,
            jwt_audience=case.audience,
            jwt_issuer=case.issuer,
            jwt_leeway=timedelta(seconds=case.leeway),
        )
        backend = JWTAuthBackend(clock=lambda: NOW, kept=50)
        self._backend = backend.bind(config)

    def of(self, token: str) -> tuple[dict[str, Any] | None, str]:
        """The claims, or None and why."""
        try:
            return dict(self._verifier.verify(token, NOW)), ""
        except InvalidToken as refused:
            return None, str(refused)

    def lets_in(self, token: str) -> bool:
        """Whether the backend takes it, which must be the same the second time."""
        scope = {"headers": [(b"authorization", b"Bearer " + token.encode("latin-1"))]}
        first, second = (self._backend.find(scope) for _ in range(2))
        assert first == second
        return first is not None and first.success


OURS = {case: Ours(case) for case in CASES}
THEIRS = {
    case: Opinion(
        case.verifying, list(case.accepted), audience=case.audience, issuer=case.issuer, leeway=case.leeway
    )
    for case in CASES
}
seen: Counter[str] = Counter()


@pytest.fixture(scope="module", autouse=True)
def _clock() -> Iterator[None]:
    with pyjwts_clock(NOW):
        yield


@settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example, HealthCheck.data_too_large],
)
@given(st.data())
def test_no_token_that_ours_takes_does_pyjwt_refuse(data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(CASES))
    token = data.draw(tokens(case))
    ours, why = OURS[case].of(token)
    theirs = THEIRS[case].of(token)
    if ours is not None:
        assert theirs is not None, "ours takes what PyJWT refuses"
        assert ours == theirs
        seen["both take"] += 1
    elif theirs is None:
        seen["both refuse"] += 1
    else:
        reason = next((listed for listed in STRICTER if why.startswith(listed)), None)
        assert reason is not None, f"refused for a reason that is not listed: {why}"
        seen[reason] += 1
    identity = None if ours is None else ours.get("id")
    named = (type(identity) is int and abs(identity) < 2**64) or (
        isinstance(identity, str) and identity != ""
    )
    if token.isascii() and token.strip(" ") == token:
        assert OURS[case].lets_in(token) == (ours is not None and named)


def test_the_tokens_were_of_every_kind() -> None:
    if not seen:
        pytest.skip("runs after the property, by itself it has seen nothing")
    print(dict(seen))  # pytest -rP shows it
    assert seen["both take"] > EXAMPLES / 10
    assert seen["both refuse"] > EXAMPLES / 10
    assert sum(seen[reason] for reason in STRICTER) > EXAMPLES / 50


HEADER = {"alg": "HS256"}
EXAMPLES_OF_STRICTNESS = {
    "longer than": forge(HEADER, {"x": "y" * 20_000}),
    "not base64url": sign(f"{part(HEADER)}.{part({'id': '7'})}="),
    "the header is no JSON object": forge(b'{"alg":"HS256","x":NaN}', {"id": "7"}),
    "the payload is no JSON object": forge(HEADER, b'{"x":Infinity}'),
    "the header has": forge(HEADER | {"jku": "https://forger.example/"}),
    "typ is of another kind": forge(HEADER | {"typ": "logout+jwt"}),
    "the payload claims nothing": forge(HEADER, {}),
    "the header is nested more than": forge(
        b'{"alg":"HS256","x":' + b"[" * 40 + b"]" * 40 + b"}", {"id": "7"}
    ),
    "the payload is nested more than": forge(HEADER, b'{"x":' + b"[" * 40 + b"]" * 40 + b"}"),
    "aud is neither": forge(HEADER, {"id": "7", "aud": None}),
    "aud names an audience": forge(HEADER, {"id": "7", "aud": []}),
    "exp is not a number": forge(HEADER, {"id": "7", "exp": str(NOW + 60)}),
    "nbf is not a number": forge(HEADER, {"id": "7", "nbf": True}),
    "iat is not a number": forge(HEADER, {"id": "7", "iat": str(NOW)}),
    "not valid yet": forge(HEADER, {"id": "7", "nbf": NOW + 0.5}),
}


@pytest.mark.parametrize("reason", EXAMPLES_OF_STRICTNESS)
def test_ours_refuses_what_pyjwt_takes_for_a_reason(reason: str) -> None:
    token = EXAMPLES_OF_STRICTNESS[reason]
    assert Opinion(SECRET, ["HS256"]).of(token) is not None
    verifier = TokenVerifier(load_keys(SECRET, ["HS256"]), ["HS256"], ClaimRules())
    with pytest.raises(InvalidToken, match=f"^{reason}"):
        verifier.verify(token, NOW)
