"""JSON Web Tokens as a credential, through HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import jwt as pyjwt
import pytest
from starlette.testclient import TestClient

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, BaseUser, SimpleUser, auth
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt, decode_jwt
from nexios.exceptions import InvalidToken
from tests.parts import OTHER_SECRET, SECRET, Clock, Person

ran: list[str] = []


@pytest.fixture(autouse=True)
def forget() -> None:
    ran.clear()


def client_for(
    backend: JWTAuthBackend | None = None, user_model: type[BaseUser] = SimpleUser, **settings: Any
) -> TestClient:
    app = NexiosApp(config=MakeConfig(**{"secret_key": SECRET, **settings}))
    app.add_middleware(AuthenticationMiddleware(user_model=user_model, backend=backend or JWTAuthBackend()))

    @app.get("/me")
    @auth("jwt")
    async def me(request: Request, response: Response) -> dict[str, Any]:
        ran.append(request.user.identity)
        return {"user": request.user.identity, "claims": dict(request.credential)}

    @app.get("/token")
    async def token(request: Request, response: Response) -> str:
        return create_jwt({"id": "7"}, expires_in=timedelta(minutes=5))

    return TestClient(app)


def sign(claims: dict[str, Any], secret: str = SECRET, algorithm: str = "HS256") -> str:
    return pyjwt.encode(claims, secret, algorithm)


def ask(client: TestClient, token: str, scheme: str = "Bearer ") -> Any:
    return client.get("/me", headers={"authorization": scheme + token})


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER ", "Bearer   "])
def test_a_valid_token_lets_in_whatever_the_case_of_its_scheme(scheme: str) -> None:
    answer = ask(client_for(), sign({"id": "7", "more": [1]}), scheme)
    assert answer.json() == {"user": "7", "claims": {"id": "7", "more": [1]}}


@pytest.mark.parametrize("scheme", ["", "Basic ", "Token ", "Bearer", "Bearer\t", "Bearer: ", " Bearer"])
def test_a_token_without_its_scheme_does_not(scheme: str) -> None:
    assert ask(client_for(), sign({"id": "7"}), scheme).status_code == 401
    assert ran == []


def test_a_token_that_the_application_made_lets_in() -> None:
    client = client_for()
    assert ask(client, client.get("/token").text).json()["user"] == "7"


@pytest.mark.parametrize(
    ("identity", "user"),
    [
        *(("7", "7"), (7, "7"), (0, "0"), (-7, "-7"), ("ä", "ä")),
        *((None, None), ("", None), (7.0, None), (True, None), (["7"], None), ({"id": 7}, None)),
        (1 << 64, None),
    ],
    ids=repr,
)
def test_only_text_or_a_whole_number_is_an_identity(identity: Any, user: str | None) -> None:
    answer = ask(client_for(), sign({"id": identity}))
    assert answer.status_code == (401 if user is None else 200)
    assert ran == ([] if user is None else [user])


def test_the_identifier_says_which_claim_names_the_identity() -> None:
    client = client_for(JWTAuthBackend(identifier="sub"))
    assert ask(client, sign({"sub": "7", "id": "8"})).json()["user"] == "7"
    assert ask(client, sign({"id": "8"})).status_code == 401


@pytest.mark.parametrize("kept", [0, 10])
def test_a_token_ends_when_it_says_so_also_where_it_was_seen_before(clock: Clock, kept: int) -> None:
    client = client_for(JWTAuthBackend(kept=kept, clock=clock))
    token = sign({"id": "7", "exp": int(clock()) + 60})
    for _ in range(2):
        assert ask(client, token).status_code == 200
    clock.turn(seconds=59)
    assert ask(client, token).status_code == 200
    clock.turn(seconds=1)
    for _ in range(2):
        assert ask(client, token).status_code == 401


@pytest.mark.parametrize("claim", ["nbf", "iat"])
def test_a_token_does_not_hold_before_it_begins(clock: Clock, claim: str) -> None:
    client = client_for(JWTAuthBackend(clock=clock))
    token = sign({"id": "7", claim: int(clock()) + 60})
    assert ask(client, token).status_code == 401
    clock.turn(seconds=60)
    assert ask(client, token).status_code == 200
    # A clock that is set back must not let a token in that was seen before.
    clock.turn(seconds=-30)
    assert ask(client, token).status_code == 401


def test_the_leeway_is_how_far_clocks_may_differ(clock: Clock) -> None:
    client = client_for(JWTAuthBackend(clock=clock), jwt_leeway=timedelta(seconds=30))
    ends, begins = sign({"id": "7", "exp": int(clock())}), sign({"id": "7", "nbf": int(clock()) + 30})
    assert [ask(client, token).status_code for token in (ends, begins)] == [200, 200]
    clock.turn(seconds=30)
    assert ask(client, ends).status_code == 401


@pytest.mark.parametrize(
    ("settings", "claims", "status"),
    [
        ({"jwt_audience": "api"}, {"aud": "api"}, 200),
        ({"jwt_audience": "api"}, {"aud": ["other", "api"]}, 200),
        ({"jwt_audience": ["api", "web"]}, {"aud": "web"}, 200),
        ({"jwt_audience": "api"}, {"aud": "other"}, 401),
        ({"jwt_audience": "api"}, {"aud": []}, 401),
        ({"jwt_audience": "api"}, {"aud": ["api", 7]}, 401),
        ({"jwt_audience": "api"}, {}, 401),
        ({}, {"aud": "api"}, 401),
        ({"jwt_issuer": "https://id.example"}, {"iss": "https://id.example"}, 200),
        ({"jwt_issuer": ["https://a", "https://b"]}, {"iss": "https://b"}, 200),
        ({"jwt_issuer": "https://id.example"}, {"iss": "https://id.example/"}, 401),
        ({"jwt_issuer": "https://id.example"}, {}, 401),
        ({}, {"iss": "anybody"}, 200),
    ],
)
def test_audience_and_issuer_are_checked_where_they_are_set(
    settings: dict[str, Any], claims: dict[str, Any], status: int
) -> None:
    assert ask(client_for(**settings), sign({"id": "7", **claims})).status_code == status


@pytest.mark.parametrize(
    ("accepted", "algorithm", "status"),
    [
        (["HS256"], "HS256", 200),
        (["HS256"], "HS512", 401),
        (["HS512"], "HS256", 401),
        (["HS256", "HS512"], "HS512", 200),
        (["HS256"], "none", 401),
    ],
)
def test_only_the_algorithms_that_are_set_are_accepted(
    accepted: list[str], algorithm: str, status: int
) -> None:
    secret = SECRET + OTHER_SECRET
    token = sign({"id": "7"}, "" if algorithm == "none" else secret, algorithm)
    assert ask(client_for(secret_key=secret, jwt_algorithms=accepted), token).status_code == status


def test_every_secret_of_a_list_verifies_and_the_first_signs() -> None:
    client = client_for(secret_key=[OTHER_SECRET, SECRET])
    assert ask(client, sign({"id": "7"}, SECRET)).status_code == 200
    made = client.get("/token").text
    assert decode_jwt(made, secret=OTHER_SECRET)["id"] == "7"
    with pytest.raises(InvalidToken):
        decode_jwt(made, secret=SECRET)


def test_a_user_who_is_gone_is_refused_though_the_token_was_seen_before() -> None:
    class Leaving(Person):
        gone = False

        @classmethod
        async def load_user(cls, identity: str) -> Leaving | None:
            return None if cls.gone else cls(identity)

    client = client_for(user_model=Leaving)
    token = sign({"id": "ada"})
    assert ask(client, token).status_code == 200
    Leaving.gone = True
    assert ask(client, token).status_code == 401


def test_a_handler_cannot_change_the_claims_of_the_next_request() -> None:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(AuthenticationMiddleware(user_model=SimpleUser, backend=JWTAuthBackend()))

    @app.get("/")
    @auth()
    async def handler(request: Request, response: Response) -> list[str]:
        request.credential["roles"].append("admin")
        with pytest.raises(TypeError):
            request.credential["id"] = "1"
        return list(request.credential["roles"])

    client = TestClient(app)
    headers = {"authorization": f"Bearer {sign({'id': '7', 'roles': ['reader']})}"}
    assert [client.get("/", headers=headers).json() for _ in range(3)] == [["reader"]] * 3


def test_the_log_says_why_and_shows_no_token(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    token = sign({"id": "7"}, OTHER_SECRET)
    ask(client_for(), token)
    assert "bearer token refused: the signature is not one of ours" in caplog.text
    assert not any(part in caplog.text for part in token.split("."))


def test_its_repr_shows_no_key() -> None:
    assert repr(JWTAuthBackend("sub")) == "JWTAuthBackend(identifier='sub')"
