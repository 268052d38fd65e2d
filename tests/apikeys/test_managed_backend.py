"""Keys of a store as a credential: whose they are, and what they may do."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from nexios import NexiosApp, Request, Response
from nexios.apikeys import APIKeys, create_api_key
from nexios.auth import AuthenticationMiddleware, SimpleUser, auth, has_permission
from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.exceptions import ConfigError
from tests.apikeys.keeping import WatchedStore, keys_in
from tests.attacks.asking import Answer, ask
from tests.attacks.forging import forge
from tests.parts import ByHeader, Clock, Person, app_for


def made(keys: APIKeys, owner: str = "ada", **given: Any) -> tuple[str, str]:
    """A new key, and its id."""
    key, record = asyncio.run(keys.create(owner, "ci", **given))
    return key, record.id


def app_of(*backends: Any) -> NexiosApp:
    app = app_for(*backends)

    @app.get("/guarded")
    @auth(scope="apikey")
    async def guarded(request: Request, response: Response) -> dict[str, Any]:
        return {"user": request.user.identity, "key": request.credential.id}

    @app.get("/write")
    @has_permission("write")
    async def write(request: Request, response: Response) -> str:
        return "written"

    @app.get("/open")
    async def opened(request: Request, response: Response) -> str:
        return f"{bool(request.user)}"

    return app


@pytest.fixture
def app(keys: APIKeys) -> NexiosApp:
    return app_of(APIKeyAuthBackend(keys=keys))


def asked(app: Any, key: str, path: str = "/guarded", **how: Any) -> Answer:
    return ask(app, path, headers=[("x-api-key", key)], **how)


def test_a_key_lets_its_owner_in_and_is_the_credential(app: NexiosApp, keys: APIKeys) -> None:
    key, key_id = made(keys)
    for _ in range(2):
        assert asked(app, key).json() == {"user": "ada", "key": key_id}


@pytest.mark.parametrize(
    ("owner", "permissions", "status"),
    [
        ("ada", None, 200),
        ("ada", ["write"], 200),
        ("ada", ["read"], 403),
        ("ada", [], 403),
        ("bob", None, 403),
        ("bob", ["write"], 403),
    ],
)
def test_permissions_narrow_those_of_the_owner_and_never_widen_them(
    owner: str, permissions: Any, status: int, app: NexiosApp, keys: APIKeys
) -> None:
    key, _ = made(keys, owner, permissions=permissions)
    for _ in range(2):
        assert asked(app, key, "/write").status == status


def test_a_key_that_is_over_is_refused_with_a_challenge(
    app: NexiosApp, keys: APIKeys, store: WatchedStore
) -> None:
    key, key_id = made(keys)
    assert asked(app, key).status == 200
    asyncio.run(keys.revoke(key_id))
    answer = asked(app, key)
    assert (answer.status, answer.one("www-authenticate")) == (401, 'ApiKey realm="api"')
    assert asked(app, create_api_key()[0]).status == 401


def test_the_key_of_somebody_who_is_gone_is_refused(app: NexiosApp, keys: APIKeys) -> None:
    key, _ = made(keys, "eve")
    assert asked(app, key).status == 401


def test_nobody_is_let_in_while_the_store_is_down(
    app: NexiosApp, keys: APIKeys, store: WatchedStore, caplog: pytest.LogCaptureFixture
) -> None:
    key, _ = made(keys)
    store.down = True
    answer = asked(app, key)
    assert answer.status == 503
    assert b"down" not in answer.body
    assert key not in caplog.text
    assert asked(app, key, "/open").body == b"False"
    assert asked(app, "key_junk").status == 401
    store.down = False
    assert asked(app, key).status == 200


@pytest.mark.parametrize(
    ("client", "status"),
    [
        (("10.1.2.3", 4711), 200),
        (["::ffff:10.1.2.3", 4711], 200),
        (("192.0.2.7", 4711), 401),
        (None, 401),
        (("", 0), 401),
        ((None, 0), 401),
        (("testclient", 50000), 401),
    ],
)
def test_a_key_comes_from_its_networks_whatever_headers_say(
    client: Any, status: int, app: NexiosApp, keys: APIKeys
) -> None:
    key, _ = made(keys, addresses=["10.0.0.0/8"])
    said = [("x-forwarded-for", "10.1.2.3"), ("forwarded", "for=10.1.2.3"), ("x-real-ip", "10.1.2.3")]
    for _ in range(2):
        answer = ask(app, headers=[("x-api-key", key), *said], scope={"client": client})
        assert answer.status == status


def test_behind_a_proxy_that_is_trusted_the_address_is_what_it_says(keys: APIKeys) -> None:
    app = app_for(APIKeyAuthBackend(keys=keys), trusted_proxies=["192.0.2.7"])

    @app.get("/guarded")
    @auth()
    async def guarded(request: Request, response: Response) -> str:
        return str(request.user.identity)

    key, _ = made(keys, addresses=["10.0.0.0/8"])
    for said, status in (("10.1.2.3", 200), ("10.1.2.3, 198.51.100.7", 401), ("198.51.100.7", 401)):
        headers = [("x-api-key", key), ("x-forwarded-for", said)]
        assert ask(app, headers=headers).status == status
        assert ask(app, headers=headers, scope={"client": ("203.0.113.9", 1)}).status == 401


def test_a_server_that_does_not_say_who_is_connected(app: NexiosApp, keys: APIKeys) -> None:
    key, _ = made(keys)
    assert asked(app, key, scope={"client": None}).status == 200


def test_keys_of_two_environments_in_one_application(store: WatchedStore, clock: Clock) -> None:
    live, test = (keys_in(store, clock, prefix=f"acme_{name}") for name in ("live", "test"))
    only_live = app_of(APIKeyAuthBackend(keys=live))
    both = app_of(APIKeyAuthBackend(keys=live), APIKeyAuthBackend(keys=test))
    (live_key, live_id), (test_key, test_id) = made(live), made(test)
    assert asked(only_live, live_key).json()["key"] == live_id
    assert asked(only_live, test_key).status == 401
    assert asked(both, live_key).json()["key"] == live_id
    assert asked(both, test_key).json()["key"] == test_id


def test_keys_and_tokens_share_authorization(keys: APIKeys) -> None:
    app = app_of(APIKeyAuthBackend(header_name="Authorization", keys=keys), JWTAuthBackend())
    key, key_id = made(keys)
    for value in (key, f"Bearer {key}", f"ApiKey {key}"):
        assert ask(app, headers=[("authorization", value)]).json()["key"] == key_id
    token = forge(payload={"id": "ada"})
    assert ask(app, headers=[("authorization", f"Bearer {token}")]).status == 401
    assert ask(app, "/write", headers=[("authorization", f"Bearer {token}")]).status == 200


def test_beside_a_backend_that_reads_the_body(keys: APIKeys) -> None:
    app = app_of(ByHeader(), APIKeyAuthBackend(keys=keys))
    key, key_id = made(keys)
    assert asked(app, key).json()["key"] == key_id
    assert ask(app, "/write", headers=[("x-user", "ada"), ("x-api-key", key)]).status == 200


def test_a_user_model_that_takes_every_identity_will_do_since_the_key_is_verified(keys: APIKeys) -> None:
    app = NexiosApp()
    app.add_middleware(AuthenticationMiddleware(user_model=SimpleUser, backend=APIKeyAuthBackend(keys=keys)))

    @app.get("/guarded")
    @auth()
    async def guarded(request: Request, response: Response) -> str:
        return str(request.user.identity)

    key, _ = made(keys, "anybody")
    assert asked(app, key).body == b"anybody"
    assert asked(app, create_api_key()[0]).status == 401


def test_in_another_host(keys: APIKeys) -> None:
    async def whoami(request: Any) -> PlainTextResponse:
        return PlainTextResponse(f"{request.user.identity} {request.scope['auth']}")

    app = Starlette(routes=[Route("/guarded", auth("apikey")(whoami))])
    app.add_middleware(AuthenticationMiddleware(user_model=Person, backend=APIKeyAuthBackend(keys=keys)))
    key, _ = made(keys)
    for _ in range(2):
        assert asked(app, key).body == b"ada apikey"
    assert asked(app, create_api_key()[0]).status == 401


@pytest.mark.anyio
async def test_a_backend_may_be_asked_without_an_application(keys: APIKeys) -> None:
    key, record = await keys.create("ada", "ci", permissions={"read"})
    backend = APIKeyAuthBackend(keys=keys)

    def request(value: str) -> Request:
        return Request({"type": "http", "headers": [(b"x-api-key", value.encode())]})

    for _ in range(2):
        result = await backend.authenticate(request(key), Response())
        assert result is not None
        assert (result.success, result.identity, result.scope) == (True, "ada", "apikey")
        assert (result.permissions, result.credential) == ({"read"}, record)
    refused = await backend.authenticate(request(create_api_key()[0]), Response())
    assert refused is not None
    assert (refused.success, refused.identity) == (False, "")


@pytest.mark.anyio
async def test_finding_never_answers_the_key_itself(keys: APIKeys) -> None:
    key, _ = await keys.create("ada", "ci")
    backend = APIKeyAuthBackend(keys=keys)
    for value in (key, create_api_key()[0]):
        found: Any = backend.find({"type": "http", "headers": [(b"x-api-key", value.encode())]})
        result = await found
        assert result.identity in ("ada", "")


@pytest.mark.parametrize(
    ("options", "mend"),
    [
        ({"keys": WatchedStore()}, r"keys=APIKeys\(store\)"),
        ({"keys": APIKeys}, r"keys=APIKeys\(store\)"),
        ({"keys": "postgresql://"}, r"keys=APIKeys\(store\)"),
        ({"keys": APIKeys(WatchedStore(), prefix="live"), "prefix": "test"}, "leave prefix out"),
    ],
    ids=["a store", "a class", "text", "another prefix"],
)
def test_what_does_not_fit_together_is_said_at_once(options: dict[str, Any], mend: str) -> None:
    with pytest.raises(ConfigError, match=mend):
        APIKeyAuthBackend(**options)


def test_the_backend_shows_no_more_than_its_settings(store: WatchedStore, clock: Clock) -> None:
    backend = APIKeyAuthBackend(keys=keys_in(store, clock, prefix="acme_live"))
    assert repr(backend) == "APIKeyAuthBackend(header_name='X-API-Key', prefix='acme_live')"
