"""Reading what a command said, and applications for it to look at."""

from __future__ import annotations

import re

from typer.testing import Result

SECRET = "0b7f4c1e9d2a8365f1c07e5b94da3826c7f0e1b85a3d9246"

SHOP = f"""
from nexios import MakeConfig, NexiosApp
from nexios.auth import AuthenticationMiddleware, SimpleUser, auth, has_permission, public
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.auth.backends.session import SessionAuthBackend
from nexios.session import SessionMiddleware

app = NexiosApp(config=MakeConfig(secret_key="{SECRET}"))
app.add_middleware(SessionMiddleware())
backends = [JWTAuthBackend(), SessionAuthBackend()]
app.add_middleware(AuthenticationMiddleware(user_model=SimpleUser, backends=backends))


@app.get("/profile")
@auth()
async def profile(request, response):
    return {{"id": request.user.identity}}


@app.get("/")
@public
async def index(request, response):
    return {{}}
"""
"""An application in which there is nothing to find."""


def said(result: Result) -> str:
    """What stood on standard error, without the frame that usage errors have and in one line."""
    return " ".join(re.sub("[╭╮╰╯│─]", " ", result.stderr).split())


def assert_one_line(result: Result) -> None:
    """The command failed with one line on standard error, and nothing else."""
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr
