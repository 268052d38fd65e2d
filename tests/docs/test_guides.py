"""Every Python block of the guides and the README runs as printed, and what it asserts holds."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest
from starlette.testclient import TestClient

from tests.docs.markdown import GUIDES, INDEX, README, blocks, shown

every_guide = pytest.mark.parametrize(
    "page", [page for page in GUIDES if any(blocks(page, "python"))], ids=shown
)


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """An empty module, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    module = ModuleType("page")
    monkeypatch.setitem(sys.modules, "page", module)
    return module


def run(page: Path, module: ModuleType) -> None:
    """Run the Python blocks of `page` one after another."""
    for block in blocks(page, "python"):
        code = compile("\n" * (block.line - 1) + block.text, shown(page), "exec", dont_inherit=True)
        exec(code, vars(module))


@every_guide
def test_the_blocks_of_a_guide_run_in_order(page: Path, module: ModuleType) -> None:
    run(page, module)


@every_guide
def test_a_guide_shows_what_comes_of_its_code(page: Path) -> None:
    assert any("\nassert " in f"\n{block.text}" for block in blocks(page, "python"))


@pytest.mark.parametrize(
    "page", [page for page in GUIDES if page != INDEX and page.parent == INDEX.parent], ids=shown
)
def test_a_guide_has_code_or_commands(page: Path) -> None:
    assert any(blocks(page, "python", "shell"))


def test_every_block_says_its_language() -> None:
    unnamed = [f"{shown(page)}:{block.line}" for page in [README, *GUIDES] for block in blocks(page, "")]
    assert unnamed == []


def test_the_first_example_of_the_readme_works_as_copied(module: ModuleType) -> None:
    run(README, module)
    client = TestClient(module.app)
    assert client.get("/profile").status_code == 401

    token = client.post("/guests").text

    answer = client.get("/profile", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert answer.json()["message"].startswith("Welcome back, guest-")
    assert client.get("/profile", headers={"Authorization": f"Bearer {token}x"}).status_code == 401
