"""`nexios keys`: the API keys of a store."""

import time
from datetime import timedelta
from typing import Annotated, Any

import msgspec
import typer
from rich.text import Text

from nexios.apikeys.format import KEY_PREFIX
from nexios.apikeys.issuing import is_key_id
from nexios.apikeys.manager import APIKeys
from nexios.apikeys.model import APIKey
from nexios.cli.arguments import AsJson
from nexios.cli.console import note, print_json, print_line, show, show_whole
from nexios.cli.keytable import key_table, key_values
from nexios.cli.stores import StoreOption, in_store
from nexios.exceptions import NexiosError, UnknownKey

__all__ = ["commands"]

commands = typer.Typer(no_args_is_help=True, help="Manage the API keys of a store.")

KeyId = Annotated[str, typer.Argument(metavar="ID", help="The key's id, as `nexios keys list` shows it.")]

_PAGE = 1000


@commands.command()
def create(
    owner: Annotated[str, typer.Option(help="The identity that a request with the key has.")],
    name: Annotated[str, typer.Option(help="What the owner calls it.")],
    prefix: Annotated[str, typer.Option(help="What the key begins with, e.g. acme_live.")] = KEY_PREFIX,
    permission: Annotated[
        list[str] | None, typer.Option(help="What it may do at most; all that the owner may. Repeat.")
    ] = None,
    expires_in: Annotated[
        float | None,
        typer.Option(metavar="DAYS", max=36_500, help="How long it lives; until it is revoked."),
    ] = None,
    address: Annotated[
        list[str] | None,
        typer.Option(metavar="NETWORK", help="Where it may come from, e.g. 10.0.0.0/8; anywhere. Repeat."),
    ] = None,
    metadata: Annotated[str | None, typer.Option(metavar="JSON", help="What is kept with it.")] = None,
    rate_limit: Annotated[
        str | None, typer.Option(metavar="LIMIT", help="How often it may be used, e.g. 100/minute.")
    ] = None,
    monthly_quota: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="How often in a month of the calendar.")
    ] = None,
    store: StoreOption = None,
    as_json: AsJson = False,
) -> None:
    """Make an API key, shown this once; the store keeps its hash."""
    kept = _json(metadata)

    async def made(opened: Any) -> tuple[str, APIKey]:
        return await APIKeys(opened, prefix=prefix).create(
            owner,
            name,
            permissions=permission or None,
            expires_in=None if expires_in is None else timedelta(days=expires_in),
            metadata=kept,
            addresses=address or None,
            rate_limit=rate_limit,
            monthly_quota=monthly_quota,
        )

    try:
        key, record = in_store(store, made)
    except (TypeError, ValueError) as refused:
        raise typer.BadParameter(str(refused)) from None
    _show_new(key, record, as_json=as_json)


@commands.command("list")
def list_keys(
    owner: Annotated[str | None, typer.Option(help="Whose keys; everybody's.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Those that are expired or revoked as well.")
    ] = False,
    store: StoreOption = None,
    as_json: AsJson = False,
) -> None:
    """Show the keys that are good: whose, how long, and when each was last used."""
    now = time.time()

    async def read(opened: Any) -> list[APIKey]:
        APIKeys(opened)  # says so of a store that keeps no keys
        found: list[APIKey] = []
        while True:
            page = await opened.list_keys(owner, limit=_PAGE, after=found[-1].id if found else None)
            found += page
            if len(page) < _PAGE:
                return found

    found = in_store(store, read)
    listed = [record for record in found if everything or _is_good(record, now)]
    if as_json:
        return print_json([key_values(record) for record in listed])
    if listed:
        show(key_table(listed, now))
    over = len(found) - len(listed)
    counts = f"{len(listed)} key{'' if len(listed) == 1 else 's'}"
    show(Text(f"{chr(10) if listed else ''}{counts}" + (f"; {over} more with --all" if over else "")))


@commands.command()
def rotate(
    key_id: KeyId,
    overlap: Annotated[
        float,
        typer.Option(metavar="HOURS", max=8_760, help="How long the old key is good still; 0: dead at once."),
    ] = 24,
    store: StoreOption = None,
    as_json: AsJson = False,
) -> None:
    """Replace a key by a new one, shown this once, of the same owner, name and limits."""

    async def rotated(opened: Any) -> tuple[str, APIKey]:
        keys = await _keys_of(opened, key_id)
        return await keys.rotate(key_id, overlap=timedelta(hours=overlap))

    try:
        key, record = in_store(store, rotated)
    except ValueError as refused:
        raise typer.BadParameter(str(refused), param_hint="--overlap") from None
    _show_new(key, record, as_json=as_json)


@commands.command()
def revoke(
    key_id: KeyId,
    store: StoreOption = None,
) -> None:
    """End a key: within one second it is dead in every process."""

    async def revoked(opened: Any) -> None:
        keys = await _keys_of(opened, key_id)
        await keys.revoke(key_id)

    in_store(store, revoked)
    print_line("The key is revoked.")


@commands.command()
def purge(
    dead_for: Annotated[
        float, typer.Option(metavar="DAYS", min=0, max=36_500, help="For how long they are dead at least.")
    ] = 90,
    store: StoreOption = None,
) -> None:
    """Delete the keys that expired or were revoked that long ago."""

    async def purged(opened: Any) -> int:
        keys, count = APIKeys(opened), 0
        # In bounded batches, so that others get their turn.
        while deleted := await keys.purge(timedelta(days=dead_for), limit=_PAGE):
            count += deleted
        return count

    count = in_store(store, purged)
    print_line(f"{count} key{' was' if count == 1 else 's were'} deleted.")


async def _keys_of(store: Any, key_id: str) -> APIKeys:
    """The keys of the prefix that the key of this id has."""
    keys = APIKeys(store)
    record = await store.get_key(key_id) if is_key_id(key_id) else None
    if record is None:
        raise UnknownKey("there is no key of this id: `nexios keys list --all` shows all")
    return keys if record.prefix == keys.prefix else APIKeys(store, prefix=record.prefix)


def _is_good(record: APIKey, now: float) -> bool:
    expires_at = record.expires_at
    return record.revoked_at is None and (expires_at is None or now < expires_at.timestamp())


def _json(text: str | None) -> Any:
    if text is None:
        return None
    try:
        return msgspec.json.decode(text.encode())
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise NexiosError("""--metadata is a JSON object: --metadata '{"team": "blue"}'""") from None


def _show_new(key: str, record: APIKey, *, as_json: bool) -> None:
    if as_json:
        return print_json({"key": key, **key_values(record)})
    show_whole(Text.assemble(("key  ", "bold"), (key, "green")))
    show_whole(Text.assemble(("id   ", "bold"), record.id))
    note("the key is shown this once: give it to its user; the store has its hash only")
