"""`nexios tokens`: the keys that sign tokens."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from nexios.cli.arguments import AsJson
from nexios.cli.console import note, print_json, printable, show
from nexios.cli.moments import moment
from nexios.config import JWT_ALGORITHMS
from nexios.exceptions import NexiosError
from nexios.tokens.ring import KeyRing
from nexios.tokens.ringkey import RingKey, Stage

__all__ = ["commands"]

commands = typer.Typer(no_args_is_help=True, help="Manage what tokens are signed with.")
keys = typer.Typer(no_args_is_help=True, help="Make, rotate and retire the keys of a ring.")
commands.add_typer(keys, name="keys")

RingFile = Annotated[Path, typer.Option("--file", metavar="FILE", help="The key ring, e.g. ring.json.")]
Algorithm = Annotated[
    str | None,
    typer.Option(help=f"What the new key is for: {', '.join(JWT_ALGORITHMS)}.", show_default=False),
]

_STAGES = {
    Stage.SIGNS: ("signs", "bold green"),
    Stage.NEXT: ("signs next", "cyan"),
    Stage.VERIFIES: ("verifies", "dim"),
}


@keys.command()
def generate(file: RingFile, algorithm: Algorithm = None) -> None:
    """Make a key ring: one key signs, and another is published to sign after it. EdDSA by default."""
    if file.exists():
        raise NexiosError(f"{file} is there already: rotate it, or name another file")
    ring = KeyRing.generate(algorithm or "EdDSA")
    ring.save(file)
    _show(ring)
    note(f"{file} holds secrets: your user alone may read it, and it belongs into no repository")


@keys.command("list")
def list_keys(file: RingFile, as_json: AsJson = False) -> None:
    """Show the keys of a ring and where each stands in its life; never a secret."""
    with _told():
        ring = KeyRing.load(file)
    if as_json:
        return print_json([_values(key) for key in ring.keys])
    _show(ring)


@keys.command()
def rotate(file: RingFile, algorithm: Algorithm = None) -> None:
    """Let the next key sign, make another next one, and keep the old one to verify.

    Applications that follow the file take it within a second, and nobody is logged out.
    """
    with _told():
        ring = KeyRing.load(file)
    old = next((key for key in ring.keys if key.stage is Stage.SIGNS), None)
    ring.rotate(algorithm)
    ring.save(file)
    _show(ring)
    if old is not None:
        note(f"once every token of {old.kid} has expired: nexios tokens keys retire {old.kid} --file {file}")


@keys.command()
def retire(
    kid: Annotated[str, typer.Argument(metavar="KID", help="The key's name, as `list` shows it.")],
    file: RingFile,
) -> None:
    """Take nothing any longer that a key signed."""
    with _told():
        ring = KeyRing.load(file)
    ring.retire(kid)
    ring.save(file)
    _show(ring)


@keys.command()
def public(file: RingFile) -> None:
    """Print the public keys as a JWKS, with which others verify; no secret is in it."""
    with _told():
        ring = KeyRing.load(file)
    print_json(ring.public_jwks())


def _show(ring: KeyRing) -> None:
    now = time.time()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for title in ("stage", "algorithm", "made", "kid"):
        table.add_column(title, overflow="fold")
    for key in ring.keys:
        word, style = _STAGES[key.stage]
        table.add_row(Text(word, style=style), key.algorithm, Text(_made(key, now)), Text(printable(key.kid)))
    show(table)


def _made(key: RingKey, now: float) -> str:
    if key.made_at is None:
        return "nobody knows"
    try:
        return moment(key.made_at, now)
    except ValueError:
        return "no date"


def _values(key: RingKey) -> dict[str, Any]:
    return {"kid": key.kid, "algorithm": key.algorithm, "stage": key.stage.value, "made_at": key.made_at}


@contextmanager
def _told() -> Iterator[None]:
    """Say in the look of the commands what the library would tell the log."""
    handler = _Notes(logging.WARNING)
    log = logging.getLogger("nexios.tokens")
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)


class _Notes(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        note(record.getMessage())
