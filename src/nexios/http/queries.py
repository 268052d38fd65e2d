"""Queries of a declared type: the parameters after `?` into a msgspec Struct or a dataclass."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, is_typeddict

import msgspec
from msgspec import inspect

from nexios.exceptions import ConfigError
from nexios.http.bodies import is_object_type
from nexios.http.invalid import InvalidFields, invalid_fields

if TYPE_CHECKING:
    from nexios.http.request import Request

__all__ = ["Query", "TypedQuery", "is_query"]

T = TypeVar("T")


class _Marker:
    def __repr__(self) -> str:
        return "Query"


_QUERY = _Marker()

Query = Annotated[T, _QUERY]
"""Marks a handler's parameter that is read from the query: `page: Query[Page]`."""

_SEVERAL = (
    inspect.ListType,
    inspect.SetType,
    inspect.FrozenSetType,
    inspect.VarTupleType,
)
_NESTED = (
    inspect.StructType,
    inspect.DataclassType,
    inspect.TypedDictType,
    inspect.NamedTupleType,
    inspect.DictType,
    inspect.TupleType,
    inspect.CustomType,
    inspect.RawType,
)


class TypedQuery:
    """Reads the query of a request as `annotation` says.

    Args:
        annotation: `Query[...]` of a Struct or a dataclass, whose fields are texts, numbers, dates and so on,
            or lists of these.
        where: Which parameter of which handler it is, for the messages.

    Raises:
        ConfigError: The type cannot be read from a query.
    """

    __slots__ = ("_floats", "_names", "_several", "kind")

    def __init__(self, annotation: Any, where: str) -> None:
        self.kind = annotation.__origin__
        config = getattr(self.kind, "__struct_config__", None)
        if not is_object_type(self.kind) or is_typeddict(self.kind) or getattr(config, "array_like", False):
            raise ConfigError(
                f"{where} is a Query of a Struct or a dataclass: class Page(msgspec.Struct): ..."
            )
        try:
            shape: Any = inspect.type_info(self.kind)
        except (TypeError, NameError, ValueError, RecursionError) as error:
            raise ConfigError(
                f"{where} cannot be read from a query ({str(error).splitlines()[0]}): use a Struct of texts, "
                f"numbers, dates or lists of these"
            ) from None
        self._names = frozenset(each.encode_name for each in shape.fields)
        self._several = frozenset(each.encode_name for each in shape.fields if _is_several(each.type))
        self._floats: dict[str, str] = {}
        for each in shape.fields:
            parts = [part for kind in _kinds(each.type) for part in (kind, getattr(kind, "item_type", kind))]
            if any(isinstance(part, inspect.FloatType) for part in parts):
                self._floats[each.encode_name] = each.name
            if any(isinstance(part, _NESTED) for part in parts):
                raise ConfigError(
                    f"{where} has a field {each.name!r} that no query can hold: use texts, numbers, dates "
                    f"or lists of these, or send it as a body"
                )

    async def read(self, request: Request) -> Any:
        """The query, checked.

        Raises:
            InvalidFields: 422, it is of another form.
        """
        given: dict[str, Any] = {}
        for name, value in request.query_params.multi_items():
            if name in self._several:
                given.setdefault(name, []).append(value)
            elif name in given and name in self._names:
                # Which of the two counts would be a matter of taste, and proxies have another one (CWE-235).
                raise _refused(name, "Given more than once.")
            else:
                given[name] = value
        try:
            found = msgspec.convert(given, self.kind, strict=False)
        except msgspec.ValidationError as error:
            raise invalid_fields(error, "parameter") from None
        for name, attribute in self._floats.items():
            if not _is_finite(getattr(found, attribute)):
                # As in JSON, where neither has a form: no limit of a handler holds against them.
                raise _refused(name, "Expected a number that is finite.")
        return found


def _is_finite(value: Any) -> bool:
    if isinstance(value, float):
        return isfinite(value)
    return isinstance(value, str) or not isinstance(value, Iterable) or all(map(_is_finite, value))


def _refused(name: str, said: str) -> InvalidFields:
    return InvalidFields(f"{name}: {said}", [{"detail": said, "parameter": name}])


def is_query(annotation: Any) -> bool:
    """Whether `annotation` is `Query[...]`."""
    return _QUERY in getattr(annotation, "__metadata__", ())


def _kinds(shape: Any) -> tuple[Any, ...]:
    shape = shape.type if isinstance(shape, inspect.Metadata) else shape
    return shape.types if isinstance(shape, inspect.UnionType) else (shape,)


def _is_several(shape: Any) -> bool:
    return any(isinstance(kind, _SEVERAL) for kind in _kinds(shape))
