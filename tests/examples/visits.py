"""For each example: how a credential is come by, a route that wants it, and a wrong one."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import httpx2

EXAMPLES = Path(__file__).parents[2] / "examples"

Headers: TypeAlias = Mapping[str, str]

ADA = {"name": "ada", "password": "nine blue herons"}


@dataclass(frozen=True)
class Visit:
    """A guarded route, and who gets in.

    Attributes:
        path: The route.
        credential: Gets a good credential from the application, as headers.
        wrong: A bad one of the same kind.
        challenge: What the 401 asks for.
    """

    path: str
    credential: Callable[[httpx2.Client], Headers]
    wrong: Headers
    challenge: str


def bearer(token: str) -> Headers:
    return {"Authorization": f"Bearer {token}"}


def guest(client: httpx2.Client) -> Headers:
    return bearer(_forgetting_cookies(client, client.post("/guests")).text)


def new_user(client: httpx2.Client) -> Headers:
    return bearer(client.post("/users", json={"display_name": "Ada"}).text)


def password_login(client: httpx2.Client) -> Headers:
    assert client.post("/register", json=ADA).status_code == 201
    return bearer(client.post("/login", json=ADA).text)


def session_login(client: httpx2.Client) -> Headers:
    assert client.post("/register", json=ADA).status_code == 201
    answer = client.post("/login", json=ADA)
    cookie = answer.cookies["session"]
    _forgetting_cookies(client, answer)
    return {"Cookie": f"session={cookie}"}


def guest_session(client: httpx2.Client) -> Headers:
    answer = client.post("/guests/ada")
    cookie = answer.cookies["session"]
    _forgetting_cookies(client, answer)
    return {"Cookie": f"session={cookie}"}


def first_key(client: httpx2.Client) -> Headers:
    return {"X-API-Key": client.post("/accounts", json={"name": "build server"}).text}


def managed_key(client: httpx2.Client) -> Headers:
    answer = client.post("/keys", json={"name": "ci"}, headers=guest(client))
    return {"X-API-Key": answer.json()["key"]}


def guest_pair(client: httpx2.Client) -> Headers:
    return bearer(client.post("/guests").json()["access_token"])


def basic(client: httpx2.Client) -> Headers:
    assert client.post("/register", json=ADA).status_code == 201
    return basic_header(**ADA)


def basic_header(name: str, password: str) -> Headers:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def guest_token(client: httpx2.Client) -> Headers:
    return bearer(_forgetting_cookies(client, client.post("/guests")).text.split()[0])


def first_member(client: httpx2.Client) -> Headers:
    return bearer(client.post("/members/ada").text)


def note_writer(client: httpx2.Client) -> Headers:
    credential = guest(client)
    assert client.post("/notes", json={"text": "Buy tea"}, headers=credential).status_code == 201
    return credential


def robot_login(client: httpx2.Client) -> Headers:
    login = {"grant_type": "client_credentials", "client_id": "robot", "client_secret": "nine-blue-herons"}
    return bearer(client.post("/token", data=login).json()["access_token"])


def _forgetting_cookies(client: httpx2.Client, answer: httpx2.Response) -> httpx2.Response:
    """A visitor that keeps no cookies, so that each request shows exactly what the test gives it."""
    client.cookies.clear()
    return answer


TOKEN = 'Bearer realm="api"'
SESSION = 'Cookie realm="api"'
KEY = 'ApiKey realm="api"'
RESOURCE = "http://localhost:8000/.well-known/oauth-protected-resource/mcp"

VISITS = {
    "basic_idea": Visit("/profile", guest, bearer("wrong"), TOKEN),
    "user_model": Visit("/profile", new_user, bearer("wrong"), TOKEN),
    "jwt_login": Visit("/profile", password_login, bearer("wrong"), TOKEN),
    "sessions": Visit("/profile", session_login, {"Cookie": "session=wrong"}, SESSION),
    "api_keys": Visit("/data", first_key, {"X-API-Key": "key_wrong"}, KEY),
    "managed_keys": Visit("/data", managed_key, {"X-API-Key": "key_wrong"}, f"{TOKEN}, {KEY}"),
    "audited": Visit("/history", guest, bearer("wrong"), TOKEN),
    "postgresql_and_redis": Visit(
        "/profile", guest_session, {"Cookie": "session=wrong"}, f"{SESSION}, {KEY}"
    ),
    "custom_backend": Visit("/report", basic, basic_header("ada", "a guess"), 'Basic realm="api"'),
    "staying_logged_in": Visit("/profile", guest_pair, bearer("wrong"), TOKEN),
    "scopes": Visit("/anyone", guest_token, bearer("wrong"), f"{TOKEN}, {SESSION}, {KEY}"),
    "permissions": Visit("/admin", first_member, bearer("wrong"), TOKEN),
    "described": Visit("/notes", note_writer, bearer("wrong"), TOKEN),
    "mcp_server": Visit("/whoami", robot_login, bearer("wrong"), f'{TOKEN}, resource_metadata="{RESOURCE}"'),
    "in_starlette": Visit("/profile", guest, bearer("wrong"), f"{TOKEN}, {SESSION}"),
    "in_fastapi": Visit("/profile", guest, bearer("wrong"), f"{TOKEN}, {SESSION}"),
}
