"""API keys as a credential: where they stand, whose they are, and who is asked next."""

from __future__ import annotations

from typing import Any

import pytest

from nexios import MakeConfig, NexiosApp
from nexios.apikeys.format import create_api_key, verify_key
from nexios.auth import AuthenticationMiddleware, SimpleUser, auth
from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.exceptions import ConfigError
from nexios.http import Request, Response
from tests.attacks.asking import Answer, ask
from tests.attacks.forging import forge
from tests.attacks.targets import KeyTarget
from tests.parts import SECRET


@pytest.mark.parametrize(
    ("header_name", "value"),
    [
        ("X-API-Key", "{}"),
        ("x-api-key", "{}"),
        ("X-MyApp-API-Key", "{}"),
        ("Authorization", "{}"),
        ("Authorization", "Bearer {}"),
        ("Authorization", "bearer {}"),
        ("Authorization", "ApiKey {}"),
        ("authorization", "APIKEY   {}"),
    ],
)
def test_a_key_stands_in_the_header_of_ones_choice(header_name: str, value: str) -> None:
    target = KeyTarget(header_name=header_name)
    target.assert_lets_in("7", (header_name, value.format(target.key)))
    target.assert_stranger()
    other, _ = create_api_key()
    answer = target.assert_stranger((header_name, value.format(other)))
    assert answer.one("www-authenticate") == 'ApiKey realm="api"'


@pytest.mark.parametrize("scheme", ["Bearer", "ApiKey"])
def test_in_another_header_a_scheme_before_the_key_is_part_of_it(scheme: str) -> None:
    target = KeyTarget()
    target.refuses(f"{scheme} {target.key}")


def _app(*backends: Any, stored: dict[str, str]) -> NexiosApp:
    class User(SimpleUser):
        @classmethod
        async def load_user(cls, identity: str) -> User | None:
            for known, owner in stored.items():
                if verify_key(identity, known):
                    return cls(owner)
            return None if "_" in identity else cls(identity)

    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(AuthenticationMiddleware(user_model=User, backends=list(backends)))

    @app.get("/guarded")
    @auth()
    async def guarded(request: Request, response: Response) -> str:
        return f"{request.scope['auth']} {request.user.identity}"

    return app


def test_a_key_of_another_prefix_is_left_to_the_next_backend() -> None:
    (live, live_hash), (test, test_hash) = create_api_key("live"), create_api_key("test")
    app = _app(
        APIKeyAuthBackend(prefix="live"),
        APIKeyAuthBackend(prefix="test"),
        stored={live_hash: "ada", test_hash: "bob"},
    )
    assert ask(app, headers=[("x-api-key", live)]).body == b"apikey ada"
    assert ask(app, headers=[("x-api-key", test)]).body == b"apikey bob"
    assert ask(app, headers=[("x-api-key", create_api_key("live")[0])]).status == 401
    assert ask(app, headers=[("x-api-key", create_api_key("other")[0])]).status == 401


@pytest.mark.parametrize("turned", [False, True])
def test_keys_and_tokens_share_authorization(turned: bool) -> None:
    key, stored = create_api_key()
    backends: list[Any] = [JWTAuthBackend(), APIKeyAuthBackend(header_name="Authorization")]
    app = _app(*(reversed(backends) if turned else backends), stored={stored: "ada"})
    token = forge()

    def asked(value: str) -> Answer:
        return ask(app, headers=[("authorization", value)])

    assert asked(f"Bearer {token}").body == b"jwt 7"
    for good in (f"Bearer {key}", f"ApiKey {key}", key):
        assert asked(good).body == b"apikey ada"
    for bad in (token, f"ApiKey {token}", f"Bearer {key}{token}", f"Bearer {create_api_key()[0]}"):
        assert asked(bad).status == 401


def test_a_refused_key_names_both_schemes_where_both_would_do() -> None:
    app = _app(JWTAuthBackend(), APIKeyAuthBackend(), stored={})
    answer = ask(app, headers=[("x-api-key", create_api_key()[0])])
    assert answer.one("www-authenticate") == 'Bearer realm="api", ApiKey realm="api"'
    answer = ask(app, headers=[("x-api-key", "key_x"), ("authorization", "Bearer x")])
    assert answer.one("www-authenticate") == 'Bearer realm="api", error="invalid_token", ApiKey realm="api"'


@pytest.mark.parametrize(
    "name", ["", "X API Key", "X-API-Key:", "X\r\nY", "\u00e9", None, 7, b"X-API-Key"], ids=repr
)
def test_what_is_no_header_name_is_an_error(name: Any) -> None:
    with pytest.raises(ConfigError, match="no header name"):
        APIKeyAuthBackend(header_name=name)


def test_the_backend_shows_its_settings() -> None:
    backend = APIKeyAuthBackend(header_name="X-Key", prefix="acme_live")
    assert repr(backend) == "APIKeyAuthBackend(header_name='X-Key', prefix='acme_live')"
    assert (backend.header_name, backend.prefix, backend.scope) == ("X-Key", "acme_live", "apikey")


@pytest.mark.anyio
async def test_a_backend_may_be_asked_without_an_application() -> None:
    key, _ = create_api_key()
    request = Request({"type": "http", "headers": [(b"x-api-key", key.encode())]})
    result = await APIKeyAuthBackend().authenticate(request, Response())
    assert result is not None
    assert (result.success, result.identity, result.scope) == (True, key, "apikey")
    assert (
        await APIKeyAuthBackend().authenticate(Request({"type": "http", "headers": []}), Response()) is None
    )
