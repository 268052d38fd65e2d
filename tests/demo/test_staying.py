"""A phone of the demo stays logged in, also over a restart, and only who is logged in gets one."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from nexios.demo.app import create_app
from nexios.exceptions import ConfigError


def refresh(client: TestClient, token: str) -> dict[str, str]:
    form = {"grant_type": "refresh_token", "refresh_token": token}
    return dict(client.post("/oauth/token", data=form).json())


def get_profile(client: TestClient, token: str) -> int:
    client.cookies.clear()
    return client.get("/profile", headers={"Authorization": f"Bearer {token}"}).status_code


def test_a_phone_is_for_who_is_logged_in(client: TestClient, log_in: Callable[[str], None]) -> None:
    assert client.post("/phones").status_code == 401
    log_in("Bob")
    answer = client.post("/phones")
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json()["expires_in"] == 20
    assert get_profile(client, answer.json()["access_token"]) == 200


def test_a_phone_stays_logged_in_over_a_restart(folder: Path) -> None:
    with TestClient(create_app(folder), follow_redirects=False) as client:
        client.post("/login", json={"username": "ada", "password": "notes-on-the-engine"})
        pair = client.post("/phones").json()
    assert stat.S_IMODE((folder / "ring.json").stat().st_mode) == 0o600
    with TestClient(create_app(folder)) as client:
        assert get_profile(client, pair["access_token"]) == 200
        following = refresh(client, pair["refresh_token"])
        assert get_profile(client, following["access_token"]) == 200
        assert refresh(client, pair["refresh_token"])["error"] == "invalid_grant"
        for token in (pair["access_token"], following["access_token"]):
            assert get_profile(client, token) == 401


def test_a_ring_that_is_none_is_told(folder: Path) -> None:
    (folder / "ring.json").write_text("{}")
    (folder / "ring.json").chmod(0o600)
    with pytest.raises(ConfigError):
        create_app(folder)
