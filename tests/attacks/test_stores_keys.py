"""Attacks on API keys in a store: by data that is code, a stolen database, and other people's ids."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.apikeys import APIKey, APIKeys, key_routes
from nexios.auth import AuthenticationMiddleware, auth
from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.stores import open_store
from tests.attacks.asking import Answer, Header, ask, asking
from tests.attacks.forging import forge
from tests.parts import SECRET, Person

Found = TypeVar("Found")


class Target:
    """An application whose keys are in a SQLite file, and who came through.

    Attributes:
        file: The database.
        ran: The identities that the guarded handler ran for.
    """

    def __init__(self, folder: Path) -> None:
        self.file = folder / "keys.db"
        self.url = f"sqlite:///{self.file}"
        self.ran: list[str] = []
        self.store = open_store(self.url)
        asyncio.run(self._once(self.store.upgrade()))
        # Each request asks the database, whatever was found before.
        keys = APIKeys(self.store, kept=0)
        self.app = NexiosApp(config=MakeConfig(secret_key=SECRET))
        self.app.add_middleware(
            AuthenticationMiddleware(
                user_model=Person, backends=[APIKeyAuthBackend(keys=keys), JWTAuthBackend()]
            )
        )
        self.app.include(key_routes(keys, allow_api_keys=True))

        @self.app.get("/guarded")
        @auth()
        async def guarded(request: Request, response: Response) -> str:
            self.ran.append(request.user.identity)
            return str(request.user.identity)

    def keys(self, work: Callable[[APIKeys], Awaitable[Found]]) -> Found:
        """What `work` answers with the keys of the store."""

        async def run() -> Found:
            async with open_store(self.url) as store:
                return await work(APIKeys(store))

        return asyncio.run(run())

    def made(self, owner: str, **given: Any) -> tuple[str, APIKey]:
        return self.keys(lambda keys: keys.create(owner, "ci", **given))

    def ask(self, method: str, path: str, header: Header, body: Any = None) -> Answer:
        raw = b"" if body is None else json.dumps(body).encode()

        async def asked() -> Answer:
            answer = await asking(self.app, path, method=method, headers=[header], body=raw)
            await self.store.close()
            return answer

        return asyncio.run(asked())

    def execute(self, statement: str, *parameters: Any) -> list[Any]:
        """Whoever has the file does this to it; every value that comes back."""
        with closing(sqlite3.connect(self.file)) as database, database:
            return [value for row in database.execute(statement, parameters) for value in row]

    def count(self) -> int:
        return len(self.keys(lambda keys: keys.list_all()))

    async def _once(self, work: Awaitable[Any]) -> None:
        await work
        await self.store.close()


@pytest.fixture
def target(tmp_path: Path) -> Target:
    return Target(tmp_path)


def token(name: str) -> Header:
    return ("authorization", f"Bearer {forge(payload={'id': name})}")


CODE = [
    "'; DROP TABLE nexios_api_keys; --",
    "' OR '1'='1",
    '" OR ""="',
    "%",
    "_",
    "\\",
    "ada' UNION SELECT * FROM nexios_api_keys --",
    "\U0001f511\u202e\u0301",
    "ada\uff07",
    "null",
    "{}",
]


@pytest.mark.parametrize("text", CODE)
def test_stores_01_data_is_data(target: Target, text: str) -> None:
    _, other = target.made("ada")
    key, made = target.made(text, permissions=[text], metadata={text: text})

    async def everything(keys: APIKeys) -> None:
        assert await keys.verify(key) == made
        assert await keys.list(text) == [made]
        assert await keys.get(text) is None
        assert await keys.revoke(text) is False
        assert await keys.revoke(made.id, owner=text + "x") is False
        assert await keys.verify(text) is None
        assert await keys.list_all(after=text) is not None
        assert await keys.revoke(made.id, owner=text) is True
        assert await keys.list("ada") == [other]

    target.keys(everything)


@pytest.mark.parametrize("text", ["x" * 10_000, "a\0b", "\ud800", "", " "], ids=ascii)
def test_stores_01_what_cannot_be_kept_is_refused_before_it_is_stored(target: Target, text: str) -> None:
    for owner, name in ((text, "ci"), ("ada", text)):
        with pytest.raises(ValueError, match=r"at most|not blank"):
            target.keys(partial(APIKeys.create, owner=owner, name=name))
    answer = target.ask("POST", "/keys", token("ada"), {"name": text})
    assert answer.status in (400, 422)
    assert target.count() == 0


@pytest.mark.parametrize(
    "path", ["x", "%00", "..%2f..", "'; --", "%", "\u00e9", "0" * 10_000], ids=lambda path: path[:9]
)
def test_stores_01_an_id_that_is_none_is_not_there(target: Target, path: str) -> None:
    target.made("ada")
    for method, rest in (("GET", ""), ("DELETE", ""), ("POST", "/rotate")):
        assert target.ask(method, f"/keys/{path}{rest}", token("ada")).status == 404
    assert target.count() == 1


def test_stores_07_a_row_that_cannot_be_read_lets_nobody_in(target: Target) -> None:
    key, _ = target.made("ada", permissions=["read"], addresses=["192.0.2.0/24"])
    for column, value in (
        ("permissions", "{"),
        ("permissions", '"read"'),
        ("permissions", "[1]"),
        ("permissions", '{"admin": true}'),
        ("metadata", "["),
        ("addresses", '["nowhere"]'),
        ("addresses", '"0.0.0.0/0"'),
        ("expires_at", "never"),
        ("owner", ""),
    ):
        assert target.ask("GET", "/guarded", ("x-api-key", key)).status == 200
        target.ran.clear()
        (kept,) = target.execute(f"SELECT {column} FROM nexios_api_keys")
        target.execute(f"UPDATE nexios_api_keys SET {column} = ?", value)
        answer = target.ask("GET", "/guarded", ("x-api-key", key))
        assert (answer.status, target.ran) == (503, []), (column, value)
        target.execute(f"UPDATE nexios_api_keys SET {column} = ?", kept)


def test_stores_08_nothing_in_a_stolen_database_opens_anything(target: Target) -> None:
    key, _ = target.made("ada", metadata={"note": "mine"})
    target.made("bob", permissions=["read"])
    target.ask("GET", "/guarded", ("x-api-key", key))
    tables = target.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    values = {
        str(value)
        for table in tables
        for value in target.execute(f'SELECT * FROM "{table}"')
        if value is not None
    }
    assert len(values) > 15
    assert not [value for value in values if key[4:-8] in value]
    assert key.encode()[4:-8] not in target.file.read_bytes()
    target.ran.clear()
    for value in values:
        presented = value.encode("utf-8", "replace").replace(b"\n", b" ")
        for header in ("x-api-key", "authorization"):
            for form in (b"%s", b"key_%s", b"Bearer %s", b"Bearer key_%s"):
                answer = ask(target.app, headers=[(header, form % presented)])
                assert answer.status == 401, value
    assert target.ran == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"owner": "bob"}, 422),
        ({"user": "bob"}, 422),
        ({"userId": "bob"}, 422),
        ({"user_id": "bob"}, 422),
        ({"identity": "bob"}, 422),
        ({"expires_at": "2999-01-01T00:00:00Z"}, 422),
        ({"prefix": "acme_live"}, 422),
        ({"id": "0" * 28}, 422),
        ({"key_hash": "0" * 64}, 422),
        ({"permissions": ["admin"]}, 403),
        ({"permissions": {"admin": True}}, 422),
    ],
    ids=str,
)
def test_stores_10_a_body_names_neither_an_owner_nor_more_than_one_may(
    target: Target, body: dict[str, Any], status: int
) -> None:
    answer = target.ask("POST", "/keys", token("ada"), {"name": "ci", **body})
    assert answer.status == status
    assert target.count() == 0


def test_stores_10_without_a_credential_a_body_makes_nobody(target: Target) -> None:
    for header in (("x-user", "bob"), ("authorization", "Bearer x"), ("x-api-key", "key_x")):
        answer = target.ask("POST", "/keys", header, {"name": "ci", "owner": "bob", "userId": "bob"})
        assert answer.status == 401
    assert target.count() == 0


@pytest.mark.parametrize(
    "body",
    [
        {"permissions": ["write"]},
        {"permissions": ["read", "write"]},
        {"permissions": None},
        {"expires_in": 10**9, "permissions": ["read"]},
        {"expires_in": None},
        {"addresses": ["0.0.0.0/0"]},
        {"addresses": None},
    ],
    ids=str,
)
def test_stores_10_a_narrow_key_makes_no_wider_one(target: Target, body: dict[str, Any]) -> None:
    narrow, made = target.made(
        "ada", permissions=["read"], expires_in=timedelta(hours=1), addresses=["192.0.2.0/24"]
    )
    _, wide = target.made("ada")
    answer = target.ask("POST", "/keys", ("x-api-key", narrow), {"name": "child", **body})
    assert answer.status == 403
    assert target.ask("POST", f"/keys/{wide.id}/rotate", ("x-api-key", narrow)).status == 404
    child = target.ask("POST", "/keys", ("x-api-key", narrow), {"name": "child"})
    assert child.status == 201
    record = target.keys(lambda keys: keys.get(child.json()["id"]))
    assert record is not None
    assert (record.owner, record.permissions, record.addresses) == ("ada", {"read"}, ("192.0.2.0/24",))
    assert record.expires_at == made.expires_at


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/keys/{}"),
        ("DELETE", "/keys/{}"),
        ("POST", "/keys/{}/rotate"),
    ],
)
@pytest.mark.parametrize("by", ["token", "key"])
def test_stores_11_somebody_elses_key_is_not_there(target: Target, method: str, path: str, by: str) -> None:
    theirs_key, theirs = target.made("bob")
    mine, _ = target.made("ada")
    header: Header = token("ada") if by == "token" else ("x-api-key", mine)
    answer = target.ask(method, path.format(theirs.id), header)
    unknown = target.ask(method, path.format("0" * 28), header)
    assert answer.status == unknown.status == 404
    assert (answer.headers, answer.body) == (unknown.headers, unknown.body)
    assert target.keys(lambda keys: keys.verify(theirs_key)) == theirs
    assert target.count() == 2
