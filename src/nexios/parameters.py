"""What a handler takes beside the request: path parameters by name, a typed body, a typed query."""

from __future__ import annotations

import inspect
import sys
from dataclasses import dataclass
from functools import partial
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from nexios.exceptions import ConfigError
from nexios.http.bodies import TypedBody, is_typed
from nexios.http.queries import TypedQuery, is_query

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

__all__ = ["Parameters", "annotation_of", "handler_name", "parameters_of", "signature_of"]

_UNREADABLE = object()


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a handler takes after the parameters that each gets.

    Attributes:
        path: The names of the path parameters.
        query: The name of the parameter for the query, and what reads it; None: there is none.
        body: The same for the body.
    """

    path: tuple[str, ...] = ()
    query: tuple[str, TypedQuery] | None = None
    body: tuple[str, TypedBody] | None = None

    @property
    def typed(self) -> list[tuple[str, TypedQuery | TypedBody]]:
        """What must be read before the handler is called; the query first, which costs nothing."""
        return [each for each in (self.query, self.body) if each is not None]


def parameters_of(handler: Callable[..., Any], first: tuple[str, ...], params: Collection[str]) -> Parameters:
    """What `handler` takes by name, after `first`.

    Args:
        handler: A function, method or callable object.
        first: The parameters that each gets.
        params: The path's parameters.

    Raises:
        ConfigError: The handler's parameters are not ours; the message says the mend.
    """
    signature = signature_of(handler)
    if signature is None:
        return Parameters()
    kinds = inspect.Parameter
    name_of = handler_name(handler)
    shown = f"{name_of}({', '.join(first)})"
    positional, named, rest = 0, [], False
    query: tuple[str, TypedQuery] | None = None
    body: tuple[str, TypedBody] | None = None
    for name, parameter in signature.parameters.items():
        if parameter.kind is kinds.VAR_POSITIONAL:
            positional = len(first)
        elif parameter.kind is kinds.VAR_KEYWORD:
            rest = True
        elif positional < len(first) and parameter.kind is not kinds.KEYWORD_ONLY:
            positional += 1
        elif name in params:
            named.append(name)
        elif parameter.default is kinds.empty:
            # One with a default stays the handler's own: no client should be able to set it.
            where = f"the parameter {name!r} of {name_of}"
            annotation = annotation_of(handler, parameter.annotation)
            if "request" in first and is_query(annotation):
                _only_one(query, where, "Query")
                query = name, TypedQuery(annotation, where)
            elif "request" in first and is_typed(annotation):
                _only_one(body, where, "body")
                body = name, TypedBody(annotation, where)
            else:
                raise ConfigError(_unknown(name_of, name, shown, parameter.annotation, annotation))
    if positional < len(first):
        raise ConfigError(f"{name_of} must take {' and '.join(first)}: write {shown}")
    return Parameters(tuple(params) if rest else tuple(named), query, body)


def signature_of(handler: Callable[..., Any]) -> inspect.Signature | None:
    """The signature of `handler`, whose annotations may name what is not there; None: it has none."""
    try:
        if sys.version_info >= (3, 14):
            from annotationlib import Format

            return inspect.signature(handler, annotation_format=Format.FORWARDREF)
        return inspect.signature(handler)
    except (TypeError, ValueError):
        return None


def annotation_of(handler: Any, annotation: Any) -> Any:
    """What an annotation of `handler` stands for; a thing that is no type where it cannot be found out."""
    if not isinstance(annotation, str):
        return annotation
    function = _function(handler)
    if function is None:
        return _UNREADABLE
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=False)
    names: dict[str, Any] = {}
    for name, cell in cells:
        try:
            names[name] = cell.cell_contents
        except ValueError:
            continue  # nothing is in it yet
    try:
        # As typing.get_type_hints does, but for one annotation: those beside it may name what is imported for
        # the type checker only.
        return eval(annotation, function.__globals__, names)  # noqa: S307 - the application's own source
    except Exception:
        return _UNREADABLE


def handler_name(handler: Any) -> str:
    """How messages call `handler`."""
    return getattr(handler, "__name__", type(handler).__name__)


def _function(handler: Any) -> FunctionType | None:
    while True:
        if isinstance(handler, partial):
            handler = handler.func
        elif isinstance(handler, MethodType):
            handler = handler.__func__
        elif hasattr(handler, "__wrapped__"):
            handler = handler.__wrapped__
        elif isinstance(handler, FunctionType):
            return handler
        else:
            called = getattr(type(handler), "__call__", None)  # noqa: B004 - it is the function that is wanted
            if not isinstance(called, FunctionType):
                return None
            handler = called


def _only_one(found: object, where: str, what: str) -> None:
    if found is not None:
        raise ConfigError(f"{where} is a second {what}: put the fields of both into one Struct")


def _unknown(name_of: str, name: str, shown: str, written: Any, annotation: Any) -> str:
    message = (
        f"{name_of} has a parameter {name!r} that the path does not: write {shown}, "
        f"or put {{{name}}} into the path"
    )
    if annotation is _UNREADABLE:
        return (
            f"{message}; if {written} is the type of its body, define or import it at the top of the module"
        )
    return f"{message}, or annotate it with a msgspec Struct or a dataclass if it is the body"
