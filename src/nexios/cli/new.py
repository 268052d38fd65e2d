"""`nexios new`."""

import os
import re
import secrets
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Annotated

import typer
from rich.text import Text

from nexios.cli.console import show
from nexios.exceptions import NexiosError

__all__ = ["new"]

# What a key may begin with, and a container's image be called.
_NAME = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")
_LONGEST = 32
# What the project needs: one of the same name would be taken for it.
_TAKEN = frozenset({"nexios", "pytest"})

_FILES = {
    "app.py": "app.py.txt",
    "main.py": "main.py.txt",
    "tests/test_app.py": "tests/test_app.py.txt",
    "pyproject.toml": "pyproject.toml.txt",
    "README.md": "README.md.txt",
    "Dockerfile": "Dockerfile.txt",
    ".dockerignore": "dockerignore.txt",
    ".gitignore": "gitignore.txt",
    ".env": "env.txt",
}
_PRIVATE = frozenset({".env"})


def new(
    name: Annotated[str, typer.Argument(help="What the project and its new folder are called, e.g. my-api.")],
) -> None:
    """Begin a project: an application behind API keys, its tests, a new secret, a Dockerfile."""
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise NexiosError(
            f"the name begins with a small letter and has at most {_LONGEST} small letters, digits, "
            "- and _, e.g. my-api"
        )
    if name in _TAKEN:
        raise NexiosError(f"the project needs the package {name}: choose another name, e.g. my-api")
    folder = Path(name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise NexiosError(f"{name} is there already, and not empty: choose another name")
    words = {"name": name, "prefix": name.replace("-", "_"), "secret": secrets.token_urlsafe(32)}
    template = files("nexios.cli") / "template"
    try:
        for path, source in _FILES.items():
            text = Template(template.joinpath(source).read_text("utf-8")).substitute(words)
            _write(folder / path, text, private=path in _PRIVATE)
    except OSError as refused:
        raise NexiosError(
            f"{refused.filename} cannot be written ({refused.strerror}): run it in a folder that is yours"
        ) from None
    show(_next_steps(name, words["prefix"]))


def _write(path: Path, text: str, *, private: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Only its owner ever reads a secret, from the file's first moment.
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666)
    with open(file, "w", encoding="utf-8") as opened:
        opened.write(text)


def _next_steps(name: str, prefix: str) -> Text:
    steps = (
        f"cd {name}",
        "uv run --env-file .env nexios db upgrade",
        f"uv run --env-file .env nexios keys create --owner me --name first --prefix {prefix}",
        "uv run --env-file .env nexios run main:app",
        'curl -H "X-API-Key: THE_KEY" http://127.0.0.1:8000/me',
        "uv run pytest",
    )
    text = Text.assemble((name, "bold"), " is made; its secret is in .env, which is not committed. Now:\n")
    for step in steps:
        text.append(f"\n  {step}", style="cyan")
    return text
