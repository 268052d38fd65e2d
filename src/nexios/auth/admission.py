"""Where a guard asks: is this request let in?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.websockets import WebSocketState

from nexios.exceptions import ConfigError
from nexios.http.problems import problem_response

if TYPE_CHECKING:
    from collections.abc import Awaitable, MutableMapping

    from nexios.auth.requirements import Requirement
    from nexios.http.problems import Problem

__all__ = ["admit", "admitted", "refuse_websocket"]


def admit(scope: MutableMapping[str, Any], requirement: Requirement) -> Awaitable[None] | None:
    """Let the request of `scope` pass if it meets `requirement`.

    Returns:
        None where that is settled, else what must be awaited before it is.

    Raises:
        Unauthorized: 401, no credential is good for the route.
        Forbidden: 403, the user may not.
        Unavailable: 503, it cannot be found out.
        ConfigError: There is no AuthenticationMiddleware to ask.
    """
    authentication = scope.get("nexios.authentication")
    if authentication is None:
        raise ConfigError(
            "a guarded route needs AuthenticationMiddleware: "
            "app.add_middleware(AuthenticationMiddleware(user_model=..., backend=...))"
        )
    pending: Awaitable[None] | None = authentication.admit(scope, requirement)
    return pending


async def admitted(scope: MutableMapping[str, Any], requirement: Requirement) -> None:
    """Like `admit`, and wait until it is settled."""
    pending = admit(scope, requirement)
    if pending is not None:
        await pending


async def refuse_websocket(websocket: Any, refusal: Problem) -> None:
    """Answer a handshake with `refusal` before it is accepted, or close the WebSocket with 1008."""
    begins = websocket.application_state is WebSocketState.CONNECTING
    if begins and "websocket.http.response" in websocket.scope.get("extensions", {}):
        answer = problem_response(refusal.status_code, refusal.detail, refusal.headers)
        await answer(websocket.scope, websocket.receive, websocket.send)
    else:
        await websocket.close(1008, refusal.detail)
