"""`nexios token`: JSON Web Tokens."""

import time
from collections.abc import Callable
from functools import partial
from typing import Annotated

import typer
from rich.text import Text

from nexios.auth.backends.jwt import create_jwt
from nexios.cli.arguments import AppOption
from nexios.cli.claims import parse_claims
from nexios.cli.console import note, print_line, printable, read_hidden, show
from nexios.cli.layers import built
from nexios.cli.loading import load_app, quietly
from nexios.cli.parts import readable_parts
from nexios.cli.verdict import Verdict, by_app, by_config
from nexios.config import MakeConfig
from nexios.exceptions import InvalidToken, NexiosError
from nexios.running import running_config

__all__ = ["commands"]

commands = typer.Typer(no_args_is_help=True, help="Make and inspect JSON Web Tokens.")

_MINUTES = 30
_ANSWERS = {
    True: ("It would be taken: ", "bold green"),
    False: ("It would be refused: ", "bold red"),
    None: ("Its signature was not checked: ", "bold yellow"),
}


@commands.command()
def create(
    claim: Annotated[
        list[str],
        typer.Option(metavar="NAME=VALUE", help="A claim, e.g. id=7; JSON values are taken as such. Repeat."),
    ],
    expires_in: Annotated[
        float | None, typer.Option(metavar="MINUTES", help=f"Time until it expires; {_MINUTES} by default.")
    ] = None,
    algorithm: Annotated[str | None, typer.Option(help="The signature algorithm, e.g. HS256.")] = None,
    app: AppOption = None,
    secret_stdin: Annotated[
        bool, typer.Option("--secret-stdin", help="Read the secret, or the key as PEM or JWK, from stdin.")
    ] = False,
) -> None:
    """Make a token, signed by the application's secret or that of NEXIOS_SECRET_KEY.

    The secret is never an argument: the shell's history would keep it, and every process could see it.
    """
    claims = parse_claims(claim)
    if app is not None and secret_stdin:
        raise typer.BadParameter("--app brings its own secret: leave --secret-stdin or --app out")
    if expires_in is not None and "exp" in claims:
        raise typer.BadParameter("the claim exp says when it expires: leave --expires-in or the claim out")
    if expires_in is None and "exp" not in claims:
        expires_in = _MINUTES
    secret = _secret() if secret_stdin else None
    config, judge = _keys(app)
    if secret is None and not config.secret_keys and config.jwt_key is None:
        raise NexiosError(
            "there is no secret: set NEXIOS_SECRET_KEY, name the application by --app, or use --secret-stdin"
        )
    running = running_config.set(config)
    try:
        made = create_jwt(claims, secret, algorithm, expires_in)
    except (TypeError, ValueError) as refused:
        raise typer.BadParameter(str(refused)) from None
    finally:
        running_config.reset(running)
    print_line(made)
    verdict = None if secret is not None else judge(made)
    if verdict is not None and verdict.taken is False:
        note(f"it would be refused: {verdict.reason}")


@commands.command()
def inspect(
    given: Annotated[
        str, typer.Argument(metavar="TOKEN", help="The token; - or nothing: read it from stdin.")
    ] = "-",
    app: AppOption = None,
) -> None:
    """Show what a token says, and whether it would be taken; never its signature.

    Exits 0 only where it would be taken, by the rules of the application or of the NEXIOS_* variables.
    """
    if given == "-":
        given = read_hidden("Token")
    # As it is copied from an Authorization header
    token = given.strip().removeprefix("Bearer ").strip()
    try:
        show(readable_parts(token, time.time()))
    except InvalidToken as unreadable:
        raise NexiosError(
            f"the token cannot be read: {unreadable}; give all of it, as it was issued"
        ) from None
    _, judge = _keys(app)
    verdict = judge(token)
    start, style = _ANSWERS[verdict.taken]
    show(Text.assemble("\n", (start, style), printable(verdict.reason)))
    if not verdict.taken:
        raise typer.Exit(1)


def _secret() -> str:
    secret = read_hidden("Secret")
    if not secret:
        raise NexiosError("no secret came on standard input: nexios token create --secret-stdin < file")
    return secret


def _keys(app: str | None) -> tuple[MakeConfig, Callable[[str], Verdict]]:
    """The settings that count, and what says by them whether a token would be taken."""
    if app is None:
        config = MakeConfig.from_env()
        return config, partial(by_config, config=config)
    with quietly():
        found = load_app(app)
        built(found)
    return found.config, partial(by_app, app=found)
