"""`nexios.integrations.fastapi`: users, guards and limits as dependencies, which its OpenAPI shows."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Request, Response, Security, WebSocket
from fastapi.security import OAuth2PasswordBearer
from pydantic import BaseModel
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from nexios.auth import AuthenticationMiddleware, auth, has_permission
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt
from nexios.auth.backends.session import login, logout
from nexios.exceptions import ConfigError
from nexios.http.problems import Problem
from nexios.integrations import starlette
from nexios.integrations.fastapi import install, limited, requires
from nexios.ratelimit import RateLimits, rate_limit
from tests.integrations.parts import CONFIG, KEY, bearer, parts
from tests.parts import Clock, Person, assert_problem

ran: list[str] = []


@pytest.fixture(autouse=True)
def forget() -> None:
    ran.clear()


class Item(BaseModel):
    name: str


def load(number: int) -> int:
    ran.append("load")
    return number


async def of_orders(user: Annotated[Person, Depends(requires("jwt"))]) -> Person:
    return user


def host(**options: Any) -> FastAPI:
    app = FastAPI()
    install(app, *parts(), config=CONFIG, **options)

    @app.get("/me")
    async def me(user: Annotated[Person, Depends(requires())]) -> dict[str, str]:
        ran.append(user.identity)
        return {"hello": user.display_name}

    @app.post("/items")
    def add(
        item: Item, user: Annotated[Person, Depends(requires("jwt", permissions=["read", "write"]))]
    ) -> Item:
        ran.append(user.identity)
        return item

    @app.get("/either")
    async def either(user: Annotated[Person, Depends(requires(scopes=["session", "apikey"]))]) -> str:
        ran.append(user.identity)
        return user.identity

    @app.get("/open")
    async def anybody() -> str:
        return "open"

    @app.post("/login")
    async def enter(request: Request) -> None:
        login(request, Person("ada"))

    @app.post("/logout")
    async def leave(request: Request) -> None:
        logout(request)

    @app.post("/token")
    async def token() -> str:
        return create_jwt({"id": "ada"})

    return app


def test_a_dependency_gives_the_user_and_refuses_everybody_else() -> None:
    client = TestClient(host())
    assert client.get("/me", headers=bearer("bob")).json() == {"hello": "Bob"}
    ran.clear()
    refused = client.get("/me")
    assert_problem(refused, 401, "Authentication is required.")
    assert refused.headers["WWW-Authenticate"].startswith('Bearer realm="api"')
    assert_problem(
        client.get("/me", headers={"Authorization": "Bearer x"}), 401, "The credential was refused."
    )
    assert ran == []


def test_scopes_and_permissions_are_asked() -> None:
    client = TestClient(host())
    body = {"name": "n"}
    assert client.post("/items", json=body, headers=bearer("ada")).json() == body
    ran.clear()
    assert_problem(client.post("/items", json=body, headers=bearer("bob")), 403)
    assert_problem(client.post("/items", json=body, headers={KEY: "bob's"}), 401)
    assert_problem(client.get("/either", headers=bearer("ada")), 401)
    assert ran == []
    assert client.get("/either", headers={KEY: "bob's"}).json() == "bob"
    # A credential of the wanted scope counts, whatever else is presented.
    assert client.get("/either", headers={**bearer("ada"), KEY: "bob's"}).json() == "bob"


def test_sessions_and_tokens_need_no_other_settings_than_those_of_install() -> None:
    client = TestClient(host())
    client.post("/login")
    assert "sid" in client.cookies
    assert client.get("/either").json() == "ada"
    client.post("/logout")
    assert client.get("/either").status_code == 401
    token = client.post("/token").json()
    assert client.get("/me", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_the_guard_is_asked_before_the_body_is_validated() -> None:
    client = TestClient(host())
    assert client.post("/items", json={"nam": 1}).status_code == 401
    assert client.post("/items", json={"nam": 1}, headers=bearer("bob")).status_code == 403
    assert client.post("/items", json={"nam": 1}, headers=bearer("ada")).status_code == 422
    assert ran == []


def test_a_router_is_guarded_before_its_other_dependencies_run() -> None:
    app = host()
    router = APIRouter(prefix="/orders", dependencies=[Depends(requires(permission="write"))])

    @router.get("/{number}")
    async def order(number: Annotated[int, Depends(load)]) -> int:
        return number

    app.include_router(router)
    client = TestClient(app)
    assert [client.get("/orders/7", headers=h).status_code for h in ({}, bearer("bob"))] == [401, 403]
    assert ran == []
    assert client.get("/orders/7", headers=bearer()).json() == 7


def test_openapi_names_what_the_backends_take() -> None:
    app = host()
    document = app.openapi()
    assert document["components"]["securitySchemes"] == {
        "jwt": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "apikey": {"type": "apiKey", "in": "header", "name": KEY},
        "session": {"type": "apiKey", "in": "cookie", "name": "sid"},
    }
    paths = document["paths"]
    assert paths["/me"]["get"]["security"] == [{"jwt": []}, {"apikey": []}, {"session": []}]
    assert paths["/items"]["post"]["security"] == [{"jwt": []}]
    assert paths["/either"]["get"]["security"] == [{"apikey": []}, {"session": []}]
    assert "security" not in paths["/open"]["get"]
    # Of the dependency itself nothing is asked that a client would have to send.
    assert "parameters" not in paths["/me"]["get"]
    assert TestClient(app).get("/openapi.json").json() == app.openapi()


def test_authorize_sends_what_the_scheme_says() -> None:
    """As the page of FastAPI does: it reads the scheme and puts what was entered where that says."""
    app = host()
    document = app.openapi()
    entered = {"jwt": bearer()["Authorization"].partition(" ")[2], "apikey": "bob's"}
    for name, value in entered.items():
        scheme = document["components"]["securitySchemes"][name]
        if scheme["type"] == "http":
            headers = {"Authorization": f"{scheme['scheme'].title()} {value}"}
        else:
            headers = {scheme["name"]: value}
        assert TestClient(app).get("/me", headers=headers).status_code == 200, name


def test_without_install_openapi_names_what_backends_usually_take() -> None:
    app = FastAPI()
    app.add_middleware(AuthenticationMiddleware(user_model=Person, backend=JWTAuthBackend(), config=CONFIG))

    @app.get("/jwt")
    async def jwt(user: Annotated[Person, Depends(requires(scope="jwt"))]) -> str:
        return user.identity

    @app.get("/others")
    async def others(user: Annotated[Person, Depends(requires(scopes=["apikey", "session"]))]) -> None: ...

    @app.get("/any")
    async def whichever(user: Annotated[Person, Depends(requires())]) -> None: ...

    document = app.openapi()
    assert document["components"]["securitySchemes"] == {
        "jwt": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "apikey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        "session": {"type": "apiKey", "in": "cookie", "name": "session"},
        "nexios": {"type": "http", "scheme": "bearer"},
    }
    assert document["paths"]["/jwt"]["get"]["security"] == [{"jwt": []}]
    client = TestClient(app)
    assert client.get("/jwt", headers=bearer()).json() == "ada"
    assert client.get("/jwt").status_code == 401
    assert client.get("/jwt").json() == {"detail": "Authentication is required."}


def test_a_scheme_of_the_applications_own_stays() -> None:
    app = host()

    @app.get("/own")
    async def own(token: Annotated[str, Depends(OAuth2PasswordBearer("/token"))]) -> None: ...

    document = app.openapi()
    assert "OAuth2PasswordBearer" in document["components"]["securitySchemes"]
    assert document["paths"]["/own"]["get"]["security"] == [{"OAuth2PasswordBearer": []}]
    app.openapi_schema = None
    assert app.openapi() == document


def test_a_websocket_that_is_not_let_in_is_closed_before_it_is_accepted() -> None:
    app = host()

    @app.websocket("/ws")
    async def socket(websocket: WebSocket, user: Annotated[Person, Depends(requires())]) -> None:
        await websocket.accept()
        await websocket.send_text(user.identity)
        await websocket.close()

    client = TestClient(app)
    with pytest.raises(WebSocketDisconnect) as closed, client.websocket_connect("/ws"):
        pass
    assert closed.value.code == 1008
    with client.websocket_connect("/ws", headers=bearer()) as websocket:
        assert websocket.receive_text() == "ada"


def test_a_limit_as_a_dependency_counts_and_says_how_it_stands() -> None:
    app = host()
    app.state.rate_limits = RateLimits(clock=Clock())

    @app.get("/search/{word}", dependencies=[Depends(limited("2/minute", by="ip"))])
    async def search(word: str) -> dict[str, str]:
        return {"found": word}

    client = TestClient(app)
    answer = client.get("/search/a")
    assert answer.json() == {"found": "a"}
    assert answer.headers["RateLimit"] == '"2/minute by ip";r=1;t=60'
    # Other parameters are the same route.
    assert [client.get(f"/search/{word}").status_code for word in "bc"] == [200, 429]
    refused = client.get("/search/d")
    assert_problem(refused, 429)
    assert refused.headers["Retry-After"] == "60"


def test_a_limit_of_a_router_counts_each_route_or_all_together() -> None:
    app = FastAPI()
    install(app, *parts(), config=CONFIG)
    for prefix, name in (("/apart", None), ("/together", "router")):
        limit = limited("1/minute", by="ip", name=name)
        router = APIRouter(prefix=prefix, dependencies=[Depends(limit)])

        @router.get("/a")
        @router.get("/b")
        async def answer() -> None: ...

        app.include_router(router)
    # What stands before the path may come from the router, or from where it is included, even twice.
    within = APIRouter(dependencies=[Depends(limited("1/minute", by="ip"))])
    within.get("/")(lambda: None)
    around = APIRouter()
    around.include_router(within, prefix="/inner/{shelf}")
    app.include_router(within, prefix="/orders")
    app.include_router(around, prefix="/users")
    client = TestClient(app)
    paths = ("/orders/", "/users/inner/1/", "/users/inner/2/", "/orders/")
    assert [client.get(path).status_code for path in paths] == [200, 200, 429, 429]
    assert [client.get(path).status_code for path in ("/apart/a", "/apart/b")] == [200, 200]
    assert [client.get(path).status_code for path in ("/together/a", "/together/b")] == [200, 429]


def test_the_decorator_limits_too_and_sets_headers_where_it_is_given_a_response() -> None:
    app = host()
    app.state.rate_limits = RateLimits(clock=Clock())

    @app.get("/limited")
    @rate_limit("1/minute", by="user")
    async def limited_handler(request: Request, response: Response) -> dict[str, int]:
        return {"n": 1}

    client = TestClient(app)
    assert client.get("/limited", headers=bearer()).headers["RateLimit"] == '"1/minute by user";r=0;t=60'
    assert client.get("/limited", headers=bearer()).status_code == 429
    assert client.get("/limited", headers=bearer("bob")).status_code == 200


def test_without_the_middleware_nobody_gets_in(caplog: pytest.LogCaptureFixture) -> None:
    app = FastAPI()

    @app.get("/")
    async def index(user: Annotated[Person, Depends(requires())]) -> None:
        ran.append("index")

    with pytest.raises(ConfigError, match=r"app\.add_middleware\(AuthenticationMiddleware"):
        TestClient(app).get("/")
    assert ran == []


@pytest.mark.parametrize(
    ("arguments", "mend"),
    [
        ({"scope": "jwt", "scopes": ["jwt"]}, "scope or scopes, not both"),
        ({"permissions": "read"}, r'permissions=\["read"\]'),
        ({"scope": ""}, "texts and not empty"),
        ({"permissions": []}, "texts and not empty"),
    ],
)
def test_wrong_arguments_are_told_when_the_module_is_read(arguments: dict[str, Any], mend: str) -> None:
    with pytest.raises(ConfigError, match=mend):
        requires(**arguments)


@pytest.mark.parametrize(
    ("dependency", "mend"),
    [
        (requires, r"call it, Depends\(requires\(\.\.\.\)\)"),
        (limited, r'call it, Depends\(limited\("10/minute"\)\)'),
        (auth, r"write Depends\(requires\("),
        (auth("jwt"), r"write Depends\(requires\("),
        (has_permission, r"write Depends\(requires\("),
        (has_permission("read"), r"write Depends\(requires\("),
        (rate_limit, r"write Depends\(limited\("),
        (starlette.requires, "import it from nexios.integrations.fastapi"),
        (starlette.requires("jwt"), "import it from nexios.integrations.fastapi"),
    ],
)
def test_a_guard_that_fastapi_would_make_and_never_ask_is_told_where_it_stands(
    dependency: Any, mend: str
) -> None:
    with pytest.raises(ConfigError, match=mend):
        FastAPI(dependencies=[Depends(dependency)]).get("/")(lambda: None)
    with pytest.raises(ConfigError, match=mend):
        APIRouter(dependencies=[Depends(dependency)]).get("/")(lambda: None)


def test_a_dependency_is_no_middleware() -> None:
    with pytest.raises(ConfigError, match=r"dependencies=\[Depends"):
        install(FastAPI(), *parts(), requires(), config=CONFIG)  # type: ignore[arg-type]


def test_what_security_asks_for_is_a_permission_too() -> None:
    app = host()

    @app.get("/orders")
    async def orders(user: Annotated[Person, Security(of_orders, scopes=["write"])]) -> str:
        ran.append(user.identity)
        return user.identity

    client = TestClient(app)
    assert_problem(client.get("/orders"), 401)
    assert_problem(client.get("/orders", headers=bearer("bob")), 403)
    assert ran == []
    assert client.get("/orders", headers=bearer()).json() == "ada"
    document = client.get("/openapi.json").json()
    assert document["paths"]["/orders"]["get"]["security"] == [{"jwt": ["write"]}]


def test_a_route_may_say_by_itself_that_it_wants_no_credential() -> None:
    app = host()

    @app.get("/either-way", openapi_extra={"security": [{}]})
    async def either_way(user: Annotated[Person, Depends(requires("jwt"))]) -> None: ...

    document = TestClient(app).get("/openapi.json").json()
    assert document["paths"]["/either-way"]["get"]["security"] == [{"jwt": []}, {}]


def test_the_applications_own_answer_to_a_refusal_stays() -> None:
    async def mine(request: Request, refusal: Any) -> Response:
        return Response("mine", status_code=refusal.status_code)

    app = FastAPI(exception_handlers={Problem: mine}, dependencies=[Depends(requires())])
    install(app, *parts(), config=CONFIG)
    app.get("/")(lambda: None)
    answer = TestClient(app).get("/")
    assert (answer.status_code, answer.text) == (401, "mine")


def test_install_wants_fastapi() -> None:
    from starlette.applications import Starlette

    with pytest.raises(ConfigError, match=r"nexios\.integrations\.starlette"):
        install(Starlette())  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match='"10/minute"'):
        limited("often")
