"""Test clients, which may act as somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2
import starlette.testclient

from nexios.testing.acting import acting

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import ASGIApp

    from nexios.auth.base import BaseUser

__all__ = ["AsyncTestClient", "TestClient"]


class TestClient(starlette.testclient.TestClient):
    """Starlette's test client, which may act as somebody.

    Args:
        app: The application.
        options: What Starlette's takes by name.
    """

    __test__ = False

    def __init__(self, app: ASGIApp, **options: Any) -> None:
        super().__init__(app, **options)
        self._options = options

    def acting_as(
        self,
        user: BaseUser | str,
        *,
        scope: str | None = None,
        permissions: Collection[str] | None = None,
        credential: object = None,
    ) -> TestClient:
        """Another client of the same application, all of whose requests are of `user`.

        It has no cookies of this one. Where this one has started the application, by `with`, it asks that.

        Args:
            user: The user, or the identity that the application's `load_user` finds it by.
            scope: The backend that the user seems to have come by; the first one by default.
            permissions: Narrows what the user may do, as a credential does; None: no narrowing.
            credential: What handlers find as `request.credential`.

        Raises:
            ConfigError: There is no AuthenticationMiddleware that can be found, or no such backend.
            TypeError: `user` is no user who is authenticated, or `permissions` no collection of names.
        """
        app = acting(self.app, user, scope=scope, permissions=permissions, credential=credential)
        client = TestClient(app, **self._options)
        client.portal = self.portal
        client.app_state.update(self.app_state)
        return client


class AsyncTestClient(httpx2.AsyncClient):
    """A client for async tests, which may act as somebody; it neither starts nor stops the application.

    Args:
        app: The application.
        options: What `httpx2.AsyncClient` takes by name.
    """

    def __init__(self, app: ASGIApp, *, base_url: str = "http://testserver", **options: Any) -> None:
        super().__init__(transport=httpx2.ASGITransport(app=app), base_url=base_url, **options)
        self.app = app
        self._options = {"base_url": base_url, **options}

    def acting_as(
        self,
        user: BaseUser | str,
        *,
        scope: str | None = None,
        permissions: Collection[str] | None = None,
        credential: object = None,
    ) -> AsyncTestClient:
        """Another client of the same application, all of whose requests are of `user`; see `TestClient`."""
        app = acting(self.app, user, scope=scope, permissions=permissions, credential=credential)
        return AsyncTestClient(app, **self._options)
