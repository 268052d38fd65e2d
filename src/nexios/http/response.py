"""The response that a handler fills, by calls that chain."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, Self
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.responses import Response as StarletteResponse

from nexios.http.encoding import json_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from starlette.background import BackgroundTask
    from starlette.datastructures import URL
    from starlette.types import Message, Receive, Scope, Send

__all__ = ["Response"]

# RFC 9110 5.6.2 (token) and 5.5: a line end in a value would begin a header of somebody else's choice.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_RAW_NAME = re.compile(_NAME.pattern.encode())
_UNSAFE_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


class Response:
    """A response: status, headers and body.

    A handler is given one; what is set on it reaches the client whatever the handler returns.

    Args:
        content: The body: text, bytes, None, or anything else as JSON.
        status_code: The HTTP status.
        headers: Header names and values.
        media_type: The content type; otherwise it follows from `content`.
        background: Run after the response was sent.
    """

    # On the class, so that a response on which nothing is set costs a request as little as can be.
    touched = False
    """Whether anything was set that the client should see."""
    _background: BackgroundTask | None = None
    _status_code = 200
    _body: bytes | None = None
    _media_type: bytes | None = None
    _headers: list[tuple[bytes, bytes]] | None = None

    def __init__(
        self,
        content: Any = None,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
        background: BackgroundTask | None = None,
    ) -> None:
        self.status_code = status_code
        self._background = background
        if content is not None:
            self.fill(content)
        if media_type is not None:
            self._media_type = _header_value("content-type", media_type)
        if headers is not None:
            for name, value in headers.items():
                self.set_header(name, value)

    @property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """The headers set so far, as ASGI has them."""
        if self._headers is None:
            self.touched = True
            self._headers = []
        return self._headers

    @property
    def headers(self) -> MutableHeaders:
        """The headers set so far."""
        return MutableHeaders(raw=self.raw_headers)

    @property
    def body(self) -> bytes:
        """The body as it will be sent."""
        return self._body or b""

    @property
    def status_code(self) -> int:
        """The HTTP status."""
        return self._status_code

    @status_code.setter
    def status_code(self, status_code: int) -> None:
        self.touched = True
        self._status_code = status_code

    @property
    def background(self) -> BackgroundTask | None:
        """What runs after the response was sent."""
        return self._background

    @background.setter
    def background(self, background: BackgroundTask | None) -> None:
        self.touched = True
        self._background = background

    def fill(self, content: Any) -> Self:
        """Set the body by its type: text as plain text, bytes as they are, all else as JSON."""
        if isinstance(content, str):
            return self.text(content)
        if isinstance(content, (bytes, bytearray, memoryview)):
            return self._with(bytes(content), b"application/octet-stream")
        return self.json(content)

    def json(self, content: Any, status_code: int | None = None) -> Self:
        """Answer with `content` as JSON (RFC 8259)."""
        self._with(json_bytes(content), b"application/json")
        return self if status_code is None else self.status(status_code)

    def text(self, content: str, status_code: int | None = None) -> Self:
        """Answer with plain text."""
        self._with(content.encode(), b"text/plain; charset=utf-8")
        return self if status_code is None else self.status(status_code)

    def html(self, content: str, status_code: int | None = None) -> Self:
        """Answer with HTML."""
        self._with(content.encode(), b"text/html; charset=utf-8")
        return self if status_code is None else self.status(status_code)

    def redirect(self, url: str | URL, status_code: int = 302) -> Self:
        """Send the client to `url`; what no URL may hold is percent-encoded (RFC 3986 2.1)."""
        self._body = b""
        self.set_header("location", quote(str(url), safe=":/%#?=@[]!$&'()*+,;~"))
        return self.status(status_code)

    def status(self, status_code: int) -> Self:
        """Set the HTTP status."""
        self.status_code = status_code
        return self

    def set_header(self, name: str, value: str) -> Self:
        """Set a header in place of any of that name.

        Raises:
            ValueError: The name is no token, or the value has a line end or control character (RFC 9110 5.5).
        """
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no header name")
        raw_name, raw_value = name.lower().encode("latin-1"), _header_value(name, value)
        self.raw_headers[:] = [pair for pair in self.raw_headers if pair[0] != raw_name]
        self.raw_headers.append((raw_name, raw_value))
        return self

    def set_cookie(
        self,
        key: str,
        value: str = "",
        *,
        max_age: int | None = None,
        expires: datetime | str | int | None = None,
        path: str | None = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = True,
        samesite: Literal["lax", "strict", "none"] | None = "lax",
    ) -> Self:
        """Set a cookie; scripts cannot read it unless `httponly` is False (RFC 6265).

        Args:
            key: The cookie's name.
            value: Its value.
            max_age: Its life in seconds; None: until the browser closes.
            expires: Its end, where `max_age` is not given.
            path: The paths that it is sent to.
            domain: The domain that it is sent to; None: this host only.
            secure: Send it over https only.
            httponly: Keep it from scripts.
            samesite: Which requests of other sites carry it.
        """
        carrier = StarletteResponse()
        carrier.set_cookie(key, value, max_age, expires, path, domain, secure, httponly, samesite)
        name, line = carrier.raw_headers[-1]
        self.raw_headers.append((name, _header_value("set-cookie", line.decode("latin-1"))))
        return self

    def delete_cookie(self, key: str, *, path: str = "/", domain: str | None = None) -> Self:
        """Tell the client to forget a cookie that was set with the same `path` and `domain`."""
        return self.set_cookie(key, max_age=0, expires=0, path=path, domain=domain)

    def _with(self, body: bytes, media_type: bytes | None) -> Self:
        self.touched = True
        self._body = body
        self._media_type = media_type
        return self

    def checked_headers(self) -> list[tuple[bytes, bytes]]:
        """The headers set so far, ready to send.

        Raises:
            ValueError: One that was set through `headers` has a line end or control character, or a name that
                is no token.
        """
        for name, value in self._headers or ():
            if not _RAW_NAME.fullmatch(name):
                raise ValueError(f"{name.decode('latin-1')[:40]!r} is no header name")
            if _UNSAFE_VALUE.search(value):
                raise ValueError(
                    f"the value of the header {name.decode('latin-1')!r} has a control character"
                )
        return list(self._headers or ())

    def start(self) -> Message:
        """The ASGI message that begins this response, with its content type and length."""
        full = self.checked_headers()
        names = {name for name, _ in full}
        if self._media_type is not None and b"content-type" not in names:
            full.append((b"content-type", self._media_type))
        if self.status_code >= 200 and self.status_code not in (204, 304) and b"content-length" not in names:
            full.append((b"content-length", b"%d" % len(self._body or b"")))
        return {"type": "http.response.start", "status": self.status_code, "headers": full}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it: a response is an ASGI application."""
        start: Message = self.start()
        body: Message = {"type": "http.response.body", "body": self._body or b""}
        if scope["type"] == "websocket":
            # The extension "websocket.http.response" of ASGI: an answer in place of the handshake.
            start["type"], body["type"] = "websocket.http.response.start", "websocket.http.response.body"
        await send(start)
        await send(body)
        if self._background is not None:
            await self._background()

    def __repr__(self) -> str:
        return f"<Response {self.status_code}>"


def _header_value(name: str, value: str) -> bytes:
    try:
        raw = value.encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError(
            f"the value of the header {name!r} has letters beyond latin-1: encode them first"
        ) from None
    if _UNSAFE_VALUE.search(raw):
        raise ValueError(f"the value of the header {name!r} has a line end or control character")
    return raw
