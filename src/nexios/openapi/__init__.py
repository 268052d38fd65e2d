"""The description of an application's routes (OpenAPI 3.1), and a page to read and try it."""

from nexios.description import describe
from nexios.openapi.document import openapi_document
from nexios.openapi.routes import openapi_routes

__all__ = ["describe", "openapi_document", "openapi_routes"]
