"""What guards a route stands in its description."""

from __future__ import annotations

from typing import Any

import pytest

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, auth, has_permission, public
from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.auth.backends.base import AuthenticationBackend
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.auth.backends.session import SessionAuthBackend
from nexios.exceptions import ConfigError
from nexios.ratelimit import rate_limit
from nexios.session import SessionMiddleware
from tests.openapi.describing import document_of, only_operation, operations
from tests.parts import SECRET, ByHeader, Person, app_for


def handler() -> Any:
    """One of its own for each route: a guard goes onto what is not routed yet."""

    async def handler(request: Request, response: Response) -> None: ...

    return handler


class Basic(AuthenticationBackend):
    scope = "basic"
    scheme = "Basic"
    headers = frozenset({b"authorization"})


class Anything(AuthenticationBackend):
    """One that does not say its scope."""


SEVERAL = (JWTAuthBackend(), ByHeader("one"), ByHeader("two"))
GUARDS: dict[str, Any] = {
    "anybody known": (auth(), [{"jwt": []}, {"one": []}, {"two": []}], {"401", "503"}),
    "one scope": (auth(scope="jwt"), [{"jwt": []}], {"401", "503"}),
    "any of two": (auth(scopes=["two", "jwt"]), [{"jwt": []}, {"two": []}], {"401", "503"}),
    "a permission": (
        has_permission("write"),
        [{"jwt": ["write"]}, {"one": ["write"]}, {"two": ["write"]}],
        {"401", "403", "503"},
    ),
    "permissions by one scope": (
        lambda handler: auth(scope="one")(has_permission(permissions=["read", "write"])(handler)),
        [{"one": ["read", "write"]}],
        {"401", "403", "503"},
    ),
    "nothing": (lambda handler: handler, None, set()),
    "nothing on purpose": (public, None, set()),
}


@pytest.mark.parametrize(("guard", "security", "refusals"), GUARDS.values(), ids=GUARDS)
def test_a_guard_is_described_by_what_would_do_and_how_it_refuses(
    guard: Any, security: Any, refusals: set[str]
) -> None:
    app = app_for(*SEVERAL)
    app.get("/thing")(guard(handler()))
    operation = only_operation(app)
    assert operation.get("security") == security
    assert set(operation["responses"]) == {"204"} | refusals


def test_a_401_brings_its_challenge() -> None:
    app = app_for()
    app.get("/thing")(auth()(handler()))
    shared = document_of(app)["components"]["responses"]
    assert set(shared) == {"Unauthorized", "ServiceUnavailable"}
    assert set(shared["Unauthorized"]["headers"]) == {"WWW-Authenticate"}
    assert set(shared["Unauthorized"]["content"]) == {"application/problem+json"}


@pytest.mark.parametrize("below", [True, False], ids=["limit below the guard", "limit above the guard"])
def test_a_limit_is_described_by_its_429(below: bool) -> None:
    app = app_for()
    limit, guard = rate_limit("10/minute"), auth()
    app.get("/thing")(guard(limit(handler())) if below else limit(guard(handler())))
    app.get("/open")(rate_limit("10/minute", by="ip")(handler()))
    document = document_of(app)
    assert set(document["paths"]["/thing"]["get"]["responses"]) == {"204", "401", "429", "503"}
    assert set(document["paths"]["/open"]["get"]["responses"]) == {"204", "429", "503"}
    assert set(document["components"]["responses"]["TooManyRequests"]["headers"]) == {
        *("Retry-After", "RateLimit", "RateLimit-Policy"),
    }


def test_where_refused_credentials_are_counted_a_guard_may_answer_429() -> None:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(
        AuthenticationMiddleware(user_model=Person, backend=JWTAuthBackend(), throttle="10/minute")
    )
    app.get("/thing")(auth()(handler()))
    app.get("/open")(handler())
    found = operations(document_of(app))
    assert "429" in found["GET /thing"]["responses"]
    assert "429" not in found["GET /open"]["responses"]


def test_with_require_auth_every_route_is_guarded_that_is_not_public() -> None:
    app = app_for(require_auth=True)
    app.get("/thing")(handler())
    app.get("/open")(public(handler()))
    found = operations(document_of(app))
    assert found["GET /thing"]["security"] == [{"header": []}]
    assert "security" not in found["GET /open"]


def test_the_methods_of_a_class_have_guards_of_their_own() -> None:
    app = app_for()

    @app.route("/things")
    @auth()
    class Things:
        @public
        async def get(self, request: Request, response: Response) -> None: ...

        @has_permission("write")
        async def put(self, request: Request, response: Response) -> None: ...

        async def post(self, request: Request, response: Response) -> None: ...

    found = operations(document_of(app))
    assert {name: operation.get("security") for name, operation in found.items()} == {
        "GET /things": None,
        "PUT /things": [{"header": ["write"]}],
        "POST /things": [{"header": []}],
    }


SCHEMES: dict[str, Any] = {
    "JSON Web Tokens": (
        JWTAuthBackend(),
        {"jwt": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
    ),
    "API keys": (APIKeyAuthBackend(), {"apikey": {"type": "apiKey", "in": "header", "name": "X-API-Key"}}),
    "API keys of another header": (
        APIKeyAuthBackend(header_name="X-Tea-Key"),
        {"apikey": {"type": "apiKey", "in": "header", "name": "X-Tea-Key"}},
    ),
    "API keys in Authorization": (
        APIKeyAuthBackend(header_name="Authorization"),
        {"apikey": {"type": "http", "scheme": "bearer"}},
    ),
    "sessions": (SessionAuthBackend(), {"session": {"type": "apiKey", "in": "cookie", "name": "tea"}}),
    "a scheme of one's own": (Basic(), {"basic": {"type": "http", "scheme": "basic"}}),
    "one without a scope": (Anything(), {"Anything": {"type": "http", "scheme": "custom"}}),
}


class Keyed(Person):
    @classmethod
    async def load_user(cls, identity: str) -> Person | None:
        return None


def with_backends(*backends: AuthenticationBackend) -> NexiosApp:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(SessionMiddleware(cookie_name="tea"))
    app.add_middleware(AuthenticationMiddleware(user_model=Keyed, backends=list(backends)))
    app.get("/thing")(auth()(handler()))
    return app


@pytest.mark.parametrize(("backend", "schemes"), SCHEMES.values(), ids=SCHEMES)
def test_a_backend_is_described_by_its_scheme(backend: AuthenticationBackend, schemes: Any) -> None:
    assert document_of(with_backends(backend))["components"]["securitySchemes"] == schemes


def test_one_header_of_its_own_is_told_by_a_backend_that_names_it() -> None:
    class ByOneHeader(ByHeader):
        headers = frozenset({b"x-user"})

        async def authenticate(self, request: Request, response: Response) -> Any: ...

    ByOneHeader.headers = frozenset({b"x-user"})
    schemes = document_of(with_backends(ByOneHeader()))["components"]["securitySchemes"]
    assert schemes == {"header": {"type": "apiKey", "in": "header", "name": "X-User"}}


def test_what_the_application_says_of_a_scheme_has_the_last_word() -> None:
    security = {"header": {"type": "openIdConnect", "openIdConnectUrl": "https://tea.example/openid"}}
    document = document_of(with_backends(ByHeader(), JWTAuthBackend()), security=security)
    assert document["components"]["securitySchemes"]["header"] == security["header"]


def test_a_scheme_of_no_backend_is_refused() -> None:
    with pytest.raises(
        ConfigError, match="the scope 'oidc', which no installed backend has: choose from 'header'"
    ):
        document_of(with_backends(ByHeader()), security={"oidc": {}})


def test_backends_of_one_scope_are_one_scheme_where_they_take_the_same() -> None:
    same = with_backends(JWTAuthBackend("id"), JWTAuthBackend("sub"))
    assert set(document_of(same)["components"]["securitySchemes"]) == {"jwt"}
    two = with_backends(APIKeyAuthBackend("X-One"), APIKeyAuthBackend("X-Two"))
    document = document_of(two)
    assert set(document["components"]["securitySchemes"]) == {"apikey", "apikey_2"}
    assert document["paths"]["/thing"]["get"]["security"] == [{"apikey": []}, {"apikey_2": []}]


def test_where_there_are_sessions_a_request_of_another_site_is_refused() -> None:
    app = with_backends(SessionAuthBackend())
    app.post("/thing", name="make")(handler())
    found = operations(document_of(app))
    assert "403" in found["POST /thing"]["responses"]
    assert "403" not in found["GET /thing"]["responses"]


def test_an_application_that_does_not_hold_together_is_not_described() -> None:
    app = NexiosApp()
    app.get("/thing")(auth()(handler()))
    with pytest.raises(ConfigError, match="no AuthenticationMiddleware"):
        document_of(app)
