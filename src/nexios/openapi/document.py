"""The document: OpenAPI 3.1 of an application, from its routes, annotations, guards and backends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Union, get_args

from nexios.http.bodies import is_optional
from nexios.openapi.answers import Answers
from nexios.openapi.operations import operations_of
from nexios.openapi.schemas import Schemas
from nexios.openapi.security import Schemes
from nexios.openapi.words import described, operation_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nexios.application import NexiosApp
    from nexios.openapi.operations import Operation

__all__ = ["openapi_document"]

_SAFE = ("GET", "TRACE")
_FORM = "application/x-www-form-urlencoded"


def openapi_document(
    app: NexiosApp,
    *,
    title: str,
    version: str,
    description: str = "",
    security: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """The description of `app` as it is now (OpenAPI 3.1), ready to be written as JSON.

    Args:
        app: The application, with all its routes and middleware.
        title: What the API is called.
        version: The API's version.
        description: What it is for, in a paragraph or more.
        security: Security schemes by the scope of their backend, in place of those that are known by
            themselves.

    Raises:
        ConfigError: The application does not hold together.
    """
    return _Writer(app, security or {}).write(title, version, description)


class _Writer:
    """Writes one document."""

    def __init__(self, app: NexiosApp, security: Mapping[str, Mapping[str, Any]]) -> None:
        self._operations = operations_of(app)
        self._schemes = Schemes(app, security)
        self._schemas = Schemas()
        self._answers = Answers(self._schemas)

    def write(self, title: str, version: str, description: str) -> dict[str, Any]:
        paths: dict[str, dict[str, Any]] = {}
        named: dict[str, str] = {}
        ids = operation_ids((operation.name, operation.method) for operation in self._operations)
        for operation, operation_id in zip(self._operations, ids, strict=True):
            # Paths that differ in the names of their parameters only are one (OpenAPI 3.1, 4.8.8.1).
            path = named.setdefault(re.sub(r"{[^}]*}", "{}", operation.path), operation.path)
            written = self._operation(operation, operation_id, path)
            paths.setdefault(path, {})[operation.method.lower()] = written
        self._schemas.write()
        info = {"title": title, "version": version, "description": description}
        document: dict[str, Any] = {
            "openapi": "3.1.0",
            "info": {name: value for name, value in info.items() if value or name != "description"},
            "paths": paths,
        }
        components = {"responses": self._answers.shared, "securitySchemes": self._schemes.described}
        components = {"schemas": self._schemas.used_in({**document, "components": components}), **components}
        components = {name: held for name, held in components.items() if held}
        return {**document, **({"components": components} if components else {})}

    def _operation(self, operation: Operation, operation_id: str, path: str) -> dict[str, Any]:
        said = operation.description
        summary, rest = described(operation.handler, operation.name)
        found: dict[str, Any] = {"operationId": operation_id, "summary": said.summary or summary}
        if rest:
            found["description"] = rest
        if said.tags:
            found["tags"] = list(said.tags)
        if said.deprecated:
            found["deprecated"] = True
        wanted = [] if operation.requirement is None else self._schemes.wanted(operation.requirement)
        if wanted:
            found["security"] = wanted
        parameters = _path_parameters(operation, path)
        if operation.parameters.query is not None:
            self._schemas.add_fields(operation.parameters.query[1].kind, _placing_into(parameters))
        if parameters or operation.parameters.query is not None:
            found["parameters"] = parameters
        body = self._body(operation)
        if body:
            found["requestBody"] = body
        found["responses"] = self._answers.of(operation.returns, said, self._problems(operation))
        return found

    def _body(self, operation: Operation) -> dict[str, Any]:
        said, typed = operation.description, operation.parameters.body
        kind = said.form if said.body is None else said.body
        optional = is_optional(kind)
        if typed is not None:
            kind, optional = typed[1].annotation, typed[1].optional
        elif optional:
            # That a body may be left out does not mean that it may be `null`.
            kind = Union[tuple(part for part in get_args(kind) if part is not type(None))]  # noqa: UP007 - from a tuple
        if kind is None:
            return {}
        content: dict[str, Any] = {}
        self._schemas.add(kind, lambda schema: content.update(schema=schema))
        media_type = "application/json" if typed is not None or said.form is None else _FORM
        return {"required": not optional, "content": {media_type: content}}

    def _problems(self, operation: Operation) -> dict[int, None]:
        """With what a request may be refused before the handler is called."""
        found: list[int] = []
        if operation.path_schemas:
            found.append(404)
        if operation.requirement is not None:
            found += [401, 503]
            if operation.requirement.permissions:
                found.append(403)
        if self._schemes.has_session and operation.method not in _SAFE:
            found.append(403)
        if operation.limited:
            found += [429, 503]
        if self._schemes.throttled and operation.requirement is not None:
            found.append(429)
        if operation.parameters.body is not None:
            found += [400, 413, 415, 422]
        if operation.parameters.query is not None:
            found.append(422)
        return dict.fromkeys(found)


def _path_parameters(operation: Operation, path: str) -> list[dict[str, Any]]:
    names = re.findall(r"{([^}]*)}", path)
    schemas = operation.path_schemas.values()
    return [
        {"name": name, "in": "path", "required": True, "schema": schema}
        for name, schema in zip(names, schemas, strict=True)
    ]


def _placing_into(parameters: list[dict[str, Any]]) -> Callable[[str, dict[str, Any], bool], None]:
    """Adds the fields of a query, whose schemas are written last, to the parameters of an operation."""

    def place(name: str, schema: dict[str, Any], required: bool) -> None:
        needed = {"required": True} if required else {}
        parameters.append({"name": name, "in": "query", **needed, "schema": schema})

    return place
