"""What AuthenticationMiddleware and the guards take, and what they refuse at once."""

from __future__ import annotations

from typing import Any

import pytest

from nexios import NexiosApp, Request, Response
from nexios.auth import (
    AuthenticationMiddleware,
    AuthResult,
    BaseUser,
    SimpleUser,
    auth,
    has_permission,
    public,
)
from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.auth.backends.base import AuthenticationBackend
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.auth.backends.session import SessionAuthBackend
from nexios.exceptions import ConfigError
from tests.parts import ByHeader, Person


class Synchronous(AuthenticationBackend):
    def authenticate(self, request: Request, response: Response) -> None:  # type: ignore[override]
        return None


class Lookalike:
    async def authenticate(self, request: Request, response: Response) -> None: ...


class WithoutLoad(BaseUser):
    pass


class Undecorated(BaseUser):
    async def load_user(cls, identity: str) -> None:  # type: ignore[override]
        ...


class Static(BaseUser):
    @staticmethod
    async def load_user(identity: str) -> None: ...


class Renamed(SimpleUser):
    """Inherits a load_user that believes everything."""


ONE = "AuthenticationMiddleware takes either backend=JWTAuthBackend() or backends=[...]"


@pytest.mark.parametrize(
    ("options", "mend"),
    [
        ({}, f"{ONE}, and one of them must be given"),
        ({"backend": ByHeader(), "backends": [ByHeader()]}, f"{ONE}, not both"),
        ({"backends": []}, "backends must be a list of backends, with at least one in it"),
        ({"backends": ByHeader()}, "backends must be a list of backends"),
        ({"backends": {ByHeader()}}, "backends must be a list of backends"),
        ({"backends": "jwt"}, "backends must be a list of backends"),
        ({"backend": JWTAuthBackend}, "JWTAuthBackend is a class: pass an instance, JWTAuthBackend()"),
        ({"backend": "jwt"}, "str is no backend: inherit from AuthenticationBackend"),
        ({"backend": Lookalike()}, "Lookalike is no backend: inherit from AuthenticationBackend"),
        ({"backends": [ByHeader(), None]}, "NoneType is no backend"),
        ({"backend": Synchronous()}, "Synchronous.authenticate must be `async def`"),
        ({"backend": [ByHeader()]}, "list is no backend"),
    ],
    ids=[
        *("neither", "both", "empty", "one as several", "set", "text as several", "class"),
        *("text", "lookalike", "None inside", "sync", "several as one"),
    ],
)
def test_what_is_no_backend_is_refused_at_once(options: dict[str, Any], mend: str) -> None:
    with pytest.raises(ConfigError) as raised:
        AuthenticationMiddleware(user_model=Person, **options)
    assert mend in str(raised.value)


@pytest.mark.parametrize(
    ("model", "mend"),
    [
        (None, "user_model must be a class that inherits from BaseUser"),
        (object, "user_model must be a class that inherits from BaseUser"),
        (Person("ada"), "user_model must be a class that inherits from BaseUser"),
        (WithoutLoad, "WithoutLoad must define `async def load_user(cls, identity)` as a classmethod"),
        (BaseUser, "BaseUser must define `async def load_user(cls, identity)` as a classmethod"),
        (Undecorated, "Undecorated must define `async def load_user(cls, identity)` as a classmethod"),
        (Static, "Static must define `async def load_user(cls, identity)` as a classmethod"),
    ],
    ids=["None", "object", "instance", "no load_user", "BaseUser", "no classmethod", "staticmethod"],
)
def test_what_is_no_user_model_is_refused_at_once(model: Any, mend: str) -> None:
    with pytest.raises(ConfigError) as raised:
        AuthenticationMiddleware(user_model=model, backend=ByHeader())
    assert mend in str(raised.value)


@pytest.mark.parametrize("model", [SimpleUser, Renamed])
def test_an_api_key_that_nobody_verifies_is_refused_at_once(model: type[BaseUser]) -> None:
    with pytest.raises(ConfigError) as raised:
        AuthenticationMiddleware(user_model=model, backends=[JWTAuthBackend(), APIKeyAuthBackend()])
    assert "APIKeyAuthBackend hands the key itself to load_user" in str(raised.value)
    assert "define a load_user that looks the key's hash up" in str(raised.value)


def test_its_repr_names_the_model_and_the_backends() -> None:
    recipe = AuthenticationMiddleware(user_model=Person, backends=[JWTAuthBackend(), SessionAuthBackend()])
    assert repr(recipe) == (
        "AuthenticationMiddleware(user_model=Person, backends=[JWTAuthBackend, SessionAuthBackend])"
    )


def test_the_repr_of_a_result_shows_no_credential() -> None:
    shown = repr(AuthResult(True, "key_hunter2", "apikey", credential="hunter2"))
    assert shown == "AuthResult(success=True, scope='apikey')"


async def handler(request: Request, response: Response) -> None: ...


async def other(request: Request, response: Response) -> None: ...


@pytest.mark.parametrize(
    ("guard", "mend"),
    [
        (lambda: auth(handler), "@auth is called: write @auth() with parentheses"),
        (lambda: has_permission(handler), '@has_permission is called: write @has_permission("admin")'),
        (lambda: has_permission(), "@has_permission needs the name of a permission"),
        (lambda: auth("jwt", scopes=["session"]), "@auth takes scope or scopes, not both"),
        (
            lambda: has_permission("a", permissions=["b"]),
            "@has_permission takes permission or permissions, not both",
        ),
        (lambda: auth(scopes="jwt"), '@auth(scopes=...) takes a list: scopes=["jwt"]'),
        (lambda: has_permission(permissions="a"), 'takes a list: permissions=["a"]'),
        (lambda: auth(""), "@auth takes scope names that are texts and not empty"),
        (lambda: auth(scopes=[]), "@auth takes scope names that are texts and not empty"),
        (lambda: auth(scopes=["jwt", ""]), "@auth takes scope names that are texts and not empty"),
        (lambda: auth(scopes=["jwt", None]), "@auth takes scope names that are texts and not empty"),
        (lambda: auth(scopes=[["jwt"]]), "@auth takes scope names that are texts and not empty"),
        (lambda: auth(scopes=7), "@auth takes scope names that are texts and not empty"),
        (lambda: auth(7), "@auth takes scope names that are texts and not empty"),
        (lambda: has_permission(permissions=[]), "@has_permission takes permission names that are texts"),
        (lambda: has_permission(["admin"]), "@has_permission takes permission names that are texts"),
        (lambda: auth()("handler"), "a guard decorates a handler, not str"),
        (lambda: public(None), "a guard decorates a handler, not NoneType"),
    ],
)
def test_a_guard_that_cannot_be_is_refused_at_once(guard: Any, mend: str) -> None:
    with pytest.raises(ConfigError) as raised:
        guard()
    assert mend in str(raised.value)


@pytest.mark.parametrize("guard", [auth(), auth("jwt"), has_permission("read"), public])
def test_a_guard_above_the_routes_decorator_is_refused_at_once(guard: Any) -> None:
    app = NexiosApp()

    @app.get("/thing")
    async def thing(request: Request, response: Response) -> None: ...

    with pytest.raises(ConfigError, match=r"put @app\.get\(\.\.\.\) first and the guard below it"):
        guard(thing)


def test_a_subclass_of_a_routed_class_may_be_guarded() -> None:
    app = NexiosApp()

    @app.route("/open")
    class Open:
        async def get(self, request: Request, response: Response) -> None: ...

    @app.route("/guarded")
    @auth()
    class Guarded(Open):
        pass

    assert [(row.path, row.guard) for row in app.routes_table()] == [("/open", "open"), ("/guarded", "auth")]


@pytest.mark.parametrize(
    ("stacked", "mend"),
    [
        (lambda: auth()(public(handler)), "a route is @public or guarded, not both"),
        (lambda: public(auth()(handler)), "a route is @public or guarded, not both"),
        (lambda: has_permission("a")(public(handler)), "a route is @public or guarded, not both"),
        (
            lambda: auth("jwt")(auth("session")(other)),
            "name different scopes, which no request can meet: name them in one, e.g. "
            "@auth(scopes=['jwt', 'session'])",
        ),
    ],
)
def test_guards_that_no_request_could_meet_are_refused_at_once(stacked: Any, mend: str) -> None:
    with pytest.raises(ConfigError) as raised:
        stacked()
    assert mend in str(raised.value)


@pytest.mark.parametrize("options", [{"session_key": ""}, {"identifier": None}, {"session_key": 7}])
def test_a_session_backend_with_names_that_cannot_be_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"SessionAuthBackend: .* must be text that is not empty"):
        SessionAuthBackend(**options)


@pytest.mark.parametrize(
    ("options", "mend"),
    [({"identifier": ""}, "identifier is the name of a claim"), ({"kept": -1}, "kept is how many")],
)
def test_a_jwt_backend_that_cannot_be_is_refused(options: dict[str, Any], mend: str) -> None:
    with pytest.raises(ConfigError, match=mend):
        JWTAuthBackend(**options)


@pytest.mark.parametrize(
    ("options", "mend"),
    [
        ({"header_name": "X API Key"}, "'X API Key' is no header name"),
        ({"header_name": ""}, "'' is no header name"),
        ({"header_name": None}, "None is no header name"),
        ({"prefix": "1key"}, "a prefix begins with a letter"),
        ({"prefix": "key_"}, "a prefix begins with a letter"),
        ({"prefix": ""}, "a prefix begins with a letter"),
        ({"prefix": "x" * 33}, "has at most 32 letters"),
    ],
)
def test_an_api_key_backend_that_cannot_be_is_refused(options: dict[str, Any], mend: str) -> None:
    with pytest.raises(ConfigError) as raised:
        APIKeyAuthBackend(**options)
    assert mend in str(raised.value)
