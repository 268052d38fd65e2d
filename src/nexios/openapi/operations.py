"""The operations of an application: what its routes take, and what they ask of whoever calls them."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.convertors import (
    FloatConvertor,
    IntegerConvertor,
    PathConvertor,
    StringConvertor,
    UUIDConvertor,
)
from starlette.endpoints import HTTPEndpoint
from starlette.routing import compile_path

from nexios.description import LIMITED_ATTRIBUTE, Description, description_of
from nexios.parameters import Parameters, annotation_of, parameters_of, signature_of
from nexios.startup import requirements_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.convertors import Convertor

    from nexios.application import NexiosApp
    from nexios.auth.requirements import Requirement
    from nexios.routing import RouteDeclaration

__all__ = ["Operation", "operations_of"]

# OpenAPI 3.1, 4.8.9, without those that are answered for the application.
_METHODS = ("GET", "PUT", "POST", "DELETE", "PATCH", "TRACE")
_CONVERTORS: dict[type, dict[str, Any]] = {
    StringConvertor: {"type": "string", "minLength": 1},
    PathConvertor: {"type": "string"},
    IntegerConvertor: {"type": "integer", "minimum": 0},
    FloatConvertor: {"type": "number", "minimum": 0},
    UUIDConvertor: {"type": "string", "format": "uuid"},
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path.

    Attributes:
        path: With its parameters as `{name}`.
        method: The HTTP method.
        name: The route's.
        handler: What answers, as decorated.
        requirement: What is asked first; None: nothing.
        description: What `@describe` said.
        path_schemas: The schemas of the path's parameters, by name.
        parameters: What the handler takes.
        returns: What its annotation says that it returns.
        limited: Whether it answers only so often.
    """

    path: str
    method: str
    name: str
    handler: Any
    requirement: Requirement | None
    description: Description
    path_schemas: dict[str, dict[str, Any]]
    parameters: Parameters
    returns: Any
    limited: bool


def operations_of(app: NexiosApp) -> list[Operation]:
    """All HTTP routes but those that are hidden; of WebSockets and mounted apps OpenAPI says nothing."""
    found: dict[tuple[str, str], Operation] = {}
    for declaration in app.declarations():
        if declaration.kind == "http":
            for operation in _operations(declaration, require_auth=app.config.require_auth):
                # Of two that answer the same the router takes the first, whatever its parameters are called.
                found.setdefault((_without_names(operation.path), operation.method), operation)
    return [operation for operation in found.values() if not operation.description.hidden]


def _operations(declaration: RouteDeclaration, *, require_auth: bool) -> Iterator[Operation]:
    _, path, convertors = compile_path(declaration.path)
    schemas = {name: _schema(convertor) for name, convertor in convertors.items()}
    whole = description_of(declaration.handler)
    for methods, requirement in requirements_of(declaration, require_auth=require_auth):
        handler, said = declaration.handler, whole
        first: tuple[str, ...] = ("request", "response")
        if isinstance(handler, type):
            cls, name = handler, methods[0].lower()
            handler = getattr(cls, name)
            if not isinstance(inspect.getattr_static(cls, name), (staticmethod, classmethod)):
                first = ("self", *first)
            said = description_of(handler).within(whole)
            if issubclass(cls, HTTPEndpoint):
                first = ()
        parameters = parameters_of(handler, first, tuple(schemas)) if first else Parameters()
        signature = signature_of(handler)
        returns = inspect.Signature.empty if signature is None else signature.return_annotation
        for method in methods:
            if method in _METHODS:
                yield Operation(
                    path=path,
                    method=method,
                    name=declaration.name,
                    handler=handler,
                    requirement=None if requirement is None or requirement.public else requirement,
                    description=said,
                    path_schemas=schemas,
                    parameters=parameters,
                    returns=annotation_of(handler, returns),
                    limited=hasattr(handler, LIMITED_ATTRIBUTE),
                )


def _schema(convertor: Convertor[Any]) -> dict[str, Any]:
    """What a parameter may be; of a convertor of the application's own only that it is text."""
    return dict(_CONVERTORS.get(type(convertor), {"type": "string"}))


def _without_names(path: str) -> str:
    return re.sub(r"{[^}]*}", "{}", path)
