"""The types of bodies, queries and answers as JSON Schema, which msgspec writes."""

from __future__ import annotations

import json
import re
import types
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

import msgspec
from starlette.responses import Response as StarletteResponse

from nexios.http import Response

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ANYTHING", "Problem", "Returned", "Schemas", "returned"]

ANYTHING = object()
"""Stands for what an annotation does not say."""

_REF = "#/components/schemas/"
_USED = re.compile(r'"#/components/schemas/([^"]+)"')


class ProblemError(msgspec.Struct, omit_defaults=True):
    """What is wrong where."""

    detail: str
    pointer: str | msgspec.UnsetType = msgspec.UNSET
    parameter: str | msgspec.UnsetType = msgspec.UNSET


class Problem(msgspec.Struct):
    """Why there is no better answer (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemError] | msgspec.UnsetType = msgspec.UNSET


class Returned(msgspec.Struct, frozen=True):
    """What a handler answers when all goes well.

    Attributes:
        kind: The type of the body; `ANYTHING`: it is not known; None: there is no body.
        media_type: The body's.
        nothing: Whether it may also answer with nothing.
    """

    kind: Any
    media_type: str = "application/json"
    nothing: bool = False


class Schemas:
    """Gathers types, and writes their schemas all at once, so that each stands in the document once."""

    def __init__(self) -> None:
        self._kinds: list[Any] = []
        self._places: list[Callable[[dict[str, Any]], None]] = []

    def add(self, kind: Any, place: Callable[[dict[str, Any]], None]) -> bool:
        """Have `place` called with the schema of `kind`; False: it has none."""
        try:
            msgspec.json.schema_components([kind])
        except (TypeError, NameError, ValueError, RecursionError):
            return False
        self._kinds.append(kind)
        self._places.append(place)
        return True

    def add_fields(self, kind: Any, place: Callable[[str, dict[str, Any], bool], None]) -> None:
        """Have `place` called with the name of each field of `kind`, its schema and whether it is needed."""

        def spread(schema: dict[str, Any]) -> None:
            whole = self.components[schema["$ref"].removeprefix(_REF)]
            for name, field in whole["properties"].items():
                place(name, field, name in whole.get("required", ()))

        self.add(kind, spread)

    def write(self) -> None:
        """Put every schema in its place."""
        schemas, self.components = msgspec.json.schema_components(self._kinds, ref_template=_REF + "{name}")
        for schema, place in zip(schemas, self._places, strict=True):
            place(schema)

    def used_in(self, document: dict[str, Any]) -> dict[str, Any]:
        """Those schemas that `document` names, and those that they name."""
        used: set[str] = set()
        found = set(_USED.findall(json.dumps(document)))
        while found:
            used |= found
            found = set(_USED.findall(json.dumps([self.components[name] for name in found]))) - used
        return {name: schema for name, schema in sorted(self.components.items()) if name in used}


def returned(annotation: Any) -> Returned:
    """What a return annotation says of the answer."""
    if annotation is None or annotation is type(None):
        return Returned(None)
    if get_origin(annotation) is Annotated:
        annotation = annotation.__origin__
    if get_origin(annotation) in (Union, types.UnionType):
        parts = get_args(annotation)
        kinds = [part for part in parts if part is not type(None) and not _is_response(part)]
        if len(kinds) == len(parts):
            return Returned(annotation if all(map(_is_json, parts)) else ANYTHING)
        nothing = type(None) in parts
        inner = returned(Union[tuple(kinds)]) if kinds else Returned(ANYTHING)  # noqa: UP007 - from a tuple
        return Returned(inner.kind, inner.media_type, nothing)
    if annotation is str:
        return Returned(str, "text/plain")
    if annotation is bytes:
        return Returned(bytes, "application/octet-stream")
    return Returned(annotation if _is_json(annotation) else ANYTHING)


def _is_response(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, (Response, StarletteResponse))


def _is_json(annotation: Any) -> bool:
    """Whether a handler may return it as JSON, so that its schema is that of the answer."""
    kind = get_origin(annotation) or annotation
    if not isinstance(kind, type):
        return False
    if issubclass(kind, (msgspec.Struct, list)) or kind in (Sequence, Mapping):
        return True
    return issubclass(kind, dict) or hasattr(kind, "__dataclass_fields__")
