"""What is told of credentials: whose was good, and whose was refused for what."""

from __future__ import annotations

from typing import Any

import pytest

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, AuthResult, SimpleUser, auth, has_permission
from nexios.auth.backends.apikey import APIKeyAuthBackend, create_api_key, hash_key
from nexios.auth.backends.base import AuthenticationBackend
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt
from nexios.events import Authenticated, Events, KeyUsed, Refused
from nexios.exceptions import ConfigError
from tests.attacks.asking import ask
from tests.events.parts import ADDRESS, noted, told
from tests.parts import OTHER_SECRET, SECRET, Clock, Person


def app_of(*backends: AuthenticationBackend, user_model: Any = Person) -> NexiosApp:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(AuthenticationMiddleware(user_model=user_model, backends=list(backends)))

    @app.get("/open")
    async def opened(request: Request, response: Response) -> str:
        return "open"

    @app.get("/guarded")
    @auth()
    async def guarded(request: Request, response: Response) -> str:
        return "guarded"

    @app.get("/written")
    @has_permission("write")
    async def written(request: Request, response: Response) -> str:
        return "written"

    return app


class Other(AuthenticationBackend):
    """Believes the header `other`, or does what it says."""

    scope = "other"

    async def authenticate(self, request: Request, response: Response) -> AuthResult | None:
        said = request.headers.get("other")
        if said == "raise":
            raise RuntimeError("a secret of the database")
        if said == "refuse":
            return AuthResult(False, "ada", "other", reason="too many letters")
        return None if said is None else AuthResult(True, said, "other")


def bearer(identity: str = "ada", secret: str = SECRET, **claims: Any) -> list[tuple[str, str]]:
    token = create_jwt({"id": identity, **claims}, secret)
    return [("authorization", f"Bearer {token}")]


def test_a_good_credential_is_told_with_identity_scope_and_address() -> None:
    app = app_of(JWTAuthBackend())
    events = noted(app)
    assert ask(app, "/open", headers=bearer()).status == 200
    assert told(events) == [("authenticated", "ada", "jwt", None)]
    assert events[0].address == ADDRESS
    assert isinstance(events[0], Authenticated)
    assert events[0].at.tzinfo is not None


def test_a_request_without_a_credential_is_told_where_a_guard_refuses_it() -> None:
    app = app_of(JWTAuthBackend())
    events = noted(app)
    assert ask(app, "/open").status == 200
    assert events == []
    assert ask(app).status == 401
    assert told(events) == [("refused", None, None, "no credential")]
    assert events[0].address == ADDRESS


REFUSED = {
    "expired": (bearer(exp=1_799_999_999), None, "expired"),
    "not valid yet": (bearer(nbf=1_800_000_001), None, "not valid yet"),
    "signed by another": (bearer(secret=OTHER_SECRET), None, "the signature is not one of ours"),
    "of nobody": (bearer("eve"), "eve", "unknown user"),
    "of somebody else": (
        bearer(aud="them"),
        None,
        "aud names an audience, and none is set: set jwt_audience",
    ),
    "empty": ([("authorization", "Bearer ")], None, "not three parts"),
}


@pytest.mark.parametrize(("headers", "identity", "reason"), REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("path", ["/guarded", "/open"])
def test_a_refused_token_is_told_once_with_the_reason_of_the_log(
    headers: Any, identity: str | None, reason: str | None, path: str
) -> None:
    app = app_of(JWTAuthBackend(clock=Clock()))
    events = noted(app)
    answer = ask(app, path, headers=headers)
    assert answer.status == (401 if path == "/guarded" else 200)
    assert told(events) == [("refused", identity, "jwt", reason)]
    assert reason is None or reason.encode() not in answer.body


def test_a_kept_token_that_expires_is_told_as_expired() -> None:
    clock = Clock()
    app = app_of(JWTAuthBackend(clock=clock))
    events = noted(app)
    headers = bearer(exp=clock.now + 5)
    ask(app, headers=headers)
    clock.turn(seconds=5)
    ask(app, headers=headers)
    assert [name for name, *_ in told(events)] == ["authenticated", "refused"]
    assert told(events)[1] == ("refused", None, "jwt", "expired")


def test_a_missing_permission_is_told_with_its_name() -> None:
    app = app_of(JWTAuthBackend())
    events = noted(app, Refused)
    assert ask(app, "/written", headers=bearer("bob")).status == 403
    (event,) = events
    assert isinstance(event, Refused)
    assert (event.identity, event.scope, event.reason, event.permission) == (
        "bob",
        "jwt",
        "permission",
        "write",
    )


def test_a_credential_of_another_scope_than_the_route_wants_is_told() -> None:
    app = app_of(JWTAuthBackend(), Other())
    events = noted(app, Refused)

    @app.get("/other")
    @auth(scope="other")
    async def other(request: Request, response: Response) -> str:
        return "other"

    assert ask(app, "/other", headers=bearer()).status == 401
    assert told(events) == [("refused", None, None, "another scope")]


def test_a_backend_that_fails_is_told_without_what_it_said() -> None:
    app = app_of(Other())
    events = noted(app)
    assert ask(app, headers=[("other", "raise")]).status == 503
    assert told(events) == [("refused", None, "other", "unavailable")]


def test_a_backend_of_ones_own_may_say_why_it_refuses() -> None:
    app = app_of(Other())
    events = noted(app)
    answer = ask(app, headers=[("other", "refuse")])
    assert answer.status == 401
    assert b"letters" not in answer.body
    assert told(events) == [("refused", "ada", "other", "too many letters")]


KEY, STORED = create_api_key()


class Owner(SimpleUser):
    """Whose the key is; the class says what it calls itself."""

    named: str = "7"

    @classmethod
    async def load_user(cls, identity: str) -> SimpleUser | None:
        return cls(cls.named) if hash_key(identity) == STORED else None


class NamedByKey(Owner):
    named = KEY


class NamedByMore(Owner):
    named = f"owner of {KEY}"


class NamedByPart(Owner):
    named = KEY[:8]


class NamedByFewLetters(Owner):
    """Seven letters may stand in a random key by chance."""

    named = KEY[:7]


class Unnamed(Owner):
    named = ""


class Numbered(Owner):
    named = 7  # type: ignore[assignment]


class Nameless(Owner):
    @property
    def identity(self) -> str:
        raise LookupError("the database is gone")

    def __init__(self, identity: str) -> None:
        self.permissions = frozenset()


@pytest.mark.parametrize(
    ("user_model", "identity"),
    [
        (Owner, "7"),
        (NamedByKey, None),
        (NamedByMore, None),
        (NamedByPart, None),
        (NamedByFewLetters, KEY[:7]),
        (Unnamed, None),
        (Numbered, None),
        (Nameless, None),
    ],
)
def test_a_key_that_is_the_identity_itself_is_never_told(user_model: Any, identity: str | None) -> None:
    app = app_of(APIKeyAuthBackend(), user_model=user_model)
    events = noted(app)
    assert ask(app, headers=[("x-api-key", KEY)]).status == 200
    assert ask(app, "/written", headers=[("x-api-key", KEY)]).status == 403
    other = create_api_key()[0]
    assert ask(app, headers=[("x-api-key", other)]).status == 401
    assert told(events) == [
        ("authenticated", identity, "apikey", None),
        ("authenticated", identity, "apikey", None),
        ("refused", identity, "apikey", "permission"),
        ("refused", None, "apikey", "unknown user"),
    ]
    assert KEY not in repr(events)
    assert other not in repr(events)


def test_another_host_passes_the_events_by_name() -> None:
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    events, heard = Events(), []
    events.tap()(heard.append)

    async def opened(request: Any) -> PlainTextResponse:
        return PlainTextResponse("open")

    host = Starlette(routes=[Route("/open", opened)])
    recipe = AuthenticationMiddleware(
        user_model=Person, backend=JWTAuthBackend(), config=MakeConfig(secret_key=SECRET), events=events
    )
    host.add_middleware(recipe)
    assert ask(host, "/open", headers=bearer()).status == 200
    assert told(heard) == [("authenticated", "ada", "jwt", None)]


def test_events_that_are_none_are_an_error() -> None:
    with pytest.raises(ConfigError, match=r"events=Events\(\)"):
        AuthenticationMiddleware(user_model=Person, backend=Other(), events=[])  # type: ignore[arg-type]


@pytest.mark.parametrize("listening", [False, True])
def test_what_nobody_hears_is_not_made(listening: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The events are replaced by what would raise."""
    from nexios.auth import telling

    app = app_of(JWTAuthBackend())
    if listening:
        app.events.tap(KeyUsed)(print)
    monkeypatch.setattr(telling, "Refused", None)
    monkeypatch.setattr(telling, "client_address", None)
    if not listening:
        monkeypatch.setattr(telling, "Authenticated", None)
        assert ask(app, headers=bearer()).status == 200
        assert ask(app).status == 401
        assert ask(app, headers=bearer("eve")).status == 401
    else:
        assert ask(app, headers=bearer()).status == 200


def test_a_tap_that_raises_lets_nobody_in_and_keeps_nobody_out(caplog: pytest.LogCaptureFixture) -> None:
    app = app_of(JWTAuthBackend())

    @app.events.tap()
    def broken(event: Any) -> None:
        raise RuntimeError

    assert ask(app, headers=bearer()).status == 200
    assert ask(app, headers=bearer("eve")).status == 401
    assert caplog.text.count("a tap raised RuntimeError") == 2
