"""Links lead somewhere, every guide can be reached, and nothing names a place that is not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.markdown import GUIDES, INDEX, README, ROOT, anchors, links, shown

PAGES = [README, *(ROOT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")), *GUIDES]
OUTSIDE = re.compile(r"https://(www\.rfc-editor\.org/rfc/rfc\d+|keepachangelog\.com/|semver\.org/)")

every_page = pytest.mark.parametrize("page", PAGES, ids=shown)


@every_page
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if "://" in link:
            if not OUTSIDE.match(link):
                broken.append(link)
        elif not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_every_guide_is_in_the_table_of_contents() -> None:
    listed = {
        (page.parent / link.partition("#")[0]).resolve()
        for page in (INDEX, INDEX.parent / "reference" / "index.md")
        for link in links(page)
    }
    assert {page for page in GUIDES if page != INDEX} <= listed


@every_page
def test_a_page_names_no_machine(page: Path) -> None:
    text = page.read_text("utf-8")
    assert not re.search(r"/(?:home|root|work|Users)/", text)
    assert not re.search(r"[\w.]+@[\w-]+\.\w+", text), "an address of somebody"
