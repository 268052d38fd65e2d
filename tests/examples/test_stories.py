"""What each example promises beyond the good, the missing and the wrong credential."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import ModuleType

import pytest
import time_machine
from starlette.testclient import TestClient

from tests.examples.visits import (
    ADA,
    basic,
    bearer,
    first_key,
    first_member,
    guest,
    new_user,
    password_login,
    session_login,
)


def test_a_token_of_an_example_ends_after_half_an_hour(client_of: Callable[[str], TestClient]) -> None:
    with time_machine.travel(1_800_000_000, tick=False) as clock:
        client = client_of("jwt_login")
        token = password_login(client)
        clock.shift(1799)
        assert client.get("/profile", headers=token).json()["expires_at"] == 1_800_001_800
        clock.shift(1)
        assert client.get("/profile", headers=token).status_code == 401


def test_the_user_model_brings_its_own_fields(client_of: Callable[[str], TestClient]) -> None:
    client = client_of("user_model")
    profile = client.get("/profile", headers=new_user(client)).json()
    assert profile["name"] == "Ada"
    assert profile["last_login_ip"] == "testclient"


def test_a_deleted_account_takes_its_tokens_with_it(client_of: Callable[[str], TestClient]) -> None:
    client = client_of("user_model")
    token = new_user(client)
    assert client.delete("/profile", headers=token).status_code == 204
    assert client.get("/profile", headers=token).status_code == 401


@pytest.mark.parametrize("body", ['{"display_name": ""}', '{"display_name": 7}', "[]", "{", ""])
def test_a_sign_up_without_a_name_is_told_what_to_send(body: str, load: Callable[[str], ModuleType]) -> None:
    example = load("user_model")
    assert TestClient(example.app).post("/users", content=body).status_code == 400
    assert example.USERS == {}


@pytest.mark.parametrize("name", ["jwt_login", "sessions"])
@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"name": "ada", "password": "a guess"}, id="wrong password"),
        pytest.param({"name": "eve", "password": "nine blue herons"}, id="unknown name"),
        pytest.param({"name": "ada"}, id="no password"),
        pytest.param({"name": "ada", "password": ""}, id="empty password"),
        pytest.param({"name": "ada", "password": ["nine blue herons"]}, id="a list"),
        pytest.param({"name": "ada", "password": "half a letter \ud800"}, id="no text"),
        pytest.param(["ada"], id="no object"),
    ],
)
def test_a_login_that_proves_nothing_gives_nothing(
    name: str, given: object, client_of: Callable[[str], TestClient]
) -> None:
    client = client_of(name)
    client.post("/register", json=ADA)

    answer = client.post("/login", content=json.dumps(given))

    assert answer.status_code == 400
    assert answer.json()["detail"]
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("name", ["jwt_login", "sessions", "custom_backend"])
def test_a_name_that_is_taken_keeps_its_password(name: str, load: Callable[[str], ModuleType]) -> None:
    example = load(name)
    client = TestClient(example.app)
    client.post("/register", json=ADA)
    stored = dict(example.HASHES)

    answer = client.post("/register", json={**ADA, "password": "another"})

    assert answer.status_code == 400
    assert stored == example.HASHES
    assert ADA["password"] not in str(stored)


def test_the_session_counts_visits_and_is_over_after_the_logout(
    client_of: Callable[[str], TestClient],
) -> None:
    client = client_of("sessions")
    client.post("/register", json=ADA)
    client.post("/login", json=ADA)
    assert [client.get("/profile").json()["visits"] for _ in range(2)] == [1, 2]
    copied = {"Cookie": f"session={client.cookies['session']}"}

    assert client.post("/logout").status_code == 204

    client.cookies.clear()
    assert client.get("/profile", headers=copied).status_code == 401


@pytest.mark.parametrize("path", ["/login", "/logout"])
def test_another_site_can_neither_log_in_nor_out(path: str, client_of: Callable[[str], TestClient]) -> None:
    client = client_of("sessions")
    cookie = session_login(client)
    foreign = {"Sec-Fetch-Site": "cross-site", **(cookie if path == "/logout" else {})}

    answer = client.post(path, json=ADA, headers=foreign)

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert client.get("/profile", headers=cookie).status_code == 200


def test_a_key_is_stored_as_a_hash_and_a_revoked_one_is_refused(load: Callable[[str], ModuleType]) -> None:
    example = load("api_keys")
    client = TestClient(example.app)
    old = first_key(client)
    new = {"X-API-Key": client.post("/keys", headers=old).text}
    assert client.get("/data", headers=new).json() == {"owner": "build server", "keys": 2}
    assert old["X-API-Key"] not in str(example.OWNERS)

    assert client.delete("/keys", headers=old).status_code == 204

    assert client.get("/data", headers=old).status_code == 401
    assert client.get("/data", headers=new).json() == {"owner": "build server", "keys": 1}


def test_the_custom_backend_sets_a_header_on_what_it_lets_in(client_of: Callable[[str], TestClient]) -> None:
    client = client_of("custom_backend")
    answer = client.get("/report", headers=basic(client))
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json() == {"reader": "ada", "backend": "basic"}


@pytest.mark.parametrize(
    "value",
    ["Basic", "Basic !", "Basic YWRh", "Basic //8=", "Bearer YWRhOm5pbmUgYmx1ZSBoZXJvbnM="],
    ids=["nothing", "no base64", "no colon", "no text", "another scheme"],
)
def test_the_custom_backend_refuses_what_is_no_basic_credential(
    value: str, client_of: Callable[[str], TestClient]
) -> None:
    client = client_of("custom_backend")
    basic(client)
    answer = client.get("/report", headers={"Authorization": value})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="api"'


@pytest.mark.parametrize(
    ("path", "takes"),
    [
        ("/tokens-only", {"jwt"}),
        ("/people", {"jwt", "session"}),
        ("/anyone", {"jwt", "session", "apikey"}),
    ],
)
def test_a_route_takes_the_credentials_of_its_scopes_alone(
    path: str, takes: set[str], client_of: Callable[[str], TestClient]
) -> None:
    client = client_of("scopes")
    answer = client.post("/guests")
    token, key = answer.text.split()
    credentials = {
        "jwt": bearer(token),
        "session": {"Cookie": f"session={answer.cookies['session']}"},
        "apikey": {"X-API-Key": key},
    }
    client.cookies.clear()

    answers = {scope: client.get(path, headers=headers) for scope, headers in credentials.items()}

    assert {scope for scope, answer in answers.items() if answer.status_code == 200} == takes
    assert {answer.status_code for scope, answer in answers.items() if scope not in takes} <= {401}
    for scope in takes:
        assert answers[scope].json()["by"] == scope


def test_who_is_not_permitted_is_known_and_still_refused(client_of: Callable[[str], TestClient]) -> None:
    client = client_of("permissions")
    first_member(client)
    reader = bearer(client.post("/members/bob").text)

    answer = client.get("/admin", headers=reader)

    assert answer.status_code == 403
    assert "WWW-Authenticate" not in answer.headers


def test_a_permission_counts_from_the_next_request_on(client_of: Callable[[str], TestClient]) -> None:
    client = client_of("permissions")
    admin, reader = first_member(client), bearer(client.post("/members/bob").text)
    assert client.post("/notes", headers=reader).status_code == 403
    assert client.put("/members/bob/write", headers=reader).status_code == 403
    assert client.put("/members/eve/write", headers=admin).status_code == 404

    assert client.put("/members/bob/write", headers=admin).status_code == 204

    assert client.post("/notes", headers=reader).json() == {"author": "bob"}
    assert client.get("/admin", headers=reader).status_code == 403


def test_nobody_signs_up_under_a_name_that_is_taken(client_of: Callable[[str], TestClient]) -> None:
    client = client_of("permissions")
    first_member(client)
    assert client.post("/members/ada").status_code == 409


@pytest.mark.parametrize("name", ["in_starlette", "in_fastapi"])
def test_sessions_and_tokens_work_in_other_hosts(name: str, client_of: Callable[[str], TestClient]) -> None:
    client = client_of(name)
    token = guest(client)
    assert client.get("/profile", headers=token).json()["by"] == "jwt"
    client.post("/guests")
    assert client.get("/profile").json()["by"] == "session"
    client.cookies.clear()
    assert client.get("/profile").status_code == 401


def test_permissions_work_in_other_hosts(client_of: Callable[[str], TestClient]) -> None:
    client = client_of("in_fastapi")
    assert client.get("/admin", headers=guest(client)).status_code == 403


def test_a_refresh_token_that_comes_twice_ends_its_login(client_of: Callable[[str], TestClient]) -> None:
    with client_of("staying_logged_in") as client:
        first = client.post("/guests").json()
        form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
        second = client.post("/token", data=form).json()
        assert client.get("/profile", headers=bearer(second["access_token"])).status_code == 200
        assert client.post("/token", data=form).json()["error"] == "invalid_grant"
        for pair in (first, second):
            assert client.get("/profile", headers=bearer(pair["access_token"])).status_code == 401


def test_logging_out_everywhere_ends_every_login_of_ones_own(client_of: Callable[[str], TestClient]) -> None:
    with client_of("staying_logged_in") as client:
        mine, other = (client.post("/guests").json() for _ in range(2))
        answer = client.delete("/profile/logins", headers=bearer(mine["access_token"]))
        assert answer.json() == {"ended": 1}
        assert client.get("/profile", headers=bearer(mine["access_token"])).status_code == 401
        assert client.get("/profile", headers=bearer(other["access_token"])).status_code == 200
