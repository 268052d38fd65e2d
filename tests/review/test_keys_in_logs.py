"""A key that is its user's identity, as on the first page, reaches no log."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, SimpleUser, has_permission
from nexios.auth.backends.apikey import APIKeyAuthBackend, create_api_key
from tests.parts import SECRET


class KeyUser(SimpleUser):
    """Has the key for its identity."""

    def has_permission(self, permission: str) -> bool:
        raise LookupError(f"no permissions of {self.identity}")

    @classmethod
    async def load_user(cls, identity: str) -> KeyUser:
        return cls(identity)


def test_a_failing_has_permission_does_not_log_the_key(caplog: pytest.LogCaptureFixture) -> None:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(AuthenticationMiddleware(user_model=KeyUser, backend=APIKeyAuthBackend()))

    @app.get("/data")
    @has_permission("read")
    async def data(request: Request, response: Response) -> None: ...

    key, _ = create_api_key()
    answer = TestClient(app).get("/data", headers={"X-API-Key": key})
    assert answer.status_code == 503
    assert "has_permission failed" in caplog.text
    assert "LookupError in has_permission, line " in caplog.text
    assert key not in caplog.text + answer.text
