"""Attacks on the store itself: it is down, slow or answers nonsense; its process is killed in the middle."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx2
import pytest

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.apikeys import APIKeys
from nexios.auth import AuthenticationMiddleware, auth
from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.auth.backends.session import SessionAuthBackend, login, logout
from nexios.session import SessionMiddleware
from nexios.stores import open_store
from tests.parts import SECRET, Person, assert_problem
from tests.stores.engines import Engine, fresh, needs_service
from tests.stores.proxy import FAULTS, Proxy


@pytest.fixture(params=["postgresql", "redis"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    needs_service(request.param)
    with fresh(request.param, tmp_path) as made:
        yield made


class Target:
    """An application whose sessions, and keys where the store keeps some, are in `store`.

    Attributes:
        ran: How often the guarded handler ran.
    """

    def __init__(self, store: Any, *, with_keys: bool) -> None:
        self.ran = 0
        # Each request asks the store, whatever was found before.
        self.keys = APIKeys(store, kept=0) if with_keys else None
        backends: list[Any] = [SessionAuthBackend()]
        if self.keys is not None:
            backends.append(APIKeyAuthBackend(keys=self.keys))
        self.app = NexiosApp(config=MakeConfig(secret_key=SECRET))
        self.app.add_middleware(SessionMiddleware(store=store, secure=False))
        self.app.add_middleware(AuthenticationMiddleware(user_model=Person, backends=backends))

        @self.app.post("/login")
        async def log_in(request: Request, response: Response) -> dict[str, str]:
            login(request, Person("ada"))
            return {}

        @self.app.post("/logout")
        async def log_out(request: Request, response: Response) -> dict[str, str]:
            logout(request)
            return {}

        @self.app.get("/guarded")
        @auth()
        async def guarded(request: Request, response: Response) -> str:
            self.ran += 1
            return str(request.user.identity)

        @self.app.get("/health")
        async def health(request: Request, response: Response) -> str:
            return "well"

    async def ask(self, method: str, path: str, **headers: str) -> tuple[httpx2.Response, float]:
        """The answer, and after how many seconds it came."""
        transport = httpx2.ASGITransport(app=self.app)
        began = time.monotonic()
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
            answer = await client.request(method, path, headers=headers)
        return answer, time.monotonic() - began


@pytest.mark.service
@pytest.mark.anyio
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
async def test_stores_04_a_store_that_is_down_lets_nobody_in_and_is_well_again_by_itself(
    server: Engine, fault: Any
) -> None:
    url = urlsplit(server.url)
    async with server.open(), Proxy(url.hostname or "", url.port or 0) as proxy:
        user = url.netloc.rpartition("@")[0]
        there = f"{user}{'@' if user else ''}127.0.0.1:{proxy.port}"
        async with open_store(urlunsplit(url._replace(netloc=there))) as store:
            target = Target(store, with_keys=server.kind == "postgresql")
            answer, _ = await target.ask("POST", "/login")
            credentials = [{"Cookie": answer.headers["set-cookie"].partition(";")[0]}]
            if target.keys is not None:
                key, _ = await target.keys.create("ada", "ci")
                credentials.append({"X-API-Key": key})
            for good in credentials:
                assert (await target.ask("GET", "/guarded", **good))[0].status_code == 200
            before = target.ran

            await fault(proxy)
            asked = [("GET", "/guarded", good) for good in credentials * 20]
            asked += [("POST", "/login", {}), ("POST", "/logout", credentials[0])]
            answers = await asyncio.gather(*(target.ask(how, path, **good) for how, path, good in asked))
            for answer, seconds in answers:
                assert_problem(answer, 503)
                assert seconds < 2
                assert "set-cookie" not in answer.headers
                assert "127.0.0.1" not in answer.text
            assert target.ran == before
            # Who asks for nothing that is kept is served, as a health check is.
            assert (await target.ask("GET", "/health", **credentials[0]))[0].text == "well"

            await proxy.heal()
            healed = time.monotonic()
            for good in credentials:
                while (await target.ask("GET", "/guarded", **good))[0].status_code != 200:
                    assert time.monotonic() - healed < 2
            # The logout that was refused has not been done, so it can be done now.
            assert (await target.ask("POST", "/logout", **credentials[0]))[0].status_code == 200
            assert (await target.ask("GET", "/guarded", **credentials[0]))[0].status_code == 401


KILLED = """
import asyncio, sys
from nexios.apikeys import APIKeys
from nexios.stores import open_store

async def main():
    async with open_store(sys.argv[1]) as store:
        await store.upgrade()
        keys = APIKeys(store)
        while True:
            key, record = await keys.create("ada", "ci")
            print("created", key, flush=True)
            await keys.revoke(record.id)
            print("revoked", key, flush=True)
            key, record = await keys.create("ada", "ci")
            print("created", key, flush=True)

asyncio.run(main())
"""


def test_stores_05_a_process_that_is_killed_leaves_each_key_as_it_was_said_to_be(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/app.db"
    said: dict[str, str] = {}
    for lines in (1, 2, 3, 8, 17):
        command = [sys.executable, "-c", KILLED, url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
            assert process.stdout is not None
            told = [process.stdout.readline() for _ in range(lines)]
            process.kill()
            told += process.stdout.readlines()
        for line in told:
            if line.endswith("\n"):
                what, key = line.split()
                said[key] = what
        # What the process was at when it was killed may have been done, or not.
        last = told[-1].split()[1]
        said.pop(last, None)

    async def statuses() -> dict[str, int]:
        async with open_store(url) as store:
            target = Target(store, with_keys=True)
            return {
                key: (await target.ask("GET", "/guarded", **{"X-API-Key": key}))[0].status_code
                for key in said
            }

    expected = {"created": 200, "revoked": 401}
    assert asyncio.run(statuses()) == {key: expected[what] for key, what in said.items()}
    assert set(said.values()) == {"created", "revoked"}
