"""The demo with data of its own."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from starlette.testclient import TestClient

from nexios.demo.app import create_app
from nexios.demo.database import PEOPLE
from nexios.demo.server import serving

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


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
    with TestClient(create_app(folder)):
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


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium: apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def url(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(create_app(tmp_path_factory.mktemp("browser"))) as url:
        yield url


@pytest.fixture
def open_page(browser: Any, url: str) -> Iterator[Callable[..., Any]]:
    """Open the page; at the end nothing went wrong in it, and no other host was asked for anything."""
    contexts, wrong, hosts = [], [], set()

    def noted(message: Any) -> None:
        # The browser notes every answer that is no success; here those are what is shown.
        if not re.search(
            r"Failed to load resource: (the server responded with a status of 4(?:0[013]|22) |net::)",
            message.text,
        ):
            wrong.append(f"{message.type}: {message.text}")

    def open_page(path: str = "/", *, clock: bool = False, **options: Any) -> Any:
        context = browser.new_context(base_url=url, **{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", noted)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
        if clock:
            page.clock.install(time=time.time())
        page.goto(url + path)
        page.get_by_role("button", name="GET /profile with No credential: call").wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []
    assert hosts <= {urlsplit(url).netloc}
