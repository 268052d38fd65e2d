"""The commands that the pages print are there, with the options that they are given."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.markdown import GUIDES, README, ROOT, blocks, shown

NEXIOS = re.compile(
    r"(?<![\w.@/-])nexios "
    r"((?:demo|new|run|secret|tokens|token|keys|key|sessions|db|routes|check)\b[^|)&#\n]*)"
)
# How many words the commands of a group have.
GROUPS = {"token": 2, "tokens": 3, "key": 2, "keys": 2, "sessions": 2, "db": 2}


def commands() -> set[tuple[str, str]]:
    """Every command with each of its options, as the shell blocks use them."""
    found = set()
    for page in [README, ROOT / "CONTRIBUTING.md", *GUIDES]:
        for block in blocks(page, "shell"):
            for line in NEXIOS.findall(block.text):
                words = shlex.split(line.replace("$(", ""))
                name = " ".join(words[: GROUPS.get(words[0], 1)])
                found |= {(name, word.partition("=")[0]) for word in words if word.startswith("--")}
                found.add((name, "--help"))
    return found


def test_the_readme_begins_with_the_demo_and_the_tests() -> None:
    first = next(blocks(README, "shell")).text.splitlines()
    assert [line.partition("#")[0].strip() for line in first] == [
        "pip install uv && uv run nexios demo",
        "pip install uv && uv run pytest",
    ]


@pytest.mark.parametrize("name", sorted({name for name, _ in commands()}))
def test_a_command_takes_the_options_that_the_pages_give_it(name: str) -> None:
    shown_help = subprocess.run(
        [sys.executable, "-m", "nexios.cli", *name.split(), "--help"],
        capture_output=True,
        text=True,
        env={"PATH": "", "COLUMNS": "200", "NO_COLOR": "1"},
        timeout=60,
    )
    assert shown_help.returncode == 0, shown_help.stderr
    missing = {
        option for command, option in commands() if command == name and option not in shown_help.stdout
    }
    assert missing == set()


@pytest.mark.parametrize("page", [README, *GUIDES], ids=shown)
def test_every_example_that_a_page_names_is_there(page: Path) -> None:
    text = page.read_text("utf-8")
    for name in re.findall(r"examples[./](\w+)(?:\.py|:app)", text):
        assert (ROOT / "examples" / f"{name}.py").is_file(), name
