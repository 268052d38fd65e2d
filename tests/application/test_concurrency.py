"""Requests that run at the same time know nothing of each other."""

from __future__ import annotations

import random
import threading
from typing import Any

import anyio
import httpx2
import pytest

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, SimpleUser, auth
from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt, decode_jwt
from nexios.auth.backends.session import SessionAuthBackend, login
from nexios.session import SessionMiddleware
from tests.parts import OTHER_SECRET, SECRET, ByHeader

pytestmark = pytest.mark.anyio


class Gate:
    """Lets nobody on before all have come, so that they truly run at once."""

    def __init__(self, expected: int) -> None:
        self._left = expected
        self._event = anyio.Event()

    async def wait(self) -> None:
        self._left -= 1
        if self._left <= 0:
            self._event.set()
        with anyio.fail_after(20):
            await self._event.wait()


def client_of(app: Any) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test")


def app_of(gate: Gate) -> NexiosApp:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(SessionMiddleware())
    app.add_middleware(
        AuthenticationMiddleware(
            user_model=SimpleUser, backends=[JWTAuthBackend(), SessionAuthBackend(), ByHeader()]
        )
    )

    @app.post("/login/{name}")
    @app.get("/login/{name}")
    async def enter(request: Request, response: Response, name: str) -> None:
        login(request, SimpleUser(name))

    @app.get("/me")
    @auth()
    async def me(request: Request, response: Response) -> dict[str, Any]:
        before = request.user.identity
        response.set_header("x-before", before)
        await gate.wait()
        return {"before": before, "after": request.user.identity, "auth": request.scope["auth"]}

    return app


async def test_fifty_requests_at_once_each_see_their_own_user() -> None:
    count = 50
    app = app_of(Gate(count))
    answers: dict[str, Any] = {}
    cookies: dict[str, str] = {}
    async with client_of(app) as client:
        for number in range(0, count, 3):
            answer = await client.get(f"/login/user-{number}")
            cookies[f"user-{number}"] = answer.cookies["session"]
            client.cookies.clear()

        async def ask(number: int) -> None:
            name = f"user-{number}"
            headers = [
                {"cookie": f"session={cookies.get(name)}"},
                {"authorization": f"Bearer {create_jwt({'id': name}, secret=SECRET)}"},
                {"x-user": name},
            ][number % 3]
            answers[name] = await client.get("/me", headers=headers)

        numbers = list(range(count))
        random.Random(7).shuffle(numbers)
        async with anyio.create_task_group() as group:
            for number in numbers:
                group.start_soon(ask, number)
    assert len(answers) == count
    for name, answer in answers.items():
        scope = ["session", "jwt", "header"][int(name[5:]) % 3]
        assert answer.json() == {"before": name, "after": name, "auth": scope}
        assert answer.headers["x-before"] == name


async def test_a_request_with_a_credential_and_one_without_do_not_mix() -> None:
    app = app_of(Gate(1))
    gate = Gate(20)

    @app.get("/open")
    async def handler(request: Request, response: Response) -> dict[str, Any]:
        await gate.wait()
        return {"user": request.user.identity, "auth": request.auth, "credential": request.credential is None}

    found: list[Any] = []
    async with client_of(app) as client:

        async def ask(number: int) -> None:
            headers = {"x-user": f"u{number}"} if number % 2 else {}
            found.append((number, (await client.get("/open", headers=headers)).json()))

        async with anyio.create_task_group() as group:
            for number in range(20):
                group.start_soon(ask, number)
    for number, seen in found:
        who = f"u{number}" if number % 2 else ""
        assert seen == {"user": who, "auth": "header" if number % 2 else None, "credential": True}


async def test_sync_handlers_in_threads_each_see_their_own_user() -> None:
    app, together = app_of(Gate(1)), threading.Barrier(10, timeout=20)

    @app.get("/sync")
    @auth()
    def handler(request: Request, response: Response) -> dict[str, Any]:
        together.wait()
        return {"user": request.user.identity}

    found: dict[int, Any] = {}
    async with client_of(app) as client:

        async def ask(number: int) -> None:
            found[number] = (await client.get("/sync", headers={"x-user": f"u{number}"})).json()

        async with anyio.create_task_group() as group:
            for number in range(10):
                group.start_soon(ask, number)
    assert found == {number: {"user": f"u{number}"} for number in range(10)}


async def test_the_sessions_of_two_clients_do_not_mix() -> None:
    gate = Gate(2)
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(SessionMiddleware())

    @app.post("/add/{word}")
    async def add(request: Request, response: Response, word: str) -> list[str]:
        request.session.setdefault("words", []).append(word)
        await gate.wait()
        return request.session["words"]  # type: ignore[no-any-return]

    async with client_of(app) as ada, client_of(app) as bob:
        for word in ("one", "two"):
            gate = Gate(2)
            async with anyio.create_task_group() as group:
                group.start_soon(ada.post, f"/add/ada-{word}")
                group.start_soon(bob.post, f"/add/bob-{word}")
        gate = Gate(1)
        assert (await ada.post("/add/end")).json() == ["ada-one", "ada-two", "end"]
        assert (await bob.post("/add/end")).json() == ["bob-one", "bob-two", "end"]


async def test_two_applications_at_once_each_sign_with_their_own_secret() -> None:
    gate = Gate(2)

    def app_with(secret: str) -> NexiosApp:
        app = NexiosApp(config=MakeConfig(secret_key=secret))

        @app.get("/token")
        async def token(request: Request, response: Response) -> dict[str, str]:
            await gate.wait()
            return {"token": create_jwt({"id": "1"})}

        @app.get("/sync")
        def in_thread(request: Request, response: Response) -> dict[str, str]:
            return {"token": create_jwt({"id": "1"})}

        return app

    tokens: dict[str, list[str]] = {SECRET: [], OTHER_SECRET: []}
    apps = {secret: app_with(secret) for secret in tokens}

    async def ask(secret: str) -> None:
        async with client_of(apps[secret]) as client:
            for path in ("/token", "/sync"):
                tokens[secret].append((await client.get(path)).json()["token"])

    async with anyio.create_task_group() as group:
        for secret in tokens:
            group.start_soon(ask, secret)
    for secret, made in tokens.items():
        assert [decode_jwt(token, secret=secret)["id"] for token in made] == ["1", "1"]


async def test_two_applications_keep_their_credentials_apart() -> None:
    def app_with(secret: str) -> NexiosApp:
        app = NexiosApp(config=MakeConfig(secret_key=secret))
        app.add_middleware(AuthenticationMiddleware(user_model=SimpleUser, backend=JWTAuthBackend()))

        @app.get("/me")
        @auth()
        async def me(request: Request, response: Response) -> str:
            return str(request.user.identity)

        return app

    async with client_of(app_with(SECRET)) as one, client_of(app_with(OTHER_SECRET)) as two:
        headers = {"authorization": f"Bearer {create_jwt({'id': '1'}, secret=SECRET)}"}
        # In turns, so that what one has verified and kept would show in the other.
        for _ in range(3):
            assert (await one.get("/me", headers=headers)).status_code == 200
            assert (await two.get("/me", headers=headers)).status_code == 401


def test_one_backend_object_serves_two_applications_with_different_keys() -> None:
    from starlette.testclient import TestClient

    backend = JWTAuthBackend()
    clients = []
    for secret in (SECRET, OTHER_SECRET):
        app = NexiosApp(config=MakeConfig(secret_key=secret))
        app.add_middleware(
            AuthenticationMiddleware(user_model=Looked, backends=[backend, APIKeyAuthBackend()])
        )

        @app.get("/me")
        @auth()
        async def me(request: Request, response: Response) -> str:
            return str(request.user.identity)

        clients.append(TestClient(app))
    headers = {"authorization": f"Bearer {create_jwt({'id': '1'}, secret=SECRET)}"}
    assert [client.get("/me", headers=headers).status_code for client in clients] == [200, 401]


class Looked(SimpleUser):
    @classmethod
    async def load_user(cls, identity: str) -> Looked | None:
        return cls(identity) if identity == "1" else None
