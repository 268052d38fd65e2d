"""`nexios key`: API keys by hand, whose hashes are kept by somebody else."""

import re
from typing import Annotated

import typer
from rich.text import Text

from nexios.apikeys.format import KEY_PREFIX, create_api_key, has_key_form, verify_key
from nexios.cli.arguments import AsJson
from nexios.cli.console import error, note, print_json, print_line, read_hidden, show_whole

__all__ = ["commands"]

commands = typer.Typer(
    no_args_is_help=True, help="Make and verify an API key by hand; `keys` manages those of a store."
)

_HASH = re.compile(r"[0-9a-f]{64}")


@commands.command()
def create(
    prefix: Annotated[str, typer.Option(help="What the key begins with, e.g. acme_live.")] = KEY_PREFIX,
    as_json: AsJson = False,
) -> None:
    """Make an API key, shown this once, and the hash to store in its place."""
    try:
        key, hashed = create_api_key(prefix)
    except ValueError as refused:
        raise typer.BadParameter(str(refused), param_hint="--prefix") from None
    if as_json:
        return print_json({"key": key, "hash": hashed})
    show_whole(Text.assemble(("key   ", "bold"), (key, "green")))
    show_whole(Text.assemble(("hash  ", "bold"), hashed))
    note("the key is shown this once: give it to its user, and store the hash")


@commands.command()
def verify(
    stored: Annotated[
        str, typer.Argument(metavar="HASH", help="The hash, as `nexios key create` showed it.")
    ],
) -> None:
    """Say whether an API key, read from standard input, is the one of HASH; exit 1 where it is not."""
    if has_key_form(stored):
        raise typer.BadParameter(
            "this is a key, where its hash belongs, and it stands in the shell's history now: replace it"
        )
    if not _HASH.fullmatch(stored):
        raise typer.BadParameter("a hash is 64 digits and letters a to f, as `nexios key create` shows it")
    key = read_hidden("API key")
    if verify_key(key, stored):
        return print_line("The key is the one of this hash.")
    if has_key_form(key):
        error("the key is another one than that of this hash")
    else:
        error("this is no API key, or one with a typo: its checksum does not fit")
    raise typer.Exit(1)
