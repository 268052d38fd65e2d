"""What the demo keeps: it survives a restart, and nobody else can read it."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from pwdlib import PasswordHash
from starlette.testclient import TestClient

from nexios.demo.app import create_app
from nexios.demo.folder import default_folder, open_folder
from nexios.exceptions import ConfigError

ADA = {"username": "ada", "password": "notes-on-the-engine"}


def test_sessions_tokens_and_keys_survive_a_restart(folder: Path) -> None:
    with TestClient(create_app(folder)) as client:
        client.post("/login", json=ADA)
        session = dict(client.cookies)
        token = {"Authorization": f"Bearer {client.post('/token').json()['token']}"}
        key = {"X-API-Key": client.post("/api/keys", json={"name": "ci"}).json()["key"]}
    with TestClient(create_app(folder), cookies=session) as client:
        assert client.get("/admin").status_code == 200
    with TestClient(create_app(folder)) as client:
        assert client.get("/profile").status_code == 401
        assert client.get("/admin", headers=token).status_code == 200
        assert client.get("/api/data", headers=key).status_code == 200


def test_another_folder_knows_nothing_of_this_one(folder: Path, tmp_path: Path) -> None:
    with TestClient(create_app(folder)) as client:
        client.post("/login", json=ADA)
        session = dict(client.cookies)
        token = {"Authorization": f"Bearer {client.post('/token').json()['token']}"}
        key = {"X-API-Key": client.post("/api/keys", json={"name": "ci"}).json()["key"]}
    with TestClient(create_app(tmp_path / "other"), cookies=session) as client:
        for header in ({}, token, key):
            assert client.get("/profile", headers=header).status_code == 401


def test_passwords_are_kept_as_argon2id_by_pwdlibs_recommendation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick_passwords: Callable[[], PasswordHash]
) -> None:
    monkeypatch.setattr(PasswordHash, "recommended", quick_passwords)
    with TestClient(create_app(tmp_path)) as client:
        assert client.post("/login", json=ADA, follow_redirects=False).status_code == 303
    with closing(sqlite3.connect(tmp_path / "demo.db")) as database:
        hashes = [row[0] for row in database.execute("SELECT password_hash FROM users")]
    assert len(set(hashes)) == 2
    assert all(kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$") for kept in hashes)


def test_what_is_kept_is_its_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "data"
    with TestClient(create_app(folder)) as client:
        client.post("/login", json=ADA)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}
    assert modes.pop("data") == 0o700
    assert {"demo.db", "secret"} <= set(modes)
    assert set(modes.values()) == {0o600}


def test_a_secret_that_others_could_read_is_closed(folder: Path) -> None:
    (folder / "secret").chmod(0o644)
    create_app(folder)
    assert stat.S_IMODE((folder / "secret").stat().st_mode) == 0o600


def test_each_folder_has_a_secret_of_its_own(tmp_path: Path) -> None:
    assert len({open_folder(tmp_path / str(number))[1] for number in range(20)}) == 20


@pytest.mark.parametrize("content", [b"", b"\n", b"short", b"\xff" * 42])
def test_a_file_that_holds_no_secret_is_refused(folder: Path, content: bytes) -> None:
    (folder / "secret").write_bytes(content)
    with pytest.raises(ConfigError, match="holds no secret: delete it"):
        create_app(folder)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"no database" * 100, id="another file"),
        pytest.param(b"SQLite format 3\x00" + b"\x00" * 100, id="a broken one"),
    ],
)
def test_a_file_that_is_no_database_is_refused(folder: Path, content: bytes) -> None:
    (folder / "demo.db").write_bytes(content)
    with pytest.raises(ConfigError, match="move it away"):
        create_app(folder)


def test_a_folder_of_any_name_is_taken(tmp_path: Path) -> None:
    folder = tmp_path / "a b#c%20d?e=f&g é"
    with TestClient(create_app(folder)) as client:
        client.post("/login", json=ADA)
        session = dict(client.cookies)
    with TestClient(create_app(folder), cookies=session) as client:
        assert client.get("/admin").status_code == 200


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="choose a folder with --data"):
        create_app(tmp_path / "file" / "data")


@pytest.mark.parametrize(
    ("platform", "environ", "wanted"),
    [
        pytest.param("linux", {}, "/home/ada/.local/share/nexios-demo", id="linux"),
        pytest.param("linux", {"XDG_DATA_HOME": "/data"}, "/data/nexios-demo", id="linux, its own place"),
        pytest.param(
            "linux", {"XDG_DATA_HOME": "x"}, "/home/ada/.local/share/nexios-demo", id="linux, relative"
        ),
        pytest.param("darwin", {}, "/home/ada/Library/Application Support/nexios-demo", id="macOS"),
        pytest.param("win32", {}, "/home/ada/AppData/Local/nexios-demo", id="Windows"),
        pytest.param("win32", {"LOCALAPPDATA": "/local"}, "/local/nexios-demo", id="Windows, its own place"),
    ],
)
def test_the_folder_stands_where_the_system_keeps_such_data(
    monkeypatch: pytest.MonkeyPatch, platform: str, environ: dict[str, str], wanted: str
) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/home/ada"))
    assert default_folder(platform, environ).as_posix() == wanted


def test_whoever_has_no_home_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> Path:
        raise RuntimeError("no home")

    monkeypatch.setattr(Path, "home", nowhere)
    with pytest.raises(ConfigError, match="--data"):
        default_folder()
