"""What a 401 says: which schemes would do, and that a bearer token was refused (RFC 9110, RFC 6750)."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, auth, has_permission
from nexios.auth.backends.apikey import APIKeyAuthBackend, create_api_key
from nexios.auth.backends.base import AuthenticationBackend
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt
from nexios.auth.backends.session import SessionAuthBackend
from nexios.session import SessionMiddleware
from tests.parts import SECRET, ByHeader, Person, assert_problem

KEY, _ = create_api_key()
JWT, SESSION, APIKEY = 'Bearer realm="api"', 'Cookie realm="api"', 'ApiKey realm="api"'
INVALID = 'Bearer realm="api", error="invalid_token"'


class NoKeys(Person):
    @classmethod
    async def load_user(cls, identity: str) -> NoKeys | None:
        return None if identity.startswith("key_") else cls(identity)


def client_for(*backends: AuthenticationBackend, guard: Any = None, **settings: Any) -> TestClient:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET, **settings))
    app.add_middleware(SessionMiddleware())
    app.add_middleware(AuthenticationMiddleware(user_model=NoKeys, backends=list(backends)))

    @app.get("/")
    @(guard or auth())
    async def handler(request: Request, response: Response) -> None: ...

    return TestClient(app)


def challenge(client: TestClient, **headers: str) -> str:
    answer = client.get("/", headers={name.replace("_", "-"): value for name, value in headers.items()})
    detail = None if headers else "Authentication is required."
    assert_problem(answer, 401, detail)
    assert answer.json()["title"] == "Unauthorized"
    (value,) = answer.headers.get_list("www-authenticate")
    return str(value)


@pytest.mark.parametrize(
    ("backends", "guard", "expected"),
    [
        ([JWTAuthBackend()], None, JWT),
        ([JWTAuthBackend(), SessionAuthBackend(), APIKeyAuthBackend()], None, f"{JWT}, {SESSION}, {APIKEY}"),
        ([APIKeyAuthBackend(), JWTAuthBackend()], None, f"{APIKEY}, {JWT}"),
        ([JWTAuthBackend(), SessionAuthBackend()], auth("session"), SESSION),
        (
            [JWTAuthBackend(), SessionAuthBackend(), APIKeyAuthBackend()],
            auth(scopes=["jwt", "apikey"]),
            f"{JWT}, {APIKEY}",
        ),
        ([JWTAuthBackend(), JWTAuthBackend("sub")], None, JWT),
        ([JWTAuthBackend(), ByHeader()], has_permission("read"), f'{JWT}, Custom realm="api"'),
    ],
)
def test_the_challenge_names_each_scheme_that_would_do(
    backends: list[AuthenticationBackend], guard: Any, expected: str
) -> None:
    assert challenge(client_for(*backends, guard=guard)) == expected


@pytest.mark.parametrize(
    ("realm", "shown"), [("my api", '"my api"'), ('a"b', '"a\\"b"'), ("a\\b", '"a\\\\b"'), ("", '""')]
)
def test_the_realm_is_a_quoted_string(realm: str, shown: str) -> None:
    assert challenge(client_for(JWTAuthBackend(), realm=realm)) == f"Bearer realm={shown}"


@pytest.mark.parametrize(
    "value",
    [
        "Bearer x",
        "bearer x.y.z",
        "BEARER x",
        "Bearer",
        "Bearer ",
        f"Bearer {create_jwt({'id': 'ada'}, secret='x' * 20 + SECRET)}",
    ],
    ids=["no token", "three parts", "capitals", "scheme alone", "blank after it", "another secret"],
)
def test_a_bearer_token_that_was_refused_is_an_invalid_token(value: str) -> None:
    client = client_for(JWTAuthBackend(), APIKeyAuthBackend())
    assert challenge(client, authorization=value) == f"{INVALID}, {APIKEY}"
    assert client.get("/", headers={"authorization": value}).json()["detail"] == "The credential was refused."


@pytest.mark.parametrize("value", ["Basic YTpi", "Digest x", "x", "", "Bearerx y"])
def test_another_scheme_is_no_bearer_token_and_none_was_refused(value: str) -> None:
    assert challenge(client_for(JWTAuthBackend()), authorization=value) == JWT


def test_a_refused_key_is_not_an_invalid_token() -> None:
    client = client_for(JWTAuthBackend(), APIKeyAuthBackend())
    assert challenge(client, x_api_key=KEY) == f"{JWT}, {APIKEY}"


def test_a_user_that_is_not_found_makes_the_token_invalid() -> None:
    class Nobody(Person):
        @classmethod
        async def load_user(cls, identity: str) -> None:
            return None

    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(AuthenticationMiddleware(user_model=Nobody, backend=JWTAuthBackend()))

    @app.get("/")
    @auth()
    async def handler(request: Request, response: Response) -> None: ...

    token = create_jwt({"id": "ada"}, secret=SECRET)
    assert challenge(TestClient(app), authorization=f"Bearer {token}") == INVALID


def test_the_bearers_error_is_not_told_where_no_bearer_token_would_do() -> None:
    client = client_for(JWTAuthBackend(), APIKeyAuthBackend(), guard=auth("apikey"))
    assert challenge(client, authorization="Bearer x") == APIKEY


def test_all_refusals_of_tokens_look_alike() -> None:
    client = client_for(JWTAuthBackend())
    tokens = [
        create_jwt({"id": "ada"}, secret=SECRET[::-1]),
        create_jwt({"id": "ada", "exp": 1}, secret=SECRET),
        create_jwt({"name": "ada"}, secret=SECRET),
        create_jwt({"id": "ada"}, secret=SECRET * 2, algorithm="HS512"),
        "rubbish",
    ]
    answers = [client.get("/", headers={"authorization": f"Bearer {token}"}) for token in tokens]
    assert len({(a.status_code, a.text, a.headers["www-authenticate"]) for a in answers}) == 1


def test_a_401_has_no_cookie_and_a_403_no_challenge() -> None:
    client = client_for(ByHeader(), guard=has_permission("write"))
    assert "set-cookie" not in client.get("/").headers
    answer = client.get("/", headers={"x-user": "bob"})
    assert_problem(answer, 403, "You do not have the permission that this needs.")
    assert "www-authenticate" not in answer.headers


def test_one_answer_does_not_change_the_next() -> None:
    client = client_for(JWTAuthBackend())
    first = client.get("/")
    client.get("/", headers={"authorization": "Bearer x"})
    again = client.get("/")
    assert (first.text, dict(first.headers)) == (again.text, dict(again.headers))
