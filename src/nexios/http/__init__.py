"""Requests and responses, with who is asking."""

from nexios.http.request import Request, WebSocket
from nexios.http.response import Response

__all__ = ["Request", "Response", "WebSocket"]
