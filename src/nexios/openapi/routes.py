"""Where the description is served: `/openapi.json` for programs, `/docs` for people."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException

from nexios.auth import public
from nexios.description import describe
from nexios.exceptions import ConfigError
from nexios.http import Response
from nexios.http.encoding import json_bytes
from nexios.openapi.document import openapi_document
from nexios.routing import Router

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nexios.application import NexiosApp
    from nexios.http import Request

__all__ = ["openapi_routes"]

# Not by `mimetypes`, which a system may teach otherwise: under nosniff a script of another type does not run.
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_HEADERS = {
    # Content Security Policy Level 3: our own files and nothing else; no text becomes a script.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


def openapi_routes(
    app: NexiosApp,
    *,
    title: str,
    version: str,
    description: str = "",
    security: Mapping[str, Mapping[str, Any]] | None = None,
    document: str = "/openapi.json",
    page: str | None = "/docs",
    guard: Callable[[Any], Any] = public,
) -> Router:
    """The routes that describe `app`: `app.include(openapi_routes(app, title="Orders", version="1"))`.

    Args:
        app: The application that is described: all its routes, whenever they are declared.
        title: What the API is called.
        version: The API's version.
        description: What it is for, in a paragraph or more.
        security: Security schemes by the scope of their backend, for those that are not known by themselves.
        document: The path of the document.
        page: The path of the page, all of whose files come from the package; None: there is none.
        guard: Who may read it; everybody, or e.g. `auth(scope="session")`.

    Raises:
        ConfigError: An argument is of another kind.
    """
    for name, text in (("title", title), ("version", version)):
        if not isinstance(text, str) or not text:
            raise ConfigError(f'openapi_routes: {name} is a text that is not empty, e.g. {name}="1"')
    described = _Described(
        app, {"title": title, "version": version, "description": description, "security": security}
    )
    # What cannot be described is a mistake, and known before the first request.
    app.on_startup(described.check)
    router = Router()

    @router.get(document)
    @guard
    @describe(hidden=True)
    async def openapi_json(request: Request, response: Response) -> Response:
        return Response(described.json(request.scope.get("root_path", "")), media_type="application/json")

    if page is not None:
        _add_page(router, page.rstrip("/"), document, title, guard)
    return router


class _Described:
    """The document of one application, written when it is first asked for and when routes are added."""

    def __init__(self, app: NexiosApp, options: dict[str, Any]) -> None:
        self._app = app
        self._options = options
        self._document: dict[str, Any] = {}
        self._json = b""
        self._routes = -1

    def check(self) -> None:
        """Write it."""
        routes = len(self._app.declarations())
        if routes != self._routes:
            self._document = openapi_document(self._app, **self._options)
            self._json, self._routes = json_bytes(self._document), routes

    def json(self, root: str) -> bytes:
        """The document as JSON, for an application whose paths begin with `root` outside."""
        self.check()
        return json_bytes({**self._document, "servers": [{"url": root}]}) if root else self._json


def _add_page(router: Router, page: str, document: str, title: str, guard: Callable[[Any], Any]) -> None:
    contents = {file.name: file.read_bytes() for file in files("nexios.openapi").joinpath("page").iterdir()}
    # Relative, since neither a prefix nor a proxy's path is known here.
    up = "../" * (page.count("/") - 1)
    names = {"title": title, "files": page.rpartition("/")[2], "document": up + document.lstrip("/")}
    html = contents.pop("index.html").decode("utf-8")
    for name, text in names.items():
        html = html.replace("{{" + name + "}}", escape(text))

    @router.get(page)
    @guard
    @describe(hidden=True)
    async def openapi_page(request: Request, response: Response) -> Response:
        return Response(html.encode("utf-8"), headers=_HEADERS, media_type="text/html; charset=utf-8")

    @router.get(page + "/{name}")
    @guard
    @describe(hidden=True)
    async def openapi_page_file(request: Request, response: Response, name: str) -> Response:
        if name not in contents:
            raise HTTPException(404, "There is nothing at this path.")
        return Response(contents[name], headers=_HEADERS, media_type=_TYPES[PurePath(name).suffix])
