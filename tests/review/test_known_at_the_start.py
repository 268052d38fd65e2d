"""Mistakes that can be known before the first request are said before it."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from nexios import MakeConfig, NexiosApp
from nexios.auth import AuthenticationMiddleware, SimpleUser, auth
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt
from nexios.exceptions import ConfigError
from nexios.session import SessionMiddleware

SECRET = "7Hn2kq9Zt4Wv8Yb3Xc6Md1Rf5Gj0Ls-pQeUaIoTy"


async def handler(request, response):
    return {"user": request.user.identity}


def outer_app() -> NexiosApp:
    app = NexiosApp(MakeConfig(secret_key=SECRET))
    app.add_middleware(AuthenticationMiddleware(user_model=SimpleUser, backend=JWTAuthBackend()))
    return app


def test_a_mounted_application_that_lacks_its_middleware_stops_the_start_of_the_outer_one() -> None:
    inner, outer = NexiosApp(), NexiosApp()
    inner.get("/private")(auth()(handler))
    outer.mount("/inner", inner)

    with pytest.raises(ConfigError, match=r"/private is guarded.*AuthenticationMiddleware"):
        outer.build()


def test_a_mounted_application_may_rely_on_the_outer_ones_middleware() -> None:
    inner, outer = NexiosApp(), outer_app()
    inner.get("/private")(auth()(handler))
    outer.mount("/inner", inner)

    with TestClient(outer) as client:
        assert client.get("/inner/private").status_code == 401
        token = create_jwt({"id": "7"}, secret=SECRET)
        assert client.get("/inner/private", headers={"Authorization": f"Bearer {token}"}).json() == {
            "user": "7"
        }


def test_a_guarded_function_without_any_parameter_is_refused_where_it_is_decorated() -> None:
    with pytest.raises(ConfigError, match="add a parameter `request: Request`"):

        @auth()
        def nobody_asks() -> None: ...


@pytest.mark.parametrize("trusted", ["https://app.example", "https://app.example:443", "https://APP.example"])
def test_a_trusted_origin_is_trusted_however_it_is_spelt(trusted: str) -> None:
    app = NexiosApp(MakeConfig(secret_key=SECRET))
    app.add_middleware(SessionMiddleware(trusted_origins=[trusted]))

    @app.post("/")
    async def store(request, response):
        request.session["a"] = 1

    headers = {"Origin": "https://app.example", "Sec-Fetch-Site": "cross-site"}
    assert TestClient(app).post("/", headers=headers).status_code == 204


@pytest.mark.parametrize("origin", ["http://evil.example@testserver", "http://testserver@evil.example"])
def test_an_origin_with_a_name_before_the_host_is_foreign(origin: str) -> None:
    app = NexiosApp(MakeConfig(secret_key=SECRET))
    app.add_middleware(SessionMiddleware())

    @app.post("/")
    async def store(request, response):
        request.session["a"] = 1

    assert TestClient(app).post("/", headers={"Origin": origin}).status_code == 403
    with pytest.raises(ConfigError, match="is no origin"):
        SessionMiddleware(trusted_origins=[origin])
