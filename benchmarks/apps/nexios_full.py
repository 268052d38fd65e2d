"""The application as users write it: the small one, and 200 routes more, half with path parameters."""

from __future__ import annotations

from benchmarks.apps import nexios
from benchmarks.world import FOURTEEN_DAYS, SECRET
from nexios import NexiosApp
from nexios.auth import auth
from nexios.http import Request, Response


async def listing(request: Request, response: Response) -> dict[str, str]:
    return {"user": request.user.display_name}


async def item(request: Request, response: Response, item_id: str) -> dict[str, str]:
    return {"user": request.user.display_name, "item": item_id}


def create_app(secret: str = SECRET, max_age: int = FOURTEEN_DAYS) -> NexiosApp:
    """The application; `max_age` (seconds) is for its session cookies."""
    app = nexios.create_app(secret, max_age)
    for number in range(100):
        app.get(f"/collection-{number}")(auth()(listing))
        app.get(f"/collection-{number}/{{item_id}}")(auth()(item))
    return app


app = create_app()
