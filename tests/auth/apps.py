"""The application that tests of backends ask."""

from __future__ import annotations

from typing import Any

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, auth
from nexios.auth.backends.base import AuthenticationBackend
from tests.parts import SECRET, Person


def app_with(*backends: AuthenticationBackend, user_model: Any = Person) -> NexiosApp:
    """An application with an open and a guarded route, which say who is asking."""
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(AuthenticationMiddleware(user_model=user_model, backends=list(backends)))

    @app.get("/open")
    async def opened(request: Request, response: Response) -> dict[str, Any]:
        return {"user": request.user.identity, "auth": request.scope["auth"]}

    @app.get("/guarded")
    @auth()
    async def guarded(request: Request, response: Response) -> dict[str, Any]:
        return {"user": request.user.identity, "auth": request.scope["auth"]}

    return app
