"""Forms as OAuth sends them: small, of one type, and with nothing in them twice (RFC 6749 3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from nexios.http.headers import only_header

if TYPE_CHECKING:
    from nexios.http.request import Request

__all__ = ["MAX_FORM", "FormError", "read_form"]

MAX_FORM = 32 * 1024
"""The longest form that is read, in bytes: two of the longest tokens."""

_MAX_FIELDS = 50
_TYPE = "application/x-www-form-urlencoded"


class FormError(Exception):
    """The body is no form that is read; the text is for the client."""


async def read_form(request: Request) -> dict[str, str]:
    """The parameters in the body of `request`; those without a value are left out (RFC 6749 3.2).

    Raises:
        FormError: It is no form, too long, or says something twice.
    """
    _check_type(request)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM:
            raise FormError(f"The body is longer than {MAX_FORM} bytes.")
    form = _parsed(bytes(body))
    # RFC 6749 2.3.1, RFC 6750 2.3: what stands in an address stands in logs and histories.
    if set(_parsed(request.scope.get("query_string", b""))) & set(form):
        raise FormError("A parameter stands in the query: send all of them in the body.")
    return form


def _check_type(request: Request) -> None:
    given = only_header(request.scope["headers"], b"content-type")
    kind, _, parameter = (given or b"").decode("latin-1").partition(";")
    charset = parameter.strip().lower().replace('"', "")
    if kind.strip().lower() != _TYPE or charset not in ("", "charset=utf-8"):
        raise FormError(f"The body must be of the type {_TYPE}.")


def _parsed(text: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            text.decode("ascii"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError:
        raise FormError("The form cannot be read.") from None
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise FormError("A parameter stands there twice.")
        found[name] = value
    return {name: value for name, value in found.items() if value}
