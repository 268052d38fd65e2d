"""What `load_user` is asked about an API key, and what is said of it elsewhere."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from nexios import NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, auth
from nexios.auth.backends.apikey import APIKeyAuthBackend, create_api_key, verify_key
from tests.parts import Person, assert_problem

KEY, KEY_HASH = create_api_key()
UNKNOWN, _ = create_api_key()

asked: list[str] = []


@pytest.fixture(autouse=True)
def forget() -> None:
    asked.clear()


class KeyUser(Person):
    revoked = False

    @classmethod
    async def load_user(cls, identity: str) -> KeyUser | None:
        asked.append(identity)
        return cls("bob") if verify_key(identity, KEY_HASH) and not cls.revoked else None


def client_for(user_model: type[KeyUser] = KeyUser) -> TestClient:
    app = NexiosApp()
    app.add_middleware(AuthenticationMiddleware(user_model=user_model, backend=APIKeyAuthBackend()))

    @app.get("/")
    @auth("apikey")
    async def handler(request: Request, response: Response) -> str:
        return str(request.user.identity)

    return TestClient(app)


@pytest.mark.parametrize("place", [4, 20, 46, 47, 52])
def test_a_typo_is_recognised_without_asking_anybody(place: int) -> None:
    typo = KEY[:place] + ("x" if KEY[place] != "x" else "y") + KEY[place + 1 :]
    answer = client_for().get("/", headers={"x-api-key": typo})
    assert_problem(answer, 401, "The credential was refused.")
    assert asked == []


@pytest.mark.parametrize(
    "changed",
    [KEY[:-1], KEY + "a", KEY.replace("_", "-", 1), KEY[4:], "key_", KEY * 2],
    ids=["cut", "longer", "another line", "no prefix", "prefix alone", "twice"],
)
def test_what_has_not_the_form_of_a_key_is_refused_without_asking_anybody(changed: str) -> None:
    assert client_for().get("/", headers={"x-api-key": changed}).status_code == 401
    assert asked == []


def test_a_key_that_is_no_longer_good_is_refused_though_it_was_seen_before() -> None:
    class Revocable(KeyUser):
        pass

    client = client_for(Revocable)
    assert client.get("/", headers={"x-api-key": KEY}).status_code == 200
    Revocable.revoked = True
    assert client.get("/", headers={"x-api-key": KEY}).status_code == 401
    assert asked == [KEY, KEY]


def test_no_key_reaches_an_answer_or_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    client = client_for()
    for key in (KEY, UNKNOWN, KEY[:-1]):
        answer = client.get("/", headers={"x-api-key": key})
        assert key[4:] not in answer.text + str(answer.headers)
        assert key[4:] not in "".join(record.getMessage() for record in caplog.records)
