"""A session is good in the cookie that it was made for, even where applications share a secret."""

from __future__ import annotations

from starlette.testclient import TestClient

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, auth
from nexios.auth.backends.session import SessionAuthBackend, login
from nexios.session import SessionMiddleware
from tests.parts import SECRET, Person


def app_with(cookie_name: str) -> NexiosApp:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(SessionMiddleware(cookie_name=cookie_name))
    app.add_middleware(AuthenticationMiddleware(user_model=Person, backend=SessionAuthBackend()))

    @app.post("/login")
    async def enter(request: Request, response: Response) -> None:
        login(request, Person("ada"))

    @app.get("/me")
    @auth()
    async def me(request: Request, response: Response) -> dict[str, str]:
        return {"id": request.user.identity}

    return app


def test_a_session_is_not_good_under_the_name_of_another_cookie() -> None:
    shop, admin = TestClient(app_with("shop")), TestClient(app_with("admin"))
    shop.post("/login")
    value = shop.cookies["shop"]
    assert shop.get("/me").json() == {"id": "ada"}
    answer = admin.get("/me", headers={"cookie": f"admin={value}"})
    assert answer.status_code == 401
    assert admin.get("/me", headers={"cookie": f"shop={value}"}).status_code == 401
