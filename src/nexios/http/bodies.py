"""Bodies of a declared type: JSON into a msgspec Struct or a dataclass."""

from __future__ import annotations

import re
from dataclasses import dataclass, is_dataclass
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin, is_typeddict

import msgspec
from starlette.exceptions import HTTPException

from nexios.exceptions import ConfigError
from nexios.http.headers import only_header
from nexios.http.invalid import invalid_fields
from nexios.http.problems import BadRequest, ContentTooLarge
from nexios.wholes import decode_json

if TYPE_CHECKING:
    from nexios.http.request import Request

__all__ = ["MAX_BODY", "BodyLimit", "TypedBody", "is_object_type", "is_optional", "is_typed"]

MAX_BODY = 2**20
"""How many bytes a typed body may have where nothing else is said."""

# RFC 6839 3.1: what ends in +json is JSON; RFC 8259 8.1: it is UTF-8, whatever else is said.
_JSON = re.compile(r"application/(?:[\w.!#$&^-]+\+)?json", re.IGNORECASE)
_CHARSETS = ("", "utf-8", "utf8", "us-ascii")


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """How many bytes a typed body may have: `order: Annotated[Order, BodyLimit(10_000_000)]`.

    Attributes:
        size: In bytes.
    """

    size: int

    def __post_init__(self) -> None:
        if type(self.size) is not int or self.size <= 0:
            raise ConfigError("BodyLimit takes a number of bytes: BodyLimit(10_000_000)")


class TypedBody:
    """Reads the body of a request as `annotation` says.

    Args:
        annotation: A msgspec Struct or a dataclass, or a list, mapping or union of them.
        where: Which parameter of which handler it is, for the messages.

    Raises:
        ConfigError: The type has no JSON form.
    """

    __slots__ = ("_decoder", "_limit", "annotation", "optional")

    def __init__(self, annotation: Any, where: str) -> None:
        limits = [each for each in getattr(annotation, "__metadata__", ()) if isinstance(each, BodyLimit)]
        self._limit = limits[0].size if limits else MAX_BODY
        self.annotation = annotation.__origin__ if limits else annotation
        self.optional = is_optional(self.annotation)
        try:
            # A class that msgspec does not know is found out by the schema only, and would fail each request.
            msgspec.json.schema_components([self.annotation])
            self._decoder = msgspec.json.Decoder(self.annotation)
        except (TypeError, NameError, ValueError, RecursionError) as error:
            raise ConfigError(
                f"{where} cannot be read from JSON ({str(error).splitlines()[0]}): use msgspec Structs, "
                f"dataclasses, texts, numbers, dates, lists and mappings of them"
            ) from None

    async def read(self, request: Request) -> Any:
        """The body, checked.

        Raises:
            BadRequest: 400, it is no JSON.
            ContentTooLarge: 413, it is larger than is read.
            HTTPException: 415, it is of another type.
            InvalidFields: 422, it is JSON of another form.
        """
        raw = await self._bytes(request)
        if self.optional and not raw:
            return None
        self._check_type(request)
        try:
            return decode_json(raw, self._decoder)
        except msgspec.ValidationError as error:
            raise invalid_fields(error, "pointer") from None
        except (msgspec.MsgspecError, ValueError, RecursionError):
            raise BadRequest("The body is not valid JSON.") from None

    async def _bytes(self, request: Request) -> bytes:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > self._limit:
                raise ContentTooLarge(f"The body has more than {self._limit} bytes.")
        request._body = bytes(body)  # the handler may still ask for it
        return request._body

    def _check_type(self, request: Request) -> None:
        # A page of another site may send text, or a body without a type, and the browser asks nobody first;
        # JSON it may not send so (CWE-352).
        headers = request.scope["headers"]
        given = only_header(headers, b"content-type")
        if given != b"application/json" and not _is_json(given):
            raise HTTPException(415, "The body must be application/json.", {"Accept": "application/json"})
        if only_header(headers, b"content-encoding") not in (b"", b"identity"):
            raise HTTPException(415, "The body must not be compressed.", {"Accept-Encoding": "identity"})


def _is_json(given: bytes | None) -> bool:
    media_type, _, rest = (given or b"").decode("latin-1").partition(";")
    charset = re.search(r"charset\s*=\s*\"?([^\s;\"]*)", rest, re.IGNORECASE)
    known = charset is None or charset[1].lower() in _CHARSETS
    return known and _JSON.fullmatch(media_type.strip()) is not None


def is_object_type(kind: Any) -> bool:
    """Whether `kind` is a Struct, a dataclass or a TypedDict."""
    if not isinstance(kind, type):
        return False
    return issubclass(kind, msgspec.Struct) or is_dataclass(kind) or is_typeddict(kind)


def is_optional(annotation: Any) -> bool:
    """Whether `annotation` says `| None`."""
    return type(None) in get_args(annotation)


def is_typed(annotation: Any) -> bool:
    """Whether `annotation` is such a type, or a list, mapping or union that has one in it."""
    if get_origin(annotation) is Annotated:
        return is_typed(annotation.__origin__)
    origin = get_origin(annotation)
    return is_object_type(origin or annotation) or any(is_typed(part) for part in get_args(annotation))
