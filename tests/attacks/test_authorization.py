"""Attacks on guards: ways around them, and users, backends and permissions that lie."""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from nexios import MakeConfig, NexiosApp
from nexios.auth import AuthenticationMiddleware, AuthResult, SimpleUser, auth, has_permission
from nexios.auth.backends.base import AuthenticationBackend
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.auth.backends.session import SessionAuthBackend, login
from nexios.exceptions import ConfigError
from nexios.http import Request, Response, WebSocket
from nexios.routing import Router
from nexios.session import SessionMiddleware
from tests.attacks.asking import Answer, Header, ask, asking, knock
from tests.attacks.forging import forge
from tests.attacks.targets import cookie, cookie_value
from tests.parts import SECRET, ByHeader, Person, app_for

ADA: Header = ("x-user", "ada")
CY: Header = ("x-user", "cy")
GUARD_ORDERS: dict[str, Callable[[Any], Any]] = {
    "auth above": lambda handler: auth()(has_permission("write")(handler)),
    "has_permission above": lambda handler: has_permission("write")(auth()(handler)),
    "has_permission alone": has_permission("write"),
    "auth twice": lambda handler: auth()(has_permission("write")(auth()(handler))),
    "with a decorator between": lambda handler: auth()(_transparent(has_permission("write")(handler))),
    "below a decorator": lambda handler: _transparent(has_permission("write")(auth()(handler))),
    "below a decorator without wraps": lambda handler: _opaque(has_permission("write")(auth()(handler))),
}


def _transparent(handler: Any) -> Any:
    @functools.wraps(handler)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        return await handler(*args, **kwargs)

    return wrapper


def _opaque(handler: Any) -> Any:
    async def wrapper(request: Any, response: Any) -> Any:
        return await handler(request, response)

    return wrapper


@pytest.mark.parametrize("guarded", GUARD_ORDERS.values(), ids=GUARD_ORDERS.keys())
def test_authorization_01_guards_hold_in_each_order(guarded: Callable[[Any], Any]) -> None:
    ran: list[str] = []

    async def handler(request: Request, response: Response) -> str:
        ran.append(request.user.identity)
        return "in"

    app = app_for()
    app.get("/guarded")(guarded(handler))
    assert (ask(app).status, ran) == (401, [])
    assert (ask(app, headers=[("x-user", "-")]).status, ran) == (401, [])
    assert (ask(app, headers=[("x-user", "nobody")]).status, ran) == (401, [])
    assert (ask(app, headers=[CY]).status, ran) == (403, [])
    assert (ask(app, headers=[ADA]).status, ran) == (200, ["ada"])


@pytest.mark.parametrize("guard", [auth(), has_permission("write"), auth(scope="header")])
def test_authorization_01_a_guard_above_the_route_is_an_error(guard: Callable[[Any], Any]) -> None:
    app = app_for()

    async def handler(request: Request, response: Response) -> str:
        return "in"

    class Class:
        async def get(self, request: Request, response: Response) -> str:
            return "in"

    class Called:
        async def __call__(self, request: Request, response: Response) -> str:
            return "in"

    for thing in (handler, Class, Called()):
        with pytest.raises(ConfigError, match=r"put @app\.get\(\.\.\.\) first"):
            guard(app.route("/guarded")(thing))


def _app_of_two() -> NexiosApp:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(SessionMiddleware())
    app.add_middleware(
        AuthenticationMiddleware(user_model=SimpleUser, backends=[SessionAuthBackend(), JWTAuthBackend()])
    )

    @app.post("/login")
    async def begin(request: Request, response: Response) -> str:
        login(request, SimpleUser("7"))
        return "in"

    @app.get("/guarded")
    @auth(scope="jwt")
    async def guarded(request: Request, response: Response) -> str:
        return f"{request.scope['auth']} {request.user.identity}"

    @app.get("/session-only")
    @auth(scope="session")
    async def session_only(request: Request, response: Response) -> str:
        return f"{request.scope['auth']} {request.user.identity}"

    @app.get("/whoami")
    async def whoami(request: Request, response: Response) -> str:
        return f"{request.scope['auth']} {request.user.identity}"

    return app


def test_authorization_02_a_user_of_another_scope_is_refused() -> None:
    app = _app_of_two()
    session = cookie(cookie_value(ask(app, "/login", method="POST")))
    bearer: Header = ("authorization", f"Bearer {forge(payload={'id': '8'})}")
    assert ask(app, "/whoami", headers=[session]).body == b"session 7"
    assert ask(app, headers=[session]).status == 401
    assert ask(app, "/session-only", headers=[bearer]).status == 401
    assert ask(app, headers=[session, bearer]).body == b"jwt 8"
    assert ask(app, "/session-only", headers=[bearer, session]).body == b"session 7"
    assert ask(app, headers=[session, ("authorization", "Bearer x")]).status == 401


@pytest.mark.parametrize("scope", ["JWT", "jw", "jwt ", "jwtx", "\uff4awt", "session", "*", "jwt,session"])
def test_authorization_02_a_scope_that_is_almost_the_wanted_one_is_another(scope: str) -> None:
    class Almost(ByHeader):
        def __init__(self) -> None:
            super().__init__(scope)
            self.scope = None  # so that no check at start-up finds it out

        async def authenticate(self, request: Request, response: Response) -> AuthResult:
            return AuthResult(True, "ada", scope)

    app = app_for(Almost())
    ran: list[str] = []

    @app.get("/guarded")
    @auth(scope="jwt")
    async def guarded(request: Request, response: Response) -> str:
        ran.append("in")
        return "in"

    @app.get("/either")
    @auth(scopes=["jwt", "apikey"])
    async def either(request: Request, response: Response) -> str:
        ran.append("in")
        return "in"

    assert (ask(app).status, ask(app, "/either").status, ran) == (401, 401, [])


@pytest.mark.parametrize("scope", ["", None, 7, b"jwt", ["jwt"]], ids=repr)
def test_authorization_02_a_scope_that_is_no_text_lets_nobody_in(
    log: pytest.LogCaptureFixture, scope: Any
) -> None:
    class Odd(AuthenticationBackend):
        async def authenticate(self, request: Request, response: Response) -> AuthResult:
            return AuthResult(True, "ada", scope)

    app = app_for(Odd())

    @app.get("/guarded")
    @auth()
    async def guarded(request: Request, response: Response) -> str:
        return "in"

    assert ask(app).status == 503
    assert "scope must be text" in log.text


@pytest.mark.parametrize("scope", ["", (), [], [""], [None], 7, b"jwt", ["jwt", ""]], ids=repr)
def test_authorization_02_a_guard_that_names_no_scope_is_an_error(scope: Any) -> None:
    with pytest.raises(ConfigError):
        auth(scope=scope) if isinstance(scope, (str, int, bytes)) else auth(scopes=scope)


def test_authorization_02_a_scope_that_nobody_has_is_an_error_at_start_up() -> None:
    app = app_for()

    @app.get("/guarded")
    @auth(scope="jwt")
    async def guarded(request: Request, response: Response) -> str:
        return "in"

    with pytest.raises(ConfigError, match="no installed backend has"):
        app.build()


class Holder(SimpleUser):
    """Somebody whose permissions are whatever a test says."""

    held: Any = ()

    @classmethod
    async def load_user(cls, identity: str) -> Holder:
        user = cls(identity)
        user.permissions = cls.held
        return user


def _permissions_app(model: type[SimpleUser], narrowed: Any = None) -> tuple[NexiosApp, list[str]]:
    class Narrowed(AuthenticationBackend):
        scope = "narrowed"

        async def authenticate(self, request: Request, response: Response) -> AuthResult:
            return AuthResult(True, "7", self.scope, narrowed)

    app = NexiosApp()
    app.add_middleware(AuthenticationMiddleware(user_model=model, backend=Narrowed()))
    ran: list[str] = []

    @app.get("/guarded")
    @has_permission(permissions=["a", "b"])
    async def guarded(request: Request, response: Response) -> str:
        ran.append("in")
        return "in"

    return app, ran


NOT_BOTH: list[Any] = [
    ["a"],
    ("a",),
    {"a"},
    frozenset({"b"}),
    "a,b",
    ["a,b"],
    "ab",
    "a b",
    ["ab"],
    ["A", "B"],
    ["a ", " b"],
    [["a", "b"]],
    [("a", "b")],
    [b"a", b"b"],
    (),
    [],
    "",
    {"a": True, "b": False},
    {"a": False, "b": False},
    {"a": True, "b": 1},
    {"a": True, "b": "no"},
    [1, 2],
    ["*"],
    ["\u0430", "b"],
]
FAILING: list[Any] = [None, 7, True, b"ab", bytearray(b"ab"), object()]


@pytest.mark.parametrize("held", [*NOT_BOTH, *FAILING], ids=lambda held: ascii(held)[:24])
def test_authorization_04_who_has_not_all_permissions_is_refused(held: Any) -> None:
    model = type("Model", (Holder,), {"held": held})
    app, ran = _permissions_app(model)
    assert ask(app).status in (403, 503)
    assert ran == []


@pytest.mark.parametrize(
    "held", [["a", "b"], ("b", "a", "c"), {"a", "b"}, frozenset("ab"), dict.fromkeys("ab").keys()]
)
def test_authorization_04_who_has_them_all_is_let_in(held: Any) -> None:
    app, ran = _permissions_app(type("Model", (Holder,), {"held": held}))
    assert (ask(app).status, ran) == (200, ["in"])


@pytest.mark.parametrize("narrowed", [*NOT_BOTH, *FAILING[1:]], ids=lambda held: ascii(held)[:24])
def test_authorization_04_a_credential_narrows_what_its_user_may(narrowed: Any) -> None:
    app, ran = _permissions_app(type("Model", (Holder,), {"held": ["a", "b"]}), narrowed)
    assert ask(app).status in (403, 503)
    assert ran == []


def test_authorization_04_a_credential_widens_nothing() -> None:
    app, ran = _permissions_app(type("Model", (Holder,), {"held": ["a"]}), ["a", "b", "c"])
    assert (ask(app).status, ran) == (403, [])


def test_authorization_04_one_text_is_one_permission() -> None:
    assert SimpleUser("7", permissions="ab").permissions == {"ab"}
    assert SimpleUser("7", permissions={"a": False, "b": True}).permissions == {"b"}


@pytest.mark.parametrize(
    "permissions", ["ab", [], (), [""], ["a", ""], ["a", None], [["a"]], {}, 7], ids=repr
)
def test_authorization_04_a_guard_without_names_is_an_error(permissions: Any) -> None:
    with pytest.raises((ConfigError, TypeError)):
        has_permission(permissions=permissions)


class Truthy:
    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


async def _later(value: Any) -> Any:
    await asyncio.sleep(0)
    return value


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (lambda: True, 200),
        (lambda: _later(True), 200),
        (lambda: None, 403),
        (lambda: False, 403),
        (lambda: 1, 403),
        (lambda: "no", 403),
        (lambda: "True", 403),
        (lambda: [True], 403),
        (lambda: Truthy(), 403),
        (lambda: print, 403),
        (lambda: _later(None), 403),
        (lambda: _later(1), 403),
        (lambda: _later(_Awaited()), 403),
        (lambda: 1 / 0, 503),
        (lambda: _later_raising(), 503),
    ],
)
def test_authorization_05_only_true_lets_in(answer: Callable[[], Any], status: int) -> None:
    class Model(SimpleUser):
        def has_permission(self, permission: str) -> Any:
            return answer()

    app, ran = _permissions_app(Model)
    got = ask(app)
    assert got.status == status
    assert bool(ran) == (status == 200)
    assert b"division" not in got.body


class _Awaited:
    """An answer that must not be taken for True, since it would have to be awaited a second time."""

    def __await__(self) -> Any:
        yield from ()
        return True


async def _later_raising() -> Any:
    raise ValueError("the database is away")


def test_authorization_05_a_stranger_is_never_asked_for_permissions() -> None:
    asked: list[str] = []

    class Model(Person):
        def has_permission(self, permission: str) -> bool:
            asked.append(permission)
            return True

    app = NexiosApp()
    app.add_middleware(AuthenticationMiddleware(user_model=Model, backend=ByHeader()))

    @app.get("/guarded")
    @has_permission("a")
    async def guarded(request: Request, response: Response) -> str:
        return "in"

    assert (ask(app).status, asked) == (401, [])


STRANGE_PATHS = [
    "/admin/",
    "//admin",
    "/admin//",
    "///admin",
    "/ADMIN",
    "/Admin",
    "/admin%2f",
    "/%61dmin",
    "/./admin",
    "/x/../admin",
    "/admin/.",
    "/admin/..",
    "/admin;x",
    "/admin;/",
    "/;/admin",
    "/admin%00",
    "/admin\0",
    "/admin\n",
    "/admin\r\n",
    "/admin ",
    " /admin",
    "/admin?x",
    "/admin#x",
    "\\admin",
    "/\\admin",
    "/admin\\",
    "/admin.json",
    "/admin.",
    "/adm\u0131n",
    "/\uff41dmin",
    "/admin\u200b",
    "/admin\u2215",
    "admin",
    "",
    "*",
    "http://testserver/admin",
    "/../../etc/passwd",
    "/people/ada/..",
    "/people/../admin",
    "/people/ada\n",
    "/people//",
    "/public/../admin",
    "/public/%2e%2e/admin",
    "/files/../admin",
    "/mounted/../admin",
    "/mounted/admin/",
    "/mounted//admin",
    "/" + "a" * 100_000,
    "/" + "../" * 10_000 + "admin",
]


def _app_with_paths(ran: list[str]) -> NexiosApp:
    """Everything is guarded but `/public/...`, which is not about `/admin`."""

    def noting(name: str) -> Any:
        @auth()
        async def handler(request: Request, response: Response, **params: Any) -> str:
            ran.append(f"{name} {params}")
            return "in"

        return handler

    app = app_for()
    app.route("/admin", methods=["GET", "POST"])(noting("admin"))
    app.get("/people/{name}")(noting("person"))
    app.get("/files/{path:path}")(noting("file"))
    inner = NexiosApp()
    inner.get("/admin")(noting("mounted"))
    app.mount("/mounted", inner)

    @app.get("/public/{name}")
    async def public(request: Request, response: Response, name: str) -> dict[str, str]:
        return {"public": name}

    return app


@pytest.mark.parametrize("path", STRANGE_PATHS, ids=lambda path: ascii(path)[:30])
@pytest.mark.parametrize(
    "method", ["GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "TRACE", "CONNECT", "get", "X"]
)
def test_authorization_07_no_spelling_of_a_path_leads_around_the_guard(path: str, method: str) -> None:
    ran: list[str] = []
    app = _app_with_paths(ran)
    answer = ask(app, path, method=method)
    assert ran == []
    assert answer.status in (204, 307, 401, 404, 405) or b"public" in answer.body
    if answer.status == 307:
        assert (answer.one("location") or "").startswith("http://testserver/")
    for name in ("root_path", "app_root_path"):
        for root in ("/admin", "/mounted", "/x", "admin", "/"):
            assert ask(app, path, method=method, scope={name: root}).status != 500
            assert ran == []


@pytest.mark.parametrize("require_auth", [False, True])
def test_authorization_07_no_spelling_leads_around_require_auth(require_auth: bool) -> None:
    ran: list[str] = []
    app = app_for(require_auth=require_auth)

    @app.get("/admin")
    async def admin(request: Request, response: Response) -> str:
        ran.append("in")
        return "in"

    for path in STRANGE_PATHS:
        ask(app, path)
    assert ran == []
    assert ask(app, "/admin").status == (401 if require_auth else 200)


@pytest.mark.parametrize(
    "header",
    [
        "X-HTTP-Method-Override",
        "X-HTTP-Method",
        "X-Method-Override",
        "X-Original-URL",
        "X-Rewrite-URL",
        "X-Original-Method",
        "X-Forwarded-Prefix",
        "X-Forwarded-User",
        "X-Remote-User",
        "Remote-User",
        "X-Authenticated-User",
        "X-User-Id",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "X-Script-Name",
        "Forwarded",
    ],
)
@pytest.mark.parametrize(
    "value", ["GET", "POST", "/public/x", "/", "ada", "127.0.0.1", "https", "for=127.0.0.1"]
)
def test_authorization_08_no_header_moves_the_request_elsewhere(header: str, value: str) -> None:
    ran: list[str] = []
    app = _app_with_paths(ran)
    plain = ask(app, "/admin", method="POST")
    answer = ask(app, "/admin", method="POST", headers=[(header, value)])
    assert (answer.status, answer.body) == (plain.status, plain.body)
    assert ask(app, "/public/x", headers=[(header, "/admin")]).json() == {"public": "x"}
    assert ran == []


def test_authorization_08_no_field_of_a_form_or_query_changes_the_method() -> None:
    ran: list[str] = []
    app = _app_with_paths(ran)
    for how in ({"query": b"_method=GET"}, {"body": b"_method=GET"}):
        assert ask(app, "/admin", method="DELETE", **how).status == 405
        assert ask(app, "/admin", method="POST", **how).status == 401
    assert ran == []


def _inner(ran: list[str], *, own_middleware: bool) -> NexiosApp:
    inner = app_for() if own_middleware else NexiosApp()

    @inner.get("/guarded")
    @auth()
    async def guarded(request: Request, response: Response) -> str:
        ran.append(request.user.identity)
        return "in"

    return inner


@pytest.mark.parametrize("own_middleware", [True, False], ids=["inside", "not inside"])
@pytest.mark.parametrize("outer_middleware", [True, False], ids=["outside", "not outside"])
@pytest.mark.parametrize("host", ["ours", "Starlette"])
def test_authorization_10_a_mounted_guard_holds_with_and_without_the_outer_middleware(
    host: str, outer_middleware: bool, own_middleware: bool
) -> None:
    ran: list[str] = []
    inner = _inner(ran, own_middleware=own_middleware)
    app: Any
    if host == "ours":
        app = app_for() if outer_middleware else NexiosApp()
        app.mount("/inner", inner)
    else:
        app = Starlette(routes=[Mount("/inner", inner)])
        if outer_middleware:
            app.add_middleware(AuthenticationMiddleware(user_model=Person, backend=ByHeader()))
    if outer_middleware or own_middleware:
        assert (ask(app, "/inner/guarded").status, ran) == (401, [])
        assert (ask(app, "/inner/guarded", headers=[ADA]).status, ran) == (200, ["ada"])
        assert (ask(app, "/inner/guarded").status, ran) == (401, ["ada"])
    else:
        with pytest.raises(ConfigError, match="no AuthenticationMiddleware"):
            ask(app, "/inner/guarded", headers=[ADA])
        assert ran == []


def test_authorization_10_an_app_that_was_mounted_is_guarded_when_it_stands_alone() -> None:
    ran: list[str] = []
    inner = _inner(ran, own_middleware=False)
    outer = app_for()
    outer.mount("/inner", inner)
    assert ask(outer, "/inner/guarded", headers=[ADA]).status == 200
    ran.clear()
    assert ask(inner, "/guarded", headers=[ADA]).status == 500
    assert ran == []


def test_authorization_10_a_guard_around_a_mounted_app_holds() -> None:
    ran: list[str] = []

    async def raw(scope: Any, receive: Any, send: Any) -> None:
        ran.append(scope["path"])
        await PlainTextResponse("in")(scope, receive, send)

    for inner in (raw, Starlette(routes=[Route("/x", lambda request: PlainTextResponse("in"))])):
        app = app_for()
        app.mount("/inner", auth()(inner))
        for path in ("/inner", "/inner/", "/inner/x", "/inner//x"):
            assert ask(app, path).status in (401, 307)
            assert ran == []
        assert ask(app, "/inner/x").status == 401
        assert ask(app, "/inner/x", headers=[ADA]).body == b"in"
        ran.clear()


def test_authorization_10_a_group_of_routes_keeps_its_guards() -> None:
    ran: list[str] = []
    group = Router("/group")

    @group.get("/guarded")
    @auth()
    async def guarded(request: Request, response: Response) -> str:
        ran.append("in")
        return "in"

    app = app_for()
    app.include(group, prefix="/v1")
    outer = Router("/outer")
    outer.include(group)
    app.include(outer)
    for path in ("/v1/group/guarded", "/outer/group/guarded"):
        assert (ask(app, path).status, ran) == (401, [])
        assert ask(app, path, headers=[ADA]).status == 200
        ran.clear()


def test_authorization_10_the_inner_middleware_does_not_believe_the_outer_one() -> None:
    ran: list[str] = []
    inner = NexiosApp()
    inner.add_middleware(AuthenticationMiddleware(user_model=Person, backend=ByHeader(header="x-inner")))

    @inner.get("/guarded")
    @auth()
    async def guarded(request: Request, response: Response) -> str:
        ran.append(request.user.identity)
        return "in"

    outer = app_for()
    outer.mount("/inner", inner)
    assert (ask(outer, "/inner/guarded", headers=[ADA]).status, ran) == (401, [])
    assert ask(outer, "/inner/guarded", headers=[ADA, ("x-inner", "bob")]).status == 200
    assert ran == ["bob"]


def _kinds(ran: list[str]) -> dict[str, Callable[[NexiosApp], None]]:
    """Each kind of handler there is, guarded and routed at /guarded."""

    async def asynchronous(request: Request, response: Response) -> str:
        ran.append(request.user.identity)
        return "in"

    def synchronous(request: Request, response: Response) -> str:
        ran.append(request.user.identity)
        return "in"

    async def three(word: str, request: Request, response: Response) -> str:
        ran.append(request.user.identity)
        return word

    class Called:
        async def __call__(self, request: Request, response: Response) -> str:
            return await asynchronous(request, response)

    class CalledSync:
        __slots__ = ()

        def __call__(self, request: Request, response: Response) -> str:
            return synchronous(request, response)

    class Holds:
        async def method(self, request: Request, response: Response) -> str:
            return await asynchronous(request, response)

        def synchronous(self, request: Request, response: Response) -> str:
            return synchronous(request, response)

        @staticmethod
        async def static(request: Request, response: Response) -> str:
            return await asynchronous(request, response)

        @classmethod
        async def of_class(cls, request: Request, response: Response) -> str:
            return await asynchronous(request, response)

    class Guarded:
        async def get(self, request: Request, response: Response) -> str:
            return await asynchronous(request, response)

    class MethodGuarded:
        @auth()
        async def get(self, request: Request, response: Response) -> str:
            return await asynchronous(request, response)

    class Starlettes(HTTPEndpoint):
        async def get(self, request: Request) -> PlainTextResponse:
            ran.append(request.user.identity)
            return PlainTextResponse("in")

    class StarlettesSync(HTTPEndpoint):
        def get(self, request: Request) -> PlainTextResponse:
            ran.append(request.user.identity)
            return PlainTextResponse("in")

    class StarlettesMethod(HTTPEndpoint):
        @auth()
        async def get(self, request: Request) -> PlainTextResponse:
            ran.append(request.user.identity)
            return PlainTextResponse("in")

    class Child(auth()(Starlettes)):  # type: ignore[misc]
        async def get(self, request: Request) -> PlainTextResponse:
            ran.append(request.user.identity)
            return PlainTextResponse("in")

    def route(thing: Any, *, guarded: bool = True) -> Callable[[NexiosApp], None]:
        return lambda app: app.route("/guarded", methods=None)(auth()(thing) if guarded else thing) and None

    holds = Holds()
    return {
        "async": route(asynchronous),
        "sync": route(synchronous),
        "partial": route(functools.partial(three, "in")),
        "partial of sync": route(functools.partial(synchronous)),
        "object": route(Called()),
        "slotted sync object": route(CalledSync()),
        "method": route(holds.method),
        "sync method": route(holds.synchronous),
        "static method": route(holds.static),
        "class method": route(Holds.of_class),
        "class": route(Guarded),
        "class with a guarded method": route(MethodGuarded, guarded=False),
        "Starlette's class": route(type("Own", (Starlettes,), {})),
        "Starlette's sync class": route(StarlettesSync),
        "Starlette's class with a guarded method": route(StarlettesMethod, guarded=False),
        "child of a guarded class": route(Child, guarded=False),
        "lambda": route(lambda request, response: (ran.append(request.user.identity), "in")[1]),
    }


@pytest.mark.parametrize("kind", _kinds([]))
def test_authorization_11_each_kind_of_handler_is_guarded(kind: str) -> None:
    ran: list[str] = []
    app = app_for()
    _kinds(ran)[kind](app)
    for method in ("GET", "HEAD"):
        answer = ask(app, method=method)
        assert (answer.status, ran) == (401, []), method
        assert answer.one("www-authenticate")
    assert ask(app, headers=[("x-user", "nobody")]).status == 401
    answer = ask(app, headers=[ADA])
    assert (answer.status, answer.body, ran) == (200, b"in", ["ada"])


def test_authorization_11_a_guarded_websocket_is_refused_before_it_is_accepted() -> None:
    ran: list[str] = []

    async def serve(websocket: WebSocket) -> None:
        await websocket.accept()
        ran.append(websocket.user.identity)
        await websocket.close()

    class Served(WebSocketEndpoint):
        async def on_connect(self, websocket: Any) -> None:
            await websocket.accept()
            ran.append(websocket.scope["user"].identity)

    class ConnectGuarded(WebSocketEndpoint):
        @auth()
        async def on_connect(self, websocket: Any) -> None:
            await websocket.accept()
            ran.append(websocket.scope["user"].identity)

    for handler in (auth()(serve), auth()(Served), has_permission("write")(serve), ConnectGuarded):
        app = app_for()
        app.websocket_route("/ws")(handler)
        for denials in (True, False):
            sent = knock(app, "/ws", denials=denials)
            kinds = [message["type"] for message in sent]
            assert "websocket.accept" not in kinds
            assert kinds[0] == ("websocket.http.response.start" if denials else "websocket.close")
            assert sent[0].get("status", 401) == 401
            assert ran == []
        sent = knock(app, "/ws", headers=[ADA])
        assert (sent[0]["type"], ran) == ("websocket.accept", ["ada"])
        ran.clear()


@pytest.mark.parametrize("denials", [True, False])
def test_authorization_11_a_guard_on_what_a_websocket_says_closes_it(denials: bool) -> None:
    ran: list[str] = []

    class Talk(WebSocketEndpoint):
        encoding = "text"

        @auth()
        async def on_receive(self, websocket: Any, data: Any) -> None:
            ran.append(data)

    app = app_for()
    app.websocket_route("/ws")(Talk)
    sent = knock(app, "/ws", denials=denials)
    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.close"]
    assert (sent[-1]["code"], ran) == (1008, [])
    knock(app, "/ws", headers=[ADA], denials=denials)
    assert ran == ["a word"]


BAD_ANSWERS: list[tuple[Any, int]] = [
    (None, 401),
    (AuthResult(False, "", "header"), 401),
    (AuthResult(False, "ada", "header"), 401),
    (True, 503),
    (False, 503),
    ("ada", 503),
    ((True, "ada", "header"), 503),
    ({"success": True, "identity": "ada", "scope": "header"}, 503),
    (Person("ada"), 503),
    (AuthResult, 503),
    (AuthResult(1, "ada", "header"), 503),  # type: ignore[arg-type]
    (AuthResult("yes", "ada", "header"), 503),  # type: ignore[arg-type]
    (AuthResult(None, "ada", "header"), 503),  # type: ignore[arg-type]
    (AuthResult(True, 7, "header"), 503),  # type: ignore[arg-type]
    (AuthResult(True, "", "header"), 503),
    (AuthResult(True, None, "header"), 503),  # type: ignore[arg-type]
    (AuthResult(True, b"ada", "header"), 503),  # type: ignore[arg-type]
    (AuthResult(True, ["ada"], "header"), 503),  # type: ignore[arg-type]
    (AuthResult(True, True, "header"), 503),  # type: ignore[arg-type]
    (AuthResult(True, "ada", "header", "write"), 503),
    (ValueError("a secret of the database"), 503),
    (KeyError("ada"), 503),
    (ConfigError("a secret of the settings"), 503),
    (RecursionError("a secret of the stack"), 503),
    (StopIteration("a secret of the iterator"), 503),
    (TimeoutError(), 503),
    (ConnectionError("a secret of the network"), 503),
]


@pytest.mark.parametrize(
    ("answered", "status"), BAD_ANSWERS, ids=lambda value: repr(value).partition(" at 0x")[0][:40]
)
@pytest.mark.parametrize("late", [False, True], ids=["asked first", "asked by the guard"])
def test_authorization_13_a_backend_that_answers_wrongly_lets_nobody_in(
    log: pytest.LogCaptureFixture, answered: Any, status: int, late: bool
) -> None:
    ran: list[str] = []
    later: list[str] = []

    class Wrong(AuthenticationBackend):
        scope = "wrong"

        async def authenticate(self, request: Request, response: Response) -> Any:
            if isinstance(answered, Exception):
                raise answered
            return answered

    class Later(ByHeader):
        async def authenticate(self, request: Request, response: Response) -> AuthResult | None:
            later.append("asked")
            return await super().authenticate(request, response)

    first = [ByHeader("first", "x-first")] if late else []
    app = app_for(*first, Wrong(), Later())

    @app.get("/guarded")
    @auth(scopes=["wrong", "header"])
    async def guarded(request: Request, response: Response) -> str:
        ran.append(request.user.identity)
        return "in"

    @app.get("/open")
    async def open_to_all(request: Request, response: Response) -> str:
        return f"{request.user.identity} {request.scope['auth']}"

    headers = [("x-first", "bob")] if late else []
    answer = ask(app, headers=headers)
    assert (answer.status, ran) == (status, [])
    assert b"a secret" not in answer.body
    assert later == (["asked"] if status == 401 else [])
    assert ask(app, "/open", headers=headers).body == (b"bob first" if late else b" None")
    # Whoever else the request names, nobody is asked in the place of a backend that failed.
    answer = ask(app, headers=[*headers, ADA])
    assert (answer.status, ran) == ((200, ["ada"]) if status == 401 else (503, []))
    if status == 503:
        assert [record for record in log.records if record.levelno >= logging.ERROR]


def test_authorization_13_a_request_that_is_cancelled_is_not_answered_as_somebody() -> None:
    class Slow(AuthenticationBackend):
        scope = "slow"

        async def authenticate(self, request: Request, response: Response) -> AuthResult | None:
            await asyncio.Event().wait()
            return AuthResult(True, "ada", "slow")

    app = app_for(Slow())
    ran: list[str] = []

    @app.get("/guarded")
    @auth()
    async def guarded(request: Request, response: Response) -> str:
        ran.append("in")
        return "in"

    async def give_up() -> None:
        task = asyncio.ensure_future(asking(app))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(give_up())
    assert ran == []


def test_authorization_14_without_the_middleware_nobody_is_let_in(log: pytest.LogCaptureFixture) -> None:
    ran: list[str] = []

    @auth()
    async def guarded(request: Request, response: Response) -> str:
        ran.append("in")
        return "in"

    app = NexiosApp()
    app.get("/guarded")(guarded)
    with pytest.raises(ConfigError, match=r"app\.add_middleware\(AuthenticationMiddleware"):
        app.build()
    with pytest.raises(ConfigError, match=r"app\.add_middleware\(AuthenticationMiddleware"), TestClient(app):
        pass

    class Opaque:
        def __init__(self, app: Any) -> None:
            self._inside = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await self._inside(scope, receive, send)

    app = NexiosApp()
    app.add_middleware(Opaque)
    app.get("/guarded")(auth()(inspect.unwrap(guarded)))
    answer = ask(app, headers=[ADA, ("authorization", f"Bearer {forge()}")])
    assert (answer.status, ran) == (500, [])
    assert "app.add_middleware(AuthenticationMiddleware" in log.text
    assert b"add_middleware" not in answer.body


def test_authorization_14_in_starlette_without_the_middleware_nobody_is_let_in() -> None:
    ran: list[str] = []

    @auth()
    async def guarded(request: Any) -> PlainTextResponse:
        ran.append("in")
        return PlainTextResponse("in")

    client = TestClient(Starlette(routes=[Route("/guarded", guarded)]), raise_server_exceptions=False)
    assert (client.get("/guarded").status_code, ran) == (500, [])


@pytest.mark.parametrize(
    "left",
    [
        {"user": Person("ada")},
        {"auth": "header"},
        {"user": Person("ada"), "auth": "header"},
        {"session": {"user": {"id": "ada"}}},
        {"state": {"user": Person("ada")}},
        {"nexios.user": Person("ada")},
        {"nexios.authentication": None},
    ],
    ids=repr,
)
def test_authorization_16_what_a_scope_brings_along_lets_nobody_in(left: dict[str, Any]) -> None:
    app = app_for()

    @app.get("/guarded")
    @auth()
    async def guarded(request: Request, response: Response) -> str:
        return "in"

    @app.get("/open")
    async def open_to_all(request: Request, response: Response) -> str:
        return f"{request.user.identity} {request.scope['auth']} {request.credential}"

    assert ask(app, scope=dict(left)).status == 401
    assert ask(app, "/open", scope=dict(left)).body == b" None None"


def test_authorization_16_each_request_of_a_connection_starts_as_a_stranger() -> None:
    app = app_for()

    @app.get("/guarded")
    @auth()
    async def guarded(request: Request, response: Response) -> dict[str, str]:
        return {"identity": request.user.identity}

    @app.get("/open")
    async def open_to_all(request: Request, response: Response) -> dict[str, str]:
        return {"identity": request.user.identity}

    with TestClient(app) as client:
        for _ in range(3):
            assert client.get("/guarded", headers={"x-user": "ada"}).json() == {"identity": "ada"}
            assert client.get("/guarded").status_code == 401
            assert client.get("/open").json() == {"identity": ""}
    left: dict[str, Any] = {}

    @app.get("/leave")
    @auth()
    async def leave(request: Request, response: Response) -> None:
        left.update({name: value for name, value in request.scope.items() if name not in ("headers", "path")})

    assert ask(app, "/leave", headers=[ADA]).status == 204
    assert left["user"].identity == "ada"
    assert ask(app, scope=dict(left)).status == 401
    assert ask(app, "/open", scope=dict(left)).json() == {"identity": ""}


def test_authorization_16_a_stranger_takes_nothing_from_one_request_to_the_next() -> None:
    app = app_for()

    @app.get("/open")
    async def open_to_all(request: Request, response: Response) -> str:
        with pytest.raises(AttributeError):
            request.user.is_admin = True
        return str(getattr(request.user, "is_admin", "no"))

    assert ask(app, "/open").body == b"no"
    assert ask(app, "/open").body == b"no"


def test_authorization_17_fifty_people_at_once_are_each_themselves() -> None:
    class Slow(SimpleUser):
        @classmethod
        async def load_user(cls, identity: str) -> Slow:
            for _ in range(int(identity) % 7):
                await asyncio.sleep(0)
            return cls(identity)

    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(AuthenticationMiddleware(user_model=Slow, backend=JWTAuthBackend()))

    @app.get("/async")
    @auth()
    async def asynchronous(request: Request, response: Response) -> str:
        before = request.user.identity
        for _ in range(int(before) % 5):
            await asyncio.sleep(0)
        return f"{before} {request.user.identity} {request.credential['id']}"

    @app.get("/sync")
    @auth()
    def synchronous(request: Request, response: Response) -> str:
        return f"{request.user.identity} {request.user.identity} {request.credential['id']}"

    async def all_at_once() -> list[Answer]:
        asked = [
            asking(app, path, headers=[("authorization", f"Bearer {forge(payload={'id': str(number)})}")])
            for _ in range(3)
            for number in range(50)
            for path in ("/async", "/sync")
        ]
        return await asyncio.gather(*asked)

    expected = [f"{n} {n} {n}".encode() for _ in range(3) for n in range(50) for _ in range(2)]
    assert [answer.body for answer in asyncio.run(all_at_once())] == expected
