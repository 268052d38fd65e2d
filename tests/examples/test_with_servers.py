"""The example of PostgreSQL and Redis, with both."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from starlette.testclient import TestClient

from tests.stores.engines import fresh, needs_service

pytestmark = pytest.mark.service


def test_sessions_in_redis_and_keys_in_postgresql(
    load: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    needs_service("postgresql")
    needs_service("redis")
    with fresh("postgresql", tmp_path) as database, fresh("redis", tmp_path) as cache:
        monkeypatch.setenv("NEXIOS_STORE_URL", database.url)
        monkeypatch.setenv("SESSIONS_URL", cache.url)
        app = load("postgresql_and_redis").app
        with TestClient(app) as client:
            client.post("/guests/ada")
            laptop = {"Cookie": f"session={client.cookies['session']}"}
            client.cookies.clear()
            client.post("/guests/ada")
            phone = {"Cookie": f"session={client.cookies['session']}"}
            client.cookies.clear()
            key = {"X-API-Key": client.post("/keys", json={"name": "ci"}, headers=laptop).json()["key"]}

        # Another process, some time later
        again = load("postgresql_and_redis").app
        with TestClient(again) as client:
            assert client.get("/profile", headers=key).json() == {"user_id": "ada", "by": "apikey"}
            assert client.get("/profile", headers=laptop).json() == {"user_id": "ada", "by": "session"}
            assert len(client.get("/sessions", headers=laptop).json()["sessions"]) == 2
            assert client.delete("/sessions", headers=laptop).json() == {"ended": 1}
            assert client.get("/profile", headers=phone).status_code == 401
            assert client.get("/sessions", headers=key).status_code == 401
            assert client.post("/logout", headers=laptop).status_code == 204
            assert client.get("/profile", headers=laptop).status_code == 401
