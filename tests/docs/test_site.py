"""The documentation as a site: all of it, with no other host."""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docs.markdown import GUIDES, INDEX, ROOT
from tests.docs.test_reference import PUBLIC

SETTINGS = ROOT / "zensical.toml"
# Of what a page loads; where its links lead is their own affair.
LOADED = re.compile(r"""<(?:script|img|link|iframe)\b[^>]*\b(?:src|href)=["']?((?:https?:)?//[^"'\s>]+)""")


def pages(nav: Any) -> Iterator[str]:
    """The pages of a table of contents, in their order."""
    if isinstance(nav, str):
        yield nav
    for part in nav.values() if isinstance(nav, dict) else nav if isinstance(nav, list) else ():
        yield from pages(part)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documentation")
    for name in ("docs", "src"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(SETTINGS, folder)
    done = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "site"


def test_every_page_stands_once_in_the_table_of_contents() -> None:
    listed = list(pages(tomllib.loads(SETTINGS.read_text("utf-8"))["project"]["nav"]))
    assert sorted(listed) == sorted(page.relative_to(INDEX.parent).as_posix() for page in GUIDES)


def test_no_page_loads_anything_from_another_host(site: Path) -> None:
    loaded = {
        page.relative_to(site): LOADED.findall(page.read_text("utf-8")) for page in site.rglob("*.html")
    }
    assert len(loaded) > 10
    assert {name: found for name, found in loaded.items() if found} == {}


@pytest.mark.parametrize("module", PUBLIC)
def test_the_reference_has_every_public_name(site: Path, module: str) -> None:
    reference = "\n".join(page.read_text("utf-8") for page in (site / "reference").rglob("*.html"))
    shown = {identifier.rpartition(".")[2] for identifier in re.findall(r'id="(nexios\.[\w.]+)"', reference)}
    assert [name for name in importlib.import_module(module).__all__ if name not in shown] == []
