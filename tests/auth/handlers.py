"""Handlers to be guarded, which note who got in."""

from __future__ import annotations

from typing import Any

from nexios import Request, Response

ran: list[str] = []


def note(request: Any) -> dict[str, str]:
    ran.append(request.user.identity)
    return {"user": request.user.identity}


async def function(request: Request, response: Response) -> dict[str, str]:
    return note(request)


def fresh_function() -> Any:
    async def function(request: Request, response: Response) -> dict[str, str]:
        return note(request)

    return function
