"""Sessions on several devices: listed, and ended from elsewhere."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from nexios.demo.app import COOKIE_NAME, create_app
from nexios.demo.database import PEOPLE


class Device:
    """A browser of its own at the running demo."""

    def __init__(self, client: TestClient, agent: str, username: str) -> None:
        self._client = client
        self._headers = {"User-Agent": agent}
        person = next(person for person in PEOPLE if person.username == username)
        body = {"username": person.username, "password": person.password}
        self.cookie = self.ask("POST", "/login", json=body).cookies[COOKIE_NAME]
        self._headers["Cookie"] = f"{COOKIE_NAME}={self.cookie}"

    def ask(self, method: str, path: str, **options: Any) -> Any:
        self._client.cookies.clear()
        answer = self._client.request(method, path, headers=self._headers, follow_redirects=False, **options)
        self._client.cookies.clear()
        return answer

    def status(self, path: str = "/profile") -> int:
        return int(self.ask("GET", path).status_code)

    def sessions(self) -> dict[str, Any]:
        return {each["user_agent"]: each for each in self.ask("GET", "/sessions").json()["sessions"]}


@pytest.fixture
def devices(client: TestClient) -> tuple[Device, Device, Device]:
    """Ada's laptop and phone, and Bob's phone."""
    return Device(client, "laptop", "ada"), Device(client, "phone", "ada"), Device(client, "bobs", "bob")


Devices = tuple[Device, Device, Device]


def test_one_sees_ones_devices_and_which_is_this_one(devices: Devices) -> None:
    laptop, phone, bobs = devices
    found = laptop.sessions()
    assert {agent: each["current"] for agent, each in found.items()} == {"laptop": True, "phone": False}
    assert phone.sessions()["phone"]["current"] is True
    assert set(bobs.sessions()) == {"bobs"}
    assert found["phone"]["address"] == "testclient"
    assert found["phone"]["last_seen_at"] >= found["phone"]["created_at"]


def test_a_session_that_is_ended_from_elsewhere_is_answered_401(devices: Devices) -> None:
    laptop, phone, _ = devices
    assert phone.status() == 200
    assert laptop.ask("DELETE", f"/sessions/{laptop.sessions()['phone']['id']}").status_code == 204
    assert phone.status() == phone.status("/admin") == phone.status("/sessions") == 401
    assert phone.ask("POST", "/token").status_code == 401
    assert phone.ask("GET", "/session").json()["user"] is None
    assert laptop.status() == 200


def test_all_others_end_at_once_and_nobody_elses(devices: Devices) -> None:
    laptop, phone, bobs = devices
    assert laptop.ask("DELETE", "/sessions").json() == {"ended": 1}
    assert [device.status() for device in (laptop, phone, bobs)] == [200, 401, 200]


def test_nobody_ends_the_session_of_another(devices: Devices) -> None:
    laptop, phone, bobs = devices
    path = f"/sessions/{laptop.sessions()['phone']['id']}"
    unknown = bobs.ask("DELETE", "/sessions/0123456789")
    refused = bobs.ask("DELETE", path)
    assert (refused.status_code, refused.json()) == (unknown.status_code, unknown.json())
    assert refused.status_code == 404
    assert phone.status() == 200


def test_another_site_ends_no_session(devices: Devices, client: TestClient) -> None:
    laptop, phone, _ = devices
    foreign = {"Cookie": f"{COOKIE_NAME}={laptop.cookie}", "Sec-Fetch-Site": "cross-site"}
    assert client.request("DELETE", "/sessions", headers=foreign).status_code == 403
    assert phone.status() == 200


def test_an_ended_session_stays_ended_after_a_restart(folder: Path) -> None:
    with TestClient(create_app(folder)) as client:
        laptop, phone = Device(client, "laptop", "ada"), Device(client, "phone", "ada")
        laptop.ask("DELETE", "/sessions")
    with TestClient(create_app(folder)) as client:
        for device, status in ((laptop, 200), (phone, 401)):
            header = {"Cookie": f"{COOKIE_NAME}={device.cookie}"}
            assert client.get("/profile", headers=header).status_code == status


def test_neither_a_list_nor_the_file_holds_what_opens_a_session(devices: Devices, folder: Path) -> None:
    laptop, phone, _ = devices
    listed = laptop.ask("GET", "/sessions").text
    with closing(sqlite3.connect(folder / "demo.db")) as database:
        dump = "\n".join(database.iterdump())
    for secret in (laptop.cookie, phone.cookie):
        assert secret not in listed
        assert secret not in dump
    assert laptop.sessions()["phone"]["id"] in dump
