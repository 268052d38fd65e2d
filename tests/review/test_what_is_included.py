"""Including takes over routes, and must not leave behind what guards them."""

from __future__ import annotations

import pytest

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.exceptions import ConfigError
from tests.parts import SECRET, ByHeader, app_for


def test_an_application_is_not_included_since_its_guards_would_stay_behind() -> None:
    inner = NexiosApp(config=MakeConfig(secret_key=SECRET, require_auth=True))

    @inner.get("/private")
    async def private(request: Request, response: Response) -> None: ...

    outer = app_for(ByHeader())
    with pytest.raises(ConfigError, match="another application is mounted"):
        outer.include(inner)
    assert outer.routes_table() == []
