"""The description of an application, checked by an independent library."""

from __future__ import annotations

from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator

from nexios import NexiosApp
from nexios.openapi import openapi_document


def document_of(app: NexiosApp, **options: Any) -> dict[str, Any]:
    """The document, which is valid OpenAPI 3.1."""
    document = openapi_document(app, **{"title": "Tea", "version": "1.2", **options})
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []
    return document


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Its operations, by method and path."""
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def only_operation(app: NexiosApp, **options: Any) -> dict[str, Any]:
    [operation] = operations(document_of(app, **options)).values()
    return operation
