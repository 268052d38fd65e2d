"""Requests and responses, with who is asking."""

from nexios.http.bodies import BodyLimit
from nexios.http.client import client_address
from nexios.http.queries import Query
from nexios.http.request import Request, WebSocket
from nexios.http.response import Response

__all__ = ["BodyLimit", "Query", "Request", "Response", "WebSocket", "client_address"]
