"""The same middleware and guards inside FastAPI, beside its dependencies and validation."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, WebSocket
from pydantic import BaseModel
from starlette.testclient import TestClient, WebSocketDenialResponse

from nexios import MakeConfig
from nexios.auth import AuthenticationMiddleware, auth, has_permission
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt
from nexios.auth.backends.session import SessionAuthBackend, login
from nexios.session import SessionMiddleware
from tests.parts import SECRET, Person

CONFIG = MakeConfig(secret_key=SECRET)

ran: list[str] = []


@pytest.fixture(autouse=True)
def forget() -> None:
    ran.clear()


class Item(BaseModel):
    name: str
    price: float = 0


def reader(request: Request) -> str:
    if not request.user.has_permission("read"):
        raise HTTPException(403)
    return str(request.user.identity)


async def page_size(size: int = 10) -> int:
    return size


app = FastAPI()
app.add_middleware(
    AuthenticationMiddleware(
        user_model=Person, backends=[JWTAuthBackend(), SessionAuthBackend()], config=CONFIG
    )
)
app.add_middleware(SessionMiddleware(config=CONFIG))
router = APIRouter(prefix="/routed")


@app.get("/me")
@auth()
async def me(request: Request) -> dict[str, Any]:
    ran.append("me")
    return {"user": request.user.identity, "auth": request.scope["auth"]}


@app.get("/items/{number}")
@has_permission("read")
def item(
    number: int, request: Request, size: Annotated[int, Depends(page_size)], word: str = "none"
) -> dict[str, Any]:
    ran.append("item")
    return {"number": number, "size": size, "word": word, "user": request.user.identity}


@app.post("/items", status_code=201)
@has_permission("write")
@auth(scope="jwt")
async def add(item: Item, request: Request) -> Item:
    ran.append("add")
    return item


@app.get("/forgetful")
@auth()
async def forgetful(word: str = "") -> dict[str, str]:
    ran.append("forgetful")
    return {}


@app.post("/login")
async def enter(request: Request) -> None:
    login(request, Person("ada"))


@router.get("/me")
@auth()
async def routed(request: Request) -> str:
    ran.append("routed")
    return str(request.user.identity)


@app.websocket("/socket")
@auth()
async def socket(websocket: WebSocket, word: str = "hello") -> None:
    await websocket.accept()
    await websocket.send_text(f"{word} {websocket.user.identity}")
    await websocket.close()


app.include_router(router)


@pytest.fixture
def client() -> TestClient:
    return TestClient(app)


def bearer(identity: str = "ada") -> dict[str, str]:
    return {"authorization": f"Bearer {create_jwt({'id': identity}, secret=SECRET)}"}


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/me"), ("GET", "/items/1"), ("POST", "/items"), ("GET", "/routed/me")]
)
def test_a_stranger_is_refused_with_a_challenge(client: TestClient, method: str, path: str) -> None:
    body = {"name": "x"} if method == "POST" else None
    answer = client.request(method, path, json=body)
    assert answer.status_code == 401
    assert answer.json() == {"detail": "Authentication is required."}
    assert answer.headers["www-authenticate"].startswith('Bearer realm="api"')
    assert client.request(method, path, json=body, headers={"authorization": "Bearer x"}).status_code == 401
    assert ran == []


def test_a_guarded_function_is_given_what_fastapi_gives(client: TestClient) -> None:
    answer = client.get("/items/7", params={"size": 3, "word": "w"}, headers=bearer("bob"))
    assert answer.json() == {"number": 7, "size": 3, "word": "w", "user": "bob"}
    assert client.get("/items/x", headers=bearer()).status_code == 422
    assert client.get("/me", headers=bearer()).json() == {"user": "ada", "auth": "jwt"}
    assert client.get("/routed/me", headers=bearer()).json() == "ada"


def test_a_body_is_validated_and_a_permission_is_asked(client: TestClient) -> None:
    assert client.post("/items", json={"name": "n"}, headers=bearer()).json() == {"name": "n", "price": 0}
    assert client.post("/items", json={}, headers=bearer()).status_code == 422
    ran.clear()
    answer = client.post("/items", json={"name": "n"}, headers=bearer("bob"))
    assert (answer.status_code, ran) == (403, [])


def test_sessions_work_and_the_scope_counts(client: TestClient) -> None:
    client.post("/login")
    assert client.get("/me").json() == {"user": "ada", "auth": "session"}
    assert client.post("/items", json={"name": "n"}).status_code == 401


def test_a_handler_that_does_not_take_the_request_lets_nobody_in(client: TestClient) -> None:
    with pytest.raises(Exception, match="forgetful is guarded but is not given the request: add a parameter"):
        client.get("/forgetful", headers=bearer())
    assert ran == []


def test_a_websocket_is_refused_before_it_is_accepted(client: TestClient) -> None:
    with pytest.raises(WebSocketDenialResponse) as denied, client.websocket_connect("/socket"):
        pass
    assert denied.value.status_code == 401
    with client.websocket_connect("/socket?word=hi", headers=bearer()) as websocket:
        assert websocket.receive_text() == "hi ada"


def test_the_schema_is_what_it_would_be_without_guards(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    names = [parameter["name"] for parameter in paths["/items/{number}"]["get"]["parameters"]]
    assert sorted(names) == ["number", "size", "word"]
    assert paths["/items"]["post"]["responses"]["201"]["content"]


def test_a_dependency_may_ask_who_is_there() -> None:
    host = FastAPI()
    host.add_middleware(AuthenticationMiddleware(user_model=Person, backend=JWTAuthBackend(), config=CONFIG))

    @host.get("/")
    def index(name: Annotated[str, Depends(reader)]) -> str:
        return name

    client = TestClient(host)
    assert client.get("/").status_code == 403
    assert client.get("/", headers=bearer("bob")).json() == "bob"
