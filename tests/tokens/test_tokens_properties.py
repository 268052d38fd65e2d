"""Whatever comes, what is not ours is refused and nothing else happens; what is ours comes back as it was."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule

from nexios.exceptions import InvalidProof, InvalidToken, TokenReused
from nexios.stores import MemoryStore
from nexios.tokens import DPoP, TokenPair
from nexios.tokens.htu import normal_url
from nexios.tokens.ids import id_made_at, new_id
from nexios.tokens.scopes import scope_names, scope_text
from tests.attacks.asking import asking
from tests.parts import Clock
from tests.tokens.issuing import tokens_of
from tests.tokens.proving import ORIGIN
from tests.tokens.serving import FORM, app_of

TOKENS = tokens_of()
APP = app_of(TOKENS)
DPOP = DPoP(MemoryStore(), origin=ORIGIN)
NAMES = st.text(st.sampled_from("abc:/._-*!#[]~"), min_size=1, max_size=8)


@given(st.integers(0, 4_000_000_000_000_000))
def test_an_id_says_to_the_microsecond_when_it_was_made(microseconds: int) -> None:
    made = new_id(microseconds / 1_000_000)
    assert round(id_made_at(made) * 1_000_000) == microseconds
    assert made != new_id(microseconds / 1_000_000)


@given(st.text())
def test_any_other_text_is_no_id(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
        id_made_at(text)


@given(st.lists(NAMES, min_size=1, unique=True))
def test_scopes_come_back(names: list[str]) -> None:
    text = scope_text(names)
    assert scope_names(text) == set(names)
    assert scope_text(text) == text


@given(st.text())
def test_an_address_is_normal_or_none(text: str) -> None:
    for spelt in (text, f"https://{text}", f"https://host/{text}"):
        try:
            normal = normal_url(spelt)
        except ValueError:
            continue
        assert normal_url(normal) == normal


@given(st.one_of(st.text(), st.from_regex(r"rt_[A-Za-z0-9_-]{43}", fullmatch=True), st.binary(), st.none()))
def test_nothing_refreshes_but_a_token_of_ours(token: Any) -> None:
    for ask in (TOKENS.refresh, TOKENS.verify):
        with pytest.raises(InvalidToken):
            asyncio.run(ask(token))


@given(
    st.one_of(
        st.binary(), st.from_regex(rb"[A-Za-z0-9_-]+[.][A-Za-z0-9_-]+[.][A-Za-z0-9_-]+", fullmatch=True)
    )
)
def test_nothing_proves_a_key_but_a_proof(proof: bytes) -> None:
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"dpop", proof)]}
    with pytest.raises(InvalidProof):
        asyncio.run(DPOP.proved(scope))


@settings(max_examples=50)
@given(
    body=st.binary(max_size=200), query=st.binary(max_size=50), path=st.sampled_from(["/token", "/revoke"])
)
def test_no_body_breaks_a_route(body: bytes, query: bytes, path: str) -> None:
    answer = asyncio.run(asking(APP, path, method="POST", headers=[FORM], body=body, query=query))
    assert answer.status in (200, 400, 401)
    assert answer.status != 200 or path == "/revoke"


@settings(max_examples=50)
@given(st.text())
def test_any_text_in_a_form_is_read_as_it_was_sent(text: str) -> None:
    pair = asyncio.run(TOKENS.issue("ada", client_id="app"))
    encoded = quote_plus(text, errors="replace")
    body = f"grant_type=refresh_token&refresh_token={pair.refresh_token}&client_id={encoded}".encode()
    answer = asyncio.run(asking(APP, "/token", method="POST", headers=[FORM], body=body))
    assert answer.status == (200 if text == "app" else 400)


class Families(RuleBasedStateMachine):
    """Logins that are refreshed, called back and robbed, in any order."""

    pairs: Bundle[Any] = Bundle("pairs")

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.tokens = tokens_of(clock=self.clock)
        self.logins: dict[str, str] = {}  # each refresh token with its login
        self.fresh: set[str] = set()
        self.over: set[str] = set()
        self.access: dict[str, tuple[str, float]] = {}

    @rule(target=pairs, subject=st.sampled_from(["ada", "bob"]))
    def log_in(self, subject: str) -> Any:
        return self.keep(asyncio.run(self.tokens.issue(subject)), f"{subject} {len(self.logins)}")

    @rule(target=pairs, pair=pairs)
    def refresh(self, pair: TokenPair) -> Any:
        token = pair.refresh_token
        login = self.logins[token]
        try:
            following = asyncio.run(self.tokens.refresh(token))
        except TokenReused:
            assert token not in self.fresh
            assert login not in self.over
            self.over.add(login)
        except InvalidToken:
            assert login in self.over
        else:
            assert token in self.fresh
            assert login not in self.over
            self.fresh.discard(token)
            return self.keep(following, login)
        return multiple()

    @rule(pair=pairs)
    def call_back(self, pair: TokenPair) -> None:
        login = self.logins[pair.refresh_token]
        assert asyncio.run(self.tokens.revoke(pair.refresh_token)) is (login not in self.over)
        self.over.add(login)

    @rule(subject=st.sampled_from(["ada", "bob"]))
    def call_back_all(self, subject: str) -> None:
        hers = {login for login in self.logins.values() if login.startswith(subject)} - self.over
        assert asyncio.run(self.tokens.revoke_all(subject)) == len(hers)
        self.over |= hers

    @rule(minutes=st.integers(1, 11))
    def wait(self, minutes: int) -> None:
        self.clock.turn(minutes=minutes)

    @invariant()
    def exactly_the_tokens_of_logins_that_go_on_open_anything(self) -> None:
        for token, (login, until) in self.access.items():
            good = login not in self.over and self.clock.now < until
            try:
                asyncio.run(self.tokens.verify(token))
            except InvalidToken:
                assert not good
            else:
                assert good

    def keep(self, pair: TokenPair, login: str) -> TokenPair:
        self.logins[pair.refresh_token] = login
        self.fresh.add(pair.refresh_token)
        self.access[pair.access_token] = (login, self.clock.now + pair.expires_in)
        return pair


TestFamilies = Families.TestCase
TestFamilies.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
