"""A cookie from before a logout, a login or a renewal is dead; nothing brings an ended session back."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import anyio
import httpx2
import pytest
from starlette.testclient import TestClient

from nexios import NexiosApp, Request, Response
from nexios.auth.backends.session import login, logout
from tests.parts import Person
from tests.session.apps import client_of, is_in, kept, session_app
from tests.session.sources import every_source

pytestmark = every_source


def test_every_cookie_of_a_session_is_dead_after_logout() -> None:
    app = session_app()
    client, cookies = TestClient(app), []
    for path in ("/login/ada", "/keep/a/1", "/keep/b/2", "/renew", "/keep/c/3"):
        client.post(path)
        cookies.append(client.cookies["session"])
    client.post("/logout")
    assert [is_in(app, cookie) for cookie in cookies] == [False] * len(cookies)
    assert [kept(app, cookie) for cookie in cookies] == [{}] * len(cookies)


def test_a_renewed_session_goes_on_with_its_data_and_the_old_id_is_dead() -> None:
    app = session_app()
    client = TestClient(app)
    client.post("/login/ada")
    client.post("/keep/a/1")
    before = client.cookies["session"]
    client.post("/renew")
    assert client.get("/session").json() == {"user": {"id": "ada"}, "a": "1"}
    assert not is_in(app, before)
    assert kept(app, before) == {}


def test_a_session_may_be_renewed_again_and_again() -> None:
    app = session_app()
    client, dead = TestClient(app), []
    client.post("/login/ada")
    for _ in range(5):
        dead.append(client.cookies["session"])
        client.post("/renew")
    assert is_in(app, client.cookies["session"])
    assert not any(is_in(app, cookie) for cookie in dead)


def test_a_client_without_a_session_may_renew_it() -> None:
    app = session_app()

    @app.post("/renew-and-keep")
    async def handler(request: Request, response: Response) -> None:
        request.session.renew()
        request.session["a"] = 1

    client = TestClient(app)
    assert "set-cookie" not in client.post("/renew").headers
    client.post("/renew-and-keep")
    assert client.get("/session").json() == {"a": 1}


def test_the_logout_of_one_client_leaves_the_others_in() -> None:
    app = session_app()
    ada, again, bob = TestClient(app), TestClient(app), TestClient(app)
    ada.post("/login/ada")
    again.post("/login/ada")
    bob.post("/login/bob")
    ada.post("/logout")
    assert [client.get("/me").status_code for client in (ada, again, bob)] == [401, 200, 200]


def test_a_session_from_before_a_login_cannot_be_used_to_share_it() -> None:
    app = session_app()
    attacker = TestClient(app)
    attacker.post("/keep/word/fixed")
    fixed = attacker.cookies["session"]
    victim = client_of(app, fixed)
    victim.post("/login/ada")
    assert victim.get("/me").json()["user"] == "ada"
    assert attacker.get("/me").status_code == 401
    assert not is_in(app, fixed)


def test_deleting_the_last_key_ends_the_session() -> None:
    app = session_app()
    client = TestClient(app)
    client.post("/keep/a/1")
    before = client.cookies["session"]
    answer = client.post("/drop/a")
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert kept(app, before) == {}


class Gates:
    """Holds a request in its handler until it is let go."""

    def __init__(self) -> None:
        self.inside, self.go_on = anyio.Event(), anyio.Event()

    async def hold(self) -> None:
        self.inside.set()
        with anyio.fail_after(10):
            await self.go_on.wait()


def slow_app(act: Any) -> tuple[NexiosApp, Gates]:
    """An application with a request that is held before it acts on its session."""
    app, gates = session_app(), Gates()

    @app.post("/slow")
    async def slow(request: Request, response: Response) -> None:
        dict(request.session)
        await gates.hold()
        act(request)

    return app, gates


def keep_more(request: Any) -> None:
    request.session["more"] = "1"


def change_nested(request: Any) -> None:
    request.session["user"]["more"] = "1"


def renew(request: Any) -> None:
    request.session.renew()


def look(request: Any) -> None:
    dict(request.session)


def end(request: Any) -> None:
    logout(request)


def client(app: Any) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://testserver.local")


async def while_slow(
    app: NexiosApp, gates: Gates, headers: dict[str, str], meanwhile: Awaitable[httpx2.Response]
) -> tuple[httpx2.Response, httpx2.Response]:
    """The answer to the request that is held, and the one to what is asked while it is."""
    answers: list[httpx2.Response] = []

    async def ask_slowly() -> None:
        async with client(app) as other:
            answers.append(await other.post("/slow", headers=headers))

    async with anyio.create_task_group() as group:
        group.start_soon(ask_slowly)
        await gates.inside.wait()
        found = await meanwhile
        gates.go_on.set()
    return answers[0], found


@pytest.mark.anyio
@pytest.mark.parametrize("ending", ["/logout", "/login/bob"])
@pytest.mark.parametrize("act", [keep_more, change_nested, renew, look, end], ids=lambda act: act.__name__)
async def test_a_request_that_runs_while_the_session_ends_does_not_bring_it_back(
    act: Any, ending: str
) -> None:
    app, gates = slow_app(act)
    async with client(app) as browser:
        cookie = (await browser.post("/login/ada")).cookies["session"]
        headers = {"cookie": f"session={cookie}"}
        browser.cookies.clear()

        answer, _ = await while_slow(app, gates, headers, browser.post(ending, headers=headers))
        assert answer.status_code == 204
        given = answer.cookies.get("session")
        for value in {cookie, given} - {None}:
            found = await browser.get("/me", headers={"cookie": f"session={value}"})
            assert found.status_code == 401


@pytest.mark.anyio
async def test_a_login_in_a_running_request_is_a_session_of_its_own() -> None:
    app, gates = slow_app(lambda request: login(request, Person("bob")))
    async with client(app) as browser:
        cookie = (await browser.post("/login/ada")).cookies["session"]
        headers = {"cookie": f"session={cookie}"}
        browser.cookies.clear()

        answer, _ = await while_slow(app, gates, headers, browser.post("/logout", headers=headers))
        given = answer.cookies["session"]
        assert (await browser.get("/me", headers={"cookie": f"session={given}"})).json()["user"] == "bob"
        assert (await browser.get("/me", headers=headers)).status_code == 401


@pytest.mark.anyio
async def test_a_change_that_runs_beside_a_renewal_does_not_bring_the_old_id_back() -> None:
    app, gates = slow_app(keep_more)
    async with client(app) as browser:
        cookie = (await browser.post("/login/ada")).cookies["session"]
        headers = {"cookie": f"session={cookie}"}

        answer, other = await while_slow(app, gates, headers, browser.post("/renew"))
        renewed = other.cookies["session"]
        assert "set-cookie" not in answer.headers
        browser.cookies.clear()
        assert (await browser.get("/me", headers=headers)).status_code == 401
        assert (await browser.get("/me", headers={"cookie": f"session={renewed}"})).status_code == 200
