"""The clock, the open routes and the events that a test wants, and what pytest finds by itself."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.staticfiles import StaticFiles

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, auth, public
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt
from nexios.events import Authenticated, KeyCreated, KeyRevoked
from nexios.testing import FrozenClock, TestClient, assert_guarded, hearing, open_routes
from tests.parts import SECRET, Person


def test_a_frozen_clock_stands_until_it_is_turned() -> None:
    clock = FrozenClock(datetime(2030, 1, 1, 12, tzinfo=UTC))
    assert clock() == clock() == datetime(2030, 1, 1, 12, tzinfo=UTC).timestamp()
    clock.advance(days=1, minutes=-30)
    assert clock.now == datetime(2030, 1, 2, 11, 30, tzinfo=UTC)
    clock.set(datetime(2029, 1, 1, tzinfo=UTC))
    assert repr(clock) == "FrozenClock(2029-01-01T00:00:00+00:00)"
    with pytest.raises(ValueError, match="time zone"):
        FrozenClock(datetime(2030, 1, 1))


def test_a_frozen_clock_is_a_clock_of_ours() -> None:
    clock = FrozenClock()
    app = app_of()
    app.add_middleware(AuthenticationMiddleware(user_model=Person, backend=JWTAuthBackend(clock=clock)))
    token = create_jwt({"id": "ada", "exp": clock() + 60}, SECRET)
    client = TestClient(app, headers={"authorization": f"Bearer {token}"})
    assert client.get("/guarded").status_code == 204
    clock.advance(seconds=60)
    assert client.get("/guarded").status_code == 401


def app_of(**settings: bool) -> NexiosApp:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET, **settings))

    @app.get("/guarded")
    @auth()
    async def guarded(request: Request, response: Response) -> None: ...

    @app.get("/public")
    @public
    async def opened(request: Request, response: Response) -> None: ...

    return app


async def forgotten(request: Request, response: Response) -> None: ...


def test_an_application_whose_routes_are_all_guarded_or_public_passes() -> None:
    app = app_of()
    assert open_routes(app) == []
    assert_guarded(app)


def test_a_route_that_was_forgotten_is_named() -> None:
    app = app_of()
    app.route("/forgotten", methods=["POST", "PUT"])(forgotten)
    app.websocket_route("/socket")(forgotten)
    with pytest.raises(AssertionError, match=r"POST/PUT /forgotten, WEBSOCKET /socket; put @auth\(\)"):
        assert_guarded(app)
    assert_guarded(app, besides=["/forgotten", "/socket"])
    with pytest.raises(TypeError, match="besides="):
        assert_guarded(app, besides="/forgotten")


def test_a_mounted_application_is_looked_into(tmp_path: Path) -> None:
    app, inner, innermost = app_of(), app_of(), app_of()
    innermost.get("/forgotten")(forgotten)
    inner.mount("/below", innermost)
    app.mount("/inner", inner)
    assert open_routes(app) == ["GET /inner/below/forgotten"]
    app.mount("/files", StaticFiles(directory=tmp_path))
    assert open_routes(app) == ["GET /inner/below/forgotten", "MOUNT /files"]
    assert_guarded(app, besides=["/files", "/inner/below/forgotten"])


def test_an_application_that_wants_everybody_known_has_no_open_route() -> None:
    app = app_of(require_auth=True)
    app.get("/forgotten")(forgotten)
    assert_guarded(app)


def test_what_is_mounted_behind_a_guard_is_not_open() -> None:
    inner = NexiosApp()
    inner.get("/forgotten")(forgotten)
    app = app_of(require_auth=True)
    app.add_middleware(AuthenticationMiddleware(user_model=Person, backend=JWTAuthBackend()))
    app.mount("/inner", inner)
    assert TestClient(app).get("/inner/forgotten").status_code == 401
    assert_guarded(app)


def test_only_the_routes_of_ours_can_be_looked_through() -> None:
    with pytest.raises(TypeError, match="NexiosApp"):
        assert_guarded(StaticFiles)  # type: ignore[arg-type]


def test_events_are_heard_meanwhile_and_no_longer() -> None:
    app = NexiosApp()
    with hearing(app.events, KeyCreated, Authenticated) as heard:
        app.events.emit(KeyCreated(key_id="k1"))
        app.events.emit(KeyRevoked(key_id="k1"))
    app.events.emit(KeyCreated(key_id="k2"))
    assert [event.name() for event in heard] == ["key_created"]
    assert not app.events.listening


PROJECT = """
from nexios import NexiosApp
from nexios.events import KeyCreated

stopped = []

def test_the_fixtures_are_there(frozen_clock, nexios_client, nexios_events):
    frozen_clock.advance(hours=1)
    app = NexiosApp()
    app.on_startup(lambda: setattr(app.state, "begun", True))
    app.on_shutdown(lambda: stopped.append(app))
    heard = nexios_events(app)
    client = nexios_client(app)
    assert app.state.begun
    app.events.emit(KeyCreated(key_id="k1"))
    assert len(heard) == 1
    assert client.get("/").status_code == 404

def test_what_was_started_is_stopped():
    assert len(stopped) == 1
    assert not stopped[0].events.listening
"""


def test_pytest_finds_the_fixtures_by_itself(tmp_path: Path) -> None:
    (tmp_path / "test_project.py").write_text(PROJECT)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_the_plugin_is_harmless_where_nobody_asks_for_it() -> None:
    """It does not bring the test client into a project that does not use it."""
    code = "import sys, nexios.testing.plugin; assert 'httpx2' not in sys.modules, 'httpx2'"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("missing", ["httpx2", "starlette.testclient"])
def test_without_httpx2_the_clients_say_what_to_install(missing: str) -> None:
    code = (
        f"import sys\nsys.modules[{missing!r}] = None\n"
        "import nexios.testing\n"
        "try:\n    nexios.testing.TestClient\n"
        "except Exception as error:\n    print(type(error).__name__, error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 'ConfigError the test clients need httpx2: pip install "nexios[testing]"' in done.stdout
