"""The demo with data of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from starlette.testclient import TestClient

from nexios.demo.app import create_app
from nexios.demo.database import PEOPLE


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[Callable[[], PasswordHash]]:
    """Argon2id with the least memory; the recommended hasher is what the fixture gives."""
    recommended = PasswordHash.recommended
    with pytest.MonkeyPatch.context() as patch:
        quick = PasswordHash([Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)])
        patch.setattr(PasswordHash, "recommended", lambda: quick)
        yield recommended


@pytest.fixture(scope="session")
def made_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the demo leaves it: made once."""
    folder = tmp_path_factory.mktemp("demo")
    create_app(folder)
    return folder


@pytest.fixture
def folder(made_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made_folder, tmp_path / "data"))


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    """A browser with its cookies, at the running demo."""
    with TestClient(create_app(folder), follow_redirects=False) as client:
        yield client


@pytest.fixture
def log_in(client: TestClient) -> Callable[[str], None]:
    def log_in(name: str) -> None:
        person = next(person for person in PEOPLE if person.name == name)
        answer = client.post("/login", json={"username": person.username, "password": person.password})
        assert answer.status_code == 303

    return log_in
