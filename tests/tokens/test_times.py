"""From when and until when a token holds, by a clock that tests turn (RFC 7519 4.1.4 to 4.1.6)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import jwt
import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from nexios import MakeConfig, NexiosApp
from nexios.auth.backends.jwt import create_jwt, decode_jwt
from nexios.exceptions import InvalidToken
from nexios.tokens.claims import ClaimRules, Claims
from tests.attacks.forging import forge, part
from tests.attacks.targets import TokenTarget
from tests.parts import SECRET, Clock

NOW = 1_800_000_000
SET_AT: Any = time_machine.travel(NOW, tick=False)


@pytest.mark.parametrize("leeway", [0, 30])
@pytest.mark.parametrize(
    ("claims", "first", "last"),
    [
        ({"exp": NOW + 60}, None, 59),
        ({"exp": NOW + 60.9}, None, 59),
        ({"nbf": NOW + 60}, 60, None),
        ({"nbf": NOW + 60.5}, 61, None),
        ({"iat": NOW + 60}, 60, None),
        ({"nbf": NOW + 10, "iat": NOW + 20, "exp": NOW + 30}, 20, 29),
        ({"nbf": NOW + 20, "iat": NOW + 10, "exp": NOW + 30}, 20, 29),
        ({"exp": NOW}, None, -1),
        ({"exp": 0}, None, -NOW - 1),
        ({"nbf": -1}, None, None),
        ({"exp": 2**62}, None, None),
        ({"exp": 9e307, "nbf": -9e307}, None, None),
    ],
)
def test_a_token_holds_from_its_first_second_to_its_last(
    kept: int, claims: dict[str, Any], first: int | None, last: int | None, leeway: int
) -> None:
    clock = Clock(NOW)
    target = TokenTarget(kept=kept, clock=clock, jwt_leeway=timedelta(seconds=leeway))
    token = forge(payload={"id": "7", **claims})
    moments = {0: True}
    if first is not None:
        moments |= {first - leeway - 1: False, first - leeway: True}
    if last is not None:
        moments |= {last + leeway: True, last + leeway + 1: False}
    moments[0] = (first is None or first - leeway <= 0) and (last is None or last + leeway >= 0)
    # Forwards and backwards, so that a kept token is asked after it was good and after it was not.
    for moment, holds in [*sorted(moments.items()), *sorted(moments.items(), reverse=True)]:
        clock.now = NOW + moment
        if holds:
            target.takes(token)
        else:
            target.refuses(token)


@pytest.mark.parametrize(
    "moment", [1e308, 1.7e308, -1e308, -1.7e308, 10**400, -(10**400), True, "1", None], ids=repr
)
@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
def test_what_no_clock_can_be_compared_with_is_no_moment(name: str, moment: Any) -> None:
    with pytest.raises(InvalidToken, match=f"{name} is not a number of seconds|no JSON object"):
        decode_jwt(forge(payload={"id": "7", name: moment}), SECRET)


def test_rules_without_a_leeway_have_none() -> None:
    claims = {"id": "7", "nbf": NOW, "exp": NOW + 60}
    for moment in (NOW, NOW + 59.5):
        assert ClaimRules().check(claims, moment) == claims
    for moment in (NOW - 0.5, NOW + 60):
        with pytest.raises(InvalidToken):
            ClaimRules().check(claims, moment)


def test_claims_that_say_nothing_of_time_hold_at_any() -> None:
    for moment in (-1, 0, NOW, 2**62):
        assert Claims({"id": "7"}).hold_at(moment)


def test_a_token_that_never_holds_is_refused(kept: int) -> None:
    clock = Clock(NOW)
    target = TokenTarget(kept=kept, clock=clock)
    token = forge(payload={"id": "7", "nbf": NOW + 60, "exp": NOW + 60})
    for moment in (0, 59, 60, 61):
        clock.now = NOW + moment
        target.refuses(token)


@given(
    st.floats(NOW - 100, NOW + 100),
    st.none() | st.floats(NOW - 100, NOW + 100) | st.integers(NOW - 100, NOW + 100),
    st.none() | st.floats(NOW - 100, NOW + 100) | st.integers(NOW - 100, NOW + 100),
    st.integers(0, 50),
)
def test_what_is_taken_when_read_holds_when_kept_and_the_other_way_round(
    now: float, begins: float | None, ends: float | None, leeway: int
) -> None:
    from nexios.tokens.base64url import decode_base64url

    claims = (
        {"id": "7"} | ({} if begins is None else {"nbf": begins}) | ({} if ends is None else {"exp": ends})
    )
    payload = decode_base64url(part(claims).encode())
    rules = ClaimRules(leeway=leeway)
    always = ClaimRules(leeway=10**6)
    kept = None
    for moment in range(NOW - 300, NOW + 300, 7):
        try:
            kept = rules.read(payload, moment)
            break
        except InvalidToken:
            continue
    if kept is None:
        return
    assert dict(always.read(payload, NOW)) == dict(kept)
    try:
        rules.read(payload, now)
        taken = True
    except InvalidToken:
        taken = False
    assert kept.hold_at(now) == taken


def test_decode_jwt_looks_at_the_clock() -> None:
    token = forge(payload={"id": "7", "exp": NOW + 60, "nbf": NOW})
    with time_machine.travel(NOW, tick=False) as traveller:
        assert decode_jwt(token, SECRET)["id"] == "7"
        traveller.shift(60)
        with pytest.raises(InvalidToken, match="expired"):
            decode_jwt(token, SECRET)
        traveller.shift(-61)
        with pytest.raises(InvalidToken, match="not valid yet"):
            decode_jwt(token, SECRET)


def test_decode_jwt_allows_the_leeway_of_the_settings() -> None:
    NexiosApp(config=MakeConfig(secret_key=SECRET, jwt_leeway=timedelta(seconds=30)))
    token = forge(payload={"id": "7", "exp": NOW})
    with time_machine.travel(NOW + 29, tick=False) as traveller:
        assert decode_jwt(token)["id"] == "7"
        traveller.shift(1)
        with pytest.raises(InvalidToken, match="expired"):
            decode_jwt(token)


@pytest.mark.parametrize(
    ("expires_in", "seconds"),
    [
        (1, 60),
        (30, 1800),
        (0.5, 30),
        (timedelta(minutes=30), 1800),
        (timedelta(seconds=1), 1),
        (timedelta(seconds=1.9), 1),
    ],
)
def test_expires_in_is_a_time_or_a_number_of_minutes(expires_in: Any, seconds: int) -> None:
    with time_machine.travel(NOW + 0.75, tick=False) as traveller:
        token = create_jwt({"id": "7"}, SECRET, expires_in=expires_in)
        assert decode_jwt(token, SECRET)["exp"] == NOW + seconds
        traveller.shift(seconds - 0.76)
        decode_jwt(token, SECRET)
        traveller.shift(0.01)
        with pytest.raises(InvalidToken, match="expired"):
            decode_jwt(token, SECRET)


def test_expires_in_beside_an_expiry_is_an_error() -> None:
    with pytest.raises(ValueError, match="exp already"):
        create_jwt({"id": "7", "exp": NOW}, SECRET, expires_in=30)


def test_the_last_second_that_other_libraries_read_is_the_last() -> None:
    longest = timedelta(seconds=253_402_300_799 - NOW)
    with time_machine.travel(NOW, tick=False):
        assert (
            decode_jwt(create_jwt({"id": "7"}, SECRET, expires_in=longest), SECRET)["exp"] == 253_402_300_799
        )
        with pytest.raises(ValueError, match="9999"):
            create_jwt({"id": "7"}, SECRET, expires_in=longest + timedelta(seconds=1))


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
def test_a_moment_in_a_payload_is_within_the_years_that_others_read(name: str) -> None:
    for last in (253_402_300_799, -253_402_300_799):
        token = create_jwt({"id": "7", name: last}, SECRET)
        assert jwt.decode(token, options={"verify_signature": False})[name] == last
    for beyond in (253_402_300_800, -253_402_300_800, 253_402_300_799.5, 10**400, float("inf"), float("nan")):
        with pytest.raises(ValueError, match=f"{name} is beyond the year 9999"):
            create_jwt({"id": "7", name: beyond}, SECRET)
    for other in ("1800000000", True, None, timedelta(minutes=1)):
        with pytest.raises(TypeError, match=f"{name} is a number of seconds"):
            create_jwt({"id": "7", name: other}, SECRET)


@pytest.mark.parametrize(
    "expires_in", [0, -1, 1 / 61, timedelta(seconds=0.9), timedelta.max, float("inf"), float("nan")], ids=repr
)
def test_a_token_lives_a_second_at_least_and_not_for_ever(expires_in: Any) -> None:
    with pytest.raises(ValueError, match="a second or more and end before the year 9999"):
        create_jwt({"id": "7"}, SECRET, expires_in=expires_in)


@pytest.mark.parametrize("expires_in", ["30", True, [30]], ids=repr)
def test_what_is_no_time_is_no_time_to_live(expires_in: Any) -> None:
    with pytest.raises(TypeError, match="a timedelta or a number of minutes"):
        create_jwt({"id": "7"}, SECRET, expires_in=expires_in)


def test_without_expires_in_a_token_has_no_expiry() -> None:
    assert decode_jwt(create_jwt({"id": "7"}, SECRET), SECRET) == {"id": "7"}
