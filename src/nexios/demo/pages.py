"""The page itself: plain files, which are read once."""

from __future__ import annotations

from importlib.resources import files
from pathlib import PurePath
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from nexios.auth import public
from nexios.http import Response
from nexios.openapi import describe
from nexios.routing import Router

if TYPE_CHECKING:
    from nexios.http import Request

__all__ = ["page_routes"]

# Not by `mimetypes`, which a system may teach otherwise: under nosniff a script of another type does not run.
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def page_routes(code: dict[str, str]) -> Router:
    """The page and its files.

    Args:
        code: The code of the guarded routes, by path.
    """
    router = Router()
    contents = {
        file.name: (file.read_bytes(), _TYPES[PurePath(file.name).suffix])
        for file in files("nexios.demo").joinpath("static").iterdir()
    }

    @router.get("/")
    @router.get("/login")
    @public
    @describe(tags=["Page"])
    async def page(request: Request, response: Response) -> Response:
        """The page, which calls the others."""
        return _file("index.html")

    # Where a browser looks that shows an answer of another route as a page.
    @router.get("/favicon.ico")
    @public
    @describe(hidden=True)
    async def icon(request: Request, response: Response) -> Response:
        return _file("icon.svg")

    @router.get("/static/{name}")
    @public
    @describe(hidden=True)
    async def static(request: Request, response: Response, name: str) -> Response:
        return _file(name)

    @router.get("/code")
    @public
    @describe(hidden=True)
    async def show_code(request: Request, response: Response) -> dict[str, str]:
        return code

    def _file(name: str) -> Response:
        if name not in contents:
            raise HTTPException(404, "There is nothing at this path.")
        body, media_type = contents[name]
        return Response(body, media_type=media_type)

    return router
