"""`nexios run`."""

import contextlib
import socket
from typing import Annotated

import typer

from nexios.cli.arguments import Target
from nexios.cli.console import note
from nexios.cli.layers import built
from nexios.cli.loading import LoadError, load_app, quietly
from nexios.session.layer import SessionLayer

__all__ = ["run"]


def run(
    target: Target,
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0: every one.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The port; 0: any free one.")] = 8000,
    reload: Annotated[bool, typer.Option("--reload", help="Start again when a file changes.")] = False,
    workers: Annotated[int, typer.Option(min=1, help="How many processes answer.")] = 1,
) -> None:
    """Serve an application with uvicorn."""
    if reload and workers > 1:
        raise typer.BadParameter("--reload works with one process: leave --workers or --reload out")
    # Other processes load the application for themselves, and say then what there is to say.
    with quietly() if reload or workers > 1 else contextlib.nullcontext():
        layers = built(load_app(target))
    if workers > 1 and any(not layer.ends_everywhere for layer in layers.of(SessionLayer)):
        note(
            "each worker remembers ended sessions for itself: a cookie from before a logout may still be "
            "good in another worker; SessionMiddleware(ended_in=app.store) lets all of them know"
        )
    _check_address(host, port)
    import uvicorn

    uvicorn.run(target, host=host, port=port, reload=reload, workers=workers)


def _check_address(host: str, port: int) -> None:
    """Find out before anything starts whether `port` can be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except (OSError, UnicodeError) as refused:
        # The text of a UnicodeError is about its codec only.
        reason = str(refused.strerror).partition(" (")[0] if isinstance(refused, OSError) else "no address"
        raise LoadError(
            f"cannot listen on {host}:{port} ({reason}): choose another by --host or --port"
        ) from None
