"""A secret is looked up by its hash or compared in constant time: how much of it was right is not to be seen.

What the time of each refusal tells is measured by `benchmarks/timing.py`; here is seen how they are compared.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Any

import pytest

from nexios import NexiosApp, Request, Response
from nexios.apikeys import APIKeys, create_api_key, verify_key
from nexios.auth import auth
from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt
from nexios.exceptions import InvalidToken
from nexios.stores import MemoryStore
from nexios.tokens.nonces import Nonces
from tests.attacks.asking import asking
from tests.parts import SECRET, app_for
from tests.session.apps import session_app
from tests.stores.things import NOW
from tests.tokens.issuing import tokens_of

pytestmark = pytest.mark.anyio

Compared = list[tuple[Any, Any]]


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> Compared:
    """Whatever is compared in constant time."""
    found: Compared = []
    real: Callable[[Any, Any], bool] = hmac.compare_digest

    def compare(one: Any, other: Any) -> bool:
        found.append((one, other))
        return real(one, other)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    return found


class Asked(MemoryStore):
    """A store that notes by what it is asked to find something."""

    def __init__(self) -> None:
        super().__init__()
        self.by: list[str] = []

    async def find_key(self, key_hash: str) -> Any:
        self.by.append(key_hash)
        return await super().find_key(key_hash)

    async def find_session(self, secret_hash: str) -> Any:
        self.by.append(secret_hash)
        return await super().find_session(secret_hash)

    async def find_refresh(self, token_hash: str) -> Any:
        self.by.append(token_hash)
        return await super().find_refresh(token_hash)

    async def use_refresh(self, token_hash: str, now: Any) -> Any:
        self.by.append(token_hash)
        return await super().use_refresh(token_hash, now)


def guarded(backend: Any) -> NexiosApp:
    app = app_for(backend)

    @app.get("/guarded")
    @auth()
    async def handler(request: Request, response: Response) -> None: ...

    return app


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def other_ending(text: str) -> str:
    return text[:-1] + ("A" if text[-1] != "A" else "E")


async def test_the_mac_of_a_token_is_compared_in_constant_time(compared: Compared) -> None:
    app = guarded(JWTAuthBackend())
    token = create_jwt({"id": "ada"}, SECRET)
    signed = token.rpartition(".")[0].encode()
    answer = await asking(app, headers=[("authorization", f"Bearer {other_ending(token)}")])
    assert answer.status == 401
    right = hmac.new(SECRET.encode(), signed, "sha256").digest()
    assert [len(each) for each in compared[0]] == [32, 32]
    assert right in compared[0]


async def test_the_signature_of_a_session_is_compared_in_constant_time(compared: Compared) -> None:
    app = session_app()
    cookie = (await asking(app, "/login/ada", method="POST")).one("set-cookie")
    assert cookie is not None
    value = cookie.partition(";")[0]
    # In another process, which has not seen it: right, and with another last letter.
    for sent, status, same in ((value, 200, True), (other_ending(value), 401, False)):
        compared.clear()
        assert (await asking(session_app(), "/me", headers=[("cookie", sent)])).status == status
        [(presented, right)] = compared
        assert (len(presented), len(right)) == (32, 32)
        assert (presented == right) is same


async def test_an_api_key_is_compared_by_its_hash_in_constant_time(compared: Compared) -> None:
    key, stored = create_api_key()
    other, _ = create_api_key()
    assert verify_key(key, stored)
    assert not verify_key(other, stored)
    assert compared == [(stored, stored), (sha256(other), stored)]


async def test_a_nonce_is_compared_in_constant_time(compared: Compared) -> None:
    nonces = Nonces(SECRET, lambda: NOW.timestamp())
    nonce = nonces.current()
    assert not nonces.is_good(other_ending(nonce))
    assert (other_ending(nonce), nonce) in compared


async def test_a_key_is_found_by_its_hash_alone() -> None:
    store = Asked()
    app = guarded(APIKeyAuthBackend(keys=APIKeys(store)))
    key, _ = create_api_key()
    assert (await asking(app, headers=[("x-api-key", key)])).status == 401
    assert store.by == [sha256(key)]


async def test_a_session_is_found_by_the_hash_of_its_secret_alone() -> None:
    store = Asked()
    secret = secrets.token_urlsafe(32)
    answer = await asking(session_app(store=store), "/me", headers=[("cookie", f"session={secret}")])
    assert answer.status == 401
    assert store.by == [sha256(secret)]


async def test_a_refresh_token_is_found_by_its_hash_alone() -> None:
    store = Asked()
    tokens = tokens_of(store)
    token = f"rt_{secrets.token_urlsafe(32)}"
    with pytest.raises(InvalidToken):
        await tokens.refresh(token)
    assert await tokens.find_refresh(token) is None
    assert await tokens.revoke(token) is False
    pair = await tokens.issue("ada")
    await tokens.refresh(pair.refresh_token)
    assert set(store.by) == {sha256(token), sha256(pair.refresh_token)}
