"""Everything on the page that users read works as printed."""

from __future__ import annotations

import datetime
import time
from typing import Any

import pytest
from starlette.testclient import TestClient

from nexios import MakeConfig, NexiosApp
from nexios.auth import AuthenticationMiddleware, BaseUser, SimpleUser, UnauthenticatedUser, auth
from nexios.auth.backends.apikey import APIKeyAuthBackend, create_api_key, verify_key
from nexios.auth.backends.base import AuthenticationBackend
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt, decode_jwt
from nexios.auth.backends.session import SessionAuthBackend, login, logout
from nexios.exceptions import ConfigError
from nexios.session import SessionMiddleware
from tests.docs.page import MISSING, PAGE, Stored, blocks, fragment, run, run_text
from tests.parts import OTHER_SECRET, SECRET

pytestmark = pytest.mark.skipif(not PAGE.exists(), reason=MISSING)


class Row:
    """A row of the reader's database."""

    id = "123"
    display_name = "Ada"
    last_login_ip = "192.0.2.7"


class Database:
    """The reader's database, with all that the page asks of it."""

    def __init__(self) -> None:
        self.keys: dict[str, str] = {}

    def get_user_by_id(self, identity: str) -> Row | None:
        return Row() if identity == "123" else None

    def verify_api_key(self, key: str) -> bool:
        return self.get_user_by_api_key(key) is not None

    def check_api_key(self, key: str) -> bool:
        return key == "of-the-database"

    def get_user_by_api_key(self, key: str) -> dict[str, Any] | None:
        for stored_hash, owner in self.keys.items():
            if verify_key(key, stored_hash):
                return {"id": owner, "name": "Ada", "permissions": ["read"]}
        return None

    def store_api_key(self, owner: str, stored_hash: str) -> None:
        self.keys[stored_hash] = owner


class User(SimpleUser):
    """The reader's user model: Ada and an administrator exist, nobody else."""

    @classmethod
    async def load_user(cls, identity: str) -> User | None:
        known = {"123": ["user"], "1": ["admin", "user"], "2": ["admin"]}
        return cls(identity, permissions=known[identity]) if identity in known else None


@pytest.fixture
def db() -> Database:
    return Database()


@pytest.fixture
def app() -> NexiosApp:
    """An application to which a section of the page adds its own middleware."""
    return with_whoami(NexiosApp(config=MakeConfig(secret_key=SECRET)))


@pytest.fixture
def guarded_app() -> NexiosApp:
    """An application as the sections before "Protected Routes" leave it: tokens and sessions."""
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(SessionMiddleware())
    backends = [SessionAuthBackend(), JWTAuthBackend()]
    app.add_middleware(AuthenticationMiddleware(user_model=User, backends=backends))

    @app.post("/login")
    async def log_in(request: Any, response: Any) -> None:
        login(request, User("123"))

    return with_whoami(app)


def with_whoami(app: NexiosApp) -> NexiosApp:
    """`app` with a route that says whom it sees."""

    @app.get("/whoami")
    async def whoami(request: Any, response: Any) -> dict[str, Any]:
        return {
            "identity": request.user.identity,
            "name": request.user.display_name,
            "auth": request.scope["auth"],
            "stranger": isinstance(request.user, UnauthenticatedUser),
            "ip": getattr(request.user, "last_login_ip", None),
        }

    return app


STRANGER = {"identity": "", "name": "", "auth": None, "stranger": True, "ip": None}
WRONG_TOKENS = ["x", "a.b.c", ""]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def token_for(identity: str, secret: str = SECRET) -> dict[str, str]:
    return bearer(create_jwt({"id": identity}, secret))


def assert_guarded(client: TestClient, path: str, good: dict[str, str], wrong: list[dict[str, str]]) -> Any:
    """The route refuses a missing and a wrong credential and takes the good one; what it answers."""
    assert client.get(path).status_code == 401
    assert client.get(path).headers["www-authenticate"]
    for headers in wrong:
        assert client.get(path, headers=headers).status_code == 401
    answer = client.get(path, headers=good)
    assert answer.status_code == 200
    assert client.get(path).status_code == 401
    return answer.json()


def wrong_tokens() -> list[dict[str, str]]:
    return [*map(bearer, WRONG_TOKENS), token_for("123", OTHER_SECRET)]


def test_the_page_has_21_blocks_and_a_fragment() -> None:
    assert len(blocks()) == 21
    assert fragment().startswith("jwt = create_jwt(")


@pytest.mark.parametrize("number", range(1, 22))
def test_each_block_runs_as_printed(
    number: int, db: Database, guarded_app: NexiosApp, app: NexiosApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader: dict[str, Any] = {
        "db": db,
        "app": app,
        "User": User,
        "auth": auth,
        "user": User("123"),
        "stored_hash": Stored("hashed_key"),
    }
    if "login(request, user)" not in blocks()[number - 1]:
        run(number, **reader)
        return

    @guarded_app.post("/handler")
    async def handler(request: Any, response: Any) -> None:
        run(number, **{**reader, "request": request})

    assert TestClient(guarded_app).post("/handler").status_code == 204


def test_1_the_basic_idea() -> None:
    names = run(1, auth=auth)
    app = names["app"]
    good = bearer(create_jwt({"id": "123"}, "your-secret-key"))
    assert assert_guarded(TestClient(app), "/profile", good, wrong_tokens()) == {
        "message": "Welcome back, 123!",
        "user_id": "123",
        "is_authenticated": True,
    }


def test_1_the_middleware_attaches_the_user_and_the_authentication_type() -> None:
    app = with_whoami(run(1, auth=auth)["app"])
    client = TestClient(app)
    assert client.get("/whoami").json() == STRANGER
    assert client.get("/whoami", headers=bearer("x")).json() == STRANGER
    found = client.get("/whoami", headers=bearer(create_jwt({"id": "123"}, "your-secret-key"))).json()
    assert (found["identity"], found["auth"], found["stranger"]) == ("123", "jwt", False)


def test_1_the_middleware_takes_a_backend_or_backends() -> None:
    for take in ({"backend": JWTAuthBackend()}, {"backends": [SessionAuthBackend(), JWTAuthBackend()]}):
        AuthenticationMiddleware(user_model=SimpleUser, **take)
    for refuse in ({}, {"backend": JWTAuthBackend(), "backends": [JWTAuthBackend()]}, {"backends": []}):
        with pytest.raises(ConfigError):
            AuthenticationMiddleware(user_model=SimpleUser, **refuse)  # type: ignore[arg-type]


def test_1_the_first_backend_that_succeeds_is_used(guarded_app: NexiosApp) -> None:
    client = TestClient(guarded_app)
    assert client.post("/login").status_code == 204
    assert client.get("/whoami", headers=token_for("1")).json()["auth"] == "session"
    client.cookies.clear()
    assert client.get("/whoami", headers=token_for("1")).json()["auth"] == "jwt"


def test_2_a_user_model_of_ones_own(app: NexiosApp, db: Database) -> None:
    names = run(2, app=app, db=db)
    assert issubclass(names["User"], BaseUser)
    client = TestClient(app)
    assert client.get("/whoami").json() == STRANGER
    assert client.get("/whoami", headers=token_for("nobody")).json() == STRANGER
    assert client.get("/whoami", headers=token_for("123", OTHER_SECRET)).json() == STRANGER
    assert client.get("/whoami", headers=token_for("123")).json() == {
        "identity": "123",
        "name": "Ada",
        "auth": "jwt",
        "stranger": False,
        "ip": "192.0.2.7",
    }


def test_3_checking_whether_somebody_is_authenticated(guarded_app: NexiosApp) -> None:
    run(3, app=guarded_app, auth=auth)
    assert assert_guarded(TestClient(guarded_app), "/profile", token_for("123"), wrong_tokens()) == {
        "message": "Welcome back, 123!",
        "user_id": "123",
        "is_authenticated": True,
    }


def test_4_is_authenticated_is_a_property(app: NexiosApp, db: Database) -> None:
    model = run(4, db=db)["User"]
    ada = model("123", "Ada", "192.0.2.7")
    assert (ada.is_authenticated, ada.display_name, ada.identity, ada.last_login_ip) == (
        True,
        "Ada",
        "123",
        "192.0.2.7",
    )
    assert UnauthenticatedUser().is_authenticated is False
    app.add_middleware(AuthenticationMiddleware(user_model=model, backend=JWTAuthBackend()))
    client = TestClient(app)
    assert client.get("/whoami", headers=token_for("123")).json()["ip"] == "192.0.2.7"
    assert client.get("/whoami", headers=token_for("nobody")).json() == STRANGER


def test_5_a_token_backend(app: NexiosApp) -> None:
    names = run(5, app=app, User=User)
    client = TestClient(app)
    for headers in ({}, token_for("123"), *wrong_tokens()):
        assert client.get("/", headers=headers).json() == {"message": "Hello, world!"}
    assert client.get("/whoami", headers=token_for("123")).json()["identity"] == "123"
    assert client.get("/whoami", headers=token_for("123", OTHER_SECRET)).json() == STRANGER
    assert names["backend"].identifier == "id"


def test_5_the_identifier_is_the_claim_to_use() -> None:
    app = with_whoami(NexiosApp(config=MakeConfig(secret_key=SECRET)))
    app.add_middleware(AuthenticationMiddleware(user_model=User, backend=JWTAuthBackend(identifier="sub")))
    client = TestClient(app)
    by_sub = bearer(create_jwt({"sub": "123"}, SECRET))
    assert client.get("/whoami", headers=by_sub).json()["identity"] == "123"
    assert client.get("/whoami", headers=token_for("123")).json() == STRANGER


def test_6_issuing_a_token(app: NexiosApp) -> None:
    token = run(6)["jwt"]
    assert decode_jwt(token, SECRET) == {"id": "123"}


def test_6_the_line_with_expires_in(app: NexiosApp) -> None:
    begin = int(time.time())
    token = run_text(fragment(), 7, timedelta=datetime.timedelta)["jwt"]
    claims = decode_jwt(token, SECRET)
    assert claims["id"] == "123"
    assert begin + 1800 <= claims["exp"] <= int(time.time()) + 1800


def test_6_expires_in_is_in_minutes(app: NexiosApp) -> None:
    begin = int(time.time())
    expires = decode_jwt(create_jwt(payload={"id": "123"}, expires_in=30), SECRET)["exp"]
    assert begin + 1800 <= expires <= int(time.time()) + 1800


def test_7_a_token_backend_with_its_settings() -> None:
    names = run(7, User=User)
    app = with_whoami(names["app"])
    client = TestClient(app)
    good = bearer(create_jwt({"id": "123"}, "your-secret-key"))
    other_algorithm = bearer(create_jwt({"id": "123"}, "your-secret-key", algorithm="HS512"))
    assert app.config.jwt_algorithms == ("HS256",)
    assert client.get("/whoami").json() == STRANGER
    assert client.get("/whoami", headers=good).json()["identity"] == "123"
    assert client.get("/whoami", headers=other_algorithm).json() == STRANGER
    assert client.get("/whoami", headers=token_for("123", OTHER_SECRET)).json() == STRANGER


def test_8_sessions() -> None:
    names = run(8, User=User)
    app = with_whoami(names["app"])

    @app.post("/login")
    async def log_in(request: Any, response: Any) -> None:
        login(request, User("123"))

    client = TestClient(app)
    assert client.get("/whoami").json() == STRANGER
    client.post("/login")
    found = client.get("/whoami").json()
    assert (found["identity"], found["auth"]) == ("123", "session")
    client.cookies.set("session", "made.up.cookie", domain="testserver.local", path="/")
    client.cookies.clear()
    assert client.get("/whoami", headers={"cookie": "session=made.up.cookie"}).json() == STRANGER


def test_8_the_session_key_and_the_identifier() -> None:
    assert (SessionAuthBackend().session_key, SessionAuthBackend().identifier) == ("user", "id")
    app = with_whoami(NexiosApp(config=MakeConfig(secret_key=SECRET)))
    app.add_middleware(SessionMiddleware())
    backend = SessionAuthBackend(session_key="person", identifier="number")
    app.add_middleware(AuthenticationMiddleware(user_model=User, backend=backend))

    @app.post("/login")
    async def log_in(request: Any, response: Any) -> dict[str, Any]:
        login(request, User("123"))
        return dict(request.session)

    client = TestClient(app)
    assert client.post("/login").json() == {"person": {"number": "123"}}
    assert client.get("/whoami").json()["identity"] == "123"


def test_8_without_session_middleware_the_application_does_not_start(app: NexiosApp) -> None:
    app.add_middleware(AuthenticationMiddleware(user_model=User, backend=SessionAuthBackend()))
    with pytest.raises(ConfigError, match="SessionMiddleware"):
        app.build()


def test_9_login_and_logout(guarded_app: NexiosApp) -> None:
    @guarded_app.post("/in-and-out")
    async def in_and_out(request: Any, response: Any) -> dict[str, Any]:
        run(9, request=request, user=User("123"))
        return {"identity": request.user.identity}

    @guarded_app.post("/out")
    async def out(request: Any, response: Any) -> None:
        logout(request)

    client = TestClient(guarded_app)
    assert client.post("/in-and-out").json() == {"identity": ""}
    assert client.get("/whoami").json() == STRANGER
    client.post("/login")
    before = client.cookies["session"]
    assert client.get("/whoami").json()["auth"] == "session"
    client.post("/out")
    assert client.get("/whoami").json() == STRANGER
    assert client.get("/whoami", headers={"cookie": f"session={before}"}).json() == STRANGER


def test_10_an_api_key_backend(app: NexiosApp, db: Database) -> None:
    names = run(10, app=app, db=db)
    key, stored_hash = create_api_key()
    db.store_api_key("123", stored_hash)
    client = TestClient(app)
    assert client.get("/whoami").json() == STRANGER
    for wrong in (create_api_key()[0], key[:-1], "x", f"{key}0"):
        assert client.get("/whoami", headers={"X-API-Key": wrong}).json() == STRANGER
    found = client.get("/whoami", headers={"X-API-Key": key}).json()
    assert (found["name"], found["auth"], found["stranger"]) == ("API User", "apikey", False)
    assert (names["backend"].header_name, names["backend"].prefix) == ("X-API-Key", "key")


def test_11_creating_and_verifying_a_key(capsys: pytest.CaptureFixture[str]) -> None:
    names = run(11, stored_hash=Stored("hashed_key"))
    printed = capsys.readouterr().out.splitlines()
    assert printed == [f"API Key: {names['api_key']}", f"Hashed Key: {names['hashed_key']}"]
    assert names["api_key"].startswith("key_")
    assert names["api_key"] not in names["hashed_key"]
    assert names["is_valid"] is True
    assert run(11, stored_hash=create_api_key()[1])["is_valid"] is False


def test_12_the_complete_example(app: NexiosApp, db: Database) -> None:
    run(12, app=app, db=db)
    key, stored_hash = create_api_key()
    db.store_api_key("123", stored_hash)
    good, wrong = {"X-API-Key": key}, [{"X-API-Key": create_api_key()[0]}, {"X-API-Key": "x"}]
    client = TestClient(app)
    expected = {"data": "This is protected data", "user": "Ada", "permissions": ["read"]}
    assert assert_guarded(client, "/api/data", good, wrong) == expected
    assert client.post("/api/keys").status_code == 401
    assert client.post("/api/keys", headers=wrong[0]).status_code == 401
    assert len(db.keys) == 1
    made = client.post("/api/keys", headers=good).json()["api_key"]
    assert len(db.keys) == 2
    assert made not in db.keys
    assert client.get("/api/data", headers={"X-API-Key": made}).json() == expected


@pytest.mark.parametrize(
    ("options", "header", "prefix"),
    [
        ({"header_name": "Authorization"}, "Authorization", "key"),
        ({"prefix": "myapp"}, "X-API-Key", "myapp"),
        ({"header_name": "X-MyApp-API-Key", "prefix": "myapp"}, "X-MyApp-API-Key", "myapp"),
    ],
)
def test_13_the_options_of_the_api_key_backend(
    app: NexiosApp, db: Database, options: dict[str, str], header: str, prefix: str
) -> None:
    assert run(13)["backend"].header_name == "X-MyApp-API-Key"
    model = run(10, app=NexiosApp(), db=db)["APIKeyUser"]
    app.add_middleware(AuthenticationMiddleware(user_model=model, backend=APIKeyAuthBackend(**options)))
    key, stored_hash = create_api_key(prefix)
    db.store_api_key("123", stored_hash)
    client = TestClient(app)
    assert client.get("/whoami", headers={header: key}).json()["auth"] == "apikey"
    assert client.get("/whoami").json() == STRANGER
    assert client.get("/whoami", headers={"X-Another": key}).json() == STRANGER
    other, other_hash = create_api_key("other")
    db.store_api_key("123", other_hash)
    assert client.get("/whoami", headers={header: other}).json() == STRANGER


def test_14_a_backend_of_ones_own(app: NexiosApp) -> None:
    backend = run(14)["CustomAuthBackend"]()
    assert isinstance(backend, AuthenticationBackend)
    app.add_middleware(AuthenticationMiddleware(user_model=SimpleUser, backend=backend))
    found = TestClient(app).get("/whoami").json()
    assert (found["identity"], found["auth"]) == ("123", "custom")


def test_15_a_backend_that_asks_a_database(app: NexiosApp, db: Database) -> None:
    run(15, app=app, db=db)

    @app.get("/guarded")
    @auth(scope="database")
    async def guarded(request: Any, response: Any) -> dict[str, str]:
        return {"name": request.user.display_name}

    client = TestClient(app)
    good, wrong = {"X-Key": "of-the-database"}, [{"X-Key": "another"}, {"X-Key": ""}]
    for headers in ({}, good, *wrong):
        assert client.get("/", headers=headers).json() == {"message": "Hello, world!"}
    assert assert_guarded(client, "/guarded", good, wrong) == {"name": "API Key"}
    assert client.get("/whoami", headers=wrong[0]).json() == STRANGER


def test_16_a_protected_route(guarded_app: NexiosApp) -> None:
    run(16, app=guarded_app)
    client = TestClient(guarded_app)
    message = {"message": "This is a protected route"}
    assert assert_guarded(client, "/protected", token_for("123"), wrong_tokens()) == message
    client.post("/login")
    assert client.get("/protected").json() == message


def test_17_a_route_for_one_scope(guarded_app: NexiosApp) -> None:
    run(17, app=guarded_app)
    client = TestClient(guarded_app)
    message = {"message": "This is a protected route"}
    assert assert_guarded(client, "/protected", token_for("123"), wrong_tokens()) == message
    client.post("/login")
    assert client.get("/protected").status_code == 401
    assert client.get("/protected", headers=token_for("123")).json() == message


def test_18_a_route_for_several_scopes(guarded_app: NexiosApp) -> None:
    run(18, app=guarded_app)
    client = TestClient(guarded_app)
    message = {"message": "This is a protected route"}
    assert assert_guarded(client, "/protected", token_for("123"), wrong_tokens()) == message
    client.post("/login")
    assert client.get("/protected").json() == message


def test_18_a_user_of_neither_scope_is_refused(app: NexiosApp) -> None:
    run(18, app=app)
    backends = [run(14)["CustomAuthBackend"](), JWTAuthBackend(), SessionAuthBackend()]
    app.add_middleware(SessionMiddleware())
    app.add_middleware(AuthenticationMiddleware(user_model=User, backends=backends))
    client = TestClient(app)
    assert client.get("/whoami").json()["auth"] == "custom"
    assert client.get("/protected").status_code == 401
    assert client.get("/protected", headers=token_for("123")).status_code == 200


def test_19_a_route_for_a_permission(guarded_app: NexiosApp) -> None:
    run(19, app=guarded_app)
    client = TestClient(guarded_app)
    message = {"message": "This is a protected route"}
    assert assert_guarded(client, "/protected", token_for("1"), wrong_tokens()) == message
    assert client.get("/protected", headers=token_for("123")).status_code == 403


def test_20_a_rule_of_ones_own_for_permissions(app: NexiosApp) -> None:
    model = run(20)["User"]
    assert model("1", permissions=["admin"]).has_permission("admin") is True
    assert model("1").has_permission("admin") is False
    run(19, app=app)

    class Loaded(model):  # type: ignore[misc]
        @classmethod
        async def load_user(cls, identity: str) -> Loaded:
            return cls(identity, permissions=["admin"] if identity == "1" else ["user"])

    app.add_middleware(AuthenticationMiddleware(user_model=Loaded, backend=JWTAuthBackend()))
    client = TestClient(app)
    assert client.get("/protected", headers=token_for("1")).status_code == 200
    assert client.get("/protected", headers=token_for("2")).status_code == 403
    assert client.get("/protected").status_code == 401


def test_21_a_route_for_several_permissions(guarded_app: NexiosApp) -> None:
    run(21, app=guarded_app)
    client = TestClient(guarded_app)
    message = {"message": "This is a protected route"}
    assert assert_guarded(client, "/protected", token_for("1"), wrong_tokens()) == message
    assert client.get("/protected", headers=token_for("2")).status_code == 403
    assert client.get("/protected", headers=token_for("123")).status_code == 403
