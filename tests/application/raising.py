"""An application whose handlers raise."""

from __future__ import annotations

from typing import Any

from starlette.testclient import TestClient

from nexios import NexiosApp, Request, Response


class Missing(LookupError):
    pass


def app_raising(error: BaseException, **options: Any) -> NexiosApp:
    app = NexiosApp(**options)

    @app.get("/")
    async def handler(request: Request, response: Response) -> None:
        raise error

    @app.get("/sync")
    def sync(request: Request, response: Response) -> None:
        raise error

    return app


def ask(app: NexiosApp, path: str = "/") -> Any:
    return TestClient(app).get(path)
