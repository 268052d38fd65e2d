"""Attacks by HTTP itself: headers twice, bytes that are no text, line ends, and what an error says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from starlette.testclient import TestClient

from nexios import MakeConfig, NexiosApp
from nexios.auth import AuthenticationMiddleware, AuthResult, SimpleUser, auth
from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.auth.backends.base import AuthenticationBackend
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.auth.backends.session import SessionAuthBackend
from nexios.demo.app import create_app
from nexios.demo.database import PEOPLE
from nexios.exceptions import ConfigError
from nexios.http import Request, Response
from nexios.session import SessionMiddleware
from tests.attacks.asking import Header, ask
from tests.attacks.forging import forge
from tests.attacks.targets import KeyTarget, SessionTarget, TokenTarget, cookie
from tests.parts import SECRET, Clock

BAD = ["Bearer x", "Bearer ", "Bearer", "", "Basic YTpi", "x", f"Bearer {forge(secret='another')}"]


@pytest.mark.parametrize("bad", BAD)
def test_http_01_authorization_that_comes_twice_is_refused(target: TokenTarget, bad: str) -> None:
    good = f"Bearer {forge()}"
    target.takes(forge())
    for first, second in ((good, bad), (bad, good), (good, good), (bad, bad)):
        target.assert_stranger(("authorization", first), ("authorization", second))
        target.assert_stranger(("Authorization", first), ("AUTHORIZATION", second))
        target.assert_stranger(("authorization", f"{first}, {second}"))
        target.assert_stranger(("authorization", f"{first},{second}"))
        target.assert_stranger(("authorization", f"{first}\r\nAuthorization: {second}"))
    target.takes(forge())


def test_http_01_a_token_elsewhere_than_in_authorization_is_none(target: TokenTarget) -> None:
    token = forge()
    target.takes(token)
    for header in (
        ("proxy-authorization", f"Bearer {token}"),
        ("x-authorization", f"Bearer {token}"),
        ("authorization ", f"Bearer {token}"),
        ("authorization\t", f"Bearer {token}"),
        ("authorization_", f"Bearer {token}"),
        ("http_authorization", f"Bearer {token}"),
        ("x-api-key", token),
        ("cookie", f"access_token={token}; Authorization=Bearer {token}"),
        ("sec-websocket-protocol", f"bearer, {token}"),
    ):
        target.assert_stranger(header)
    for how in (
        {"query": f"access_token={token}".encode()},
        {"method": "POST", "body": f"access_token={token}".encode()},
        {"method": "POST", "body": f'{{"token":"{token}"}}'.encode()},
    ):
        target.assert_stranger(**how)


@pytest.mark.parametrize(
    "scheme", ["Bearer:", "Bearer=", "JWT", "Token", "Basic", "DPoP", "Bear", "BearerX", "\u0412earer"]
)
def test_http_01_another_scheme_is_another(target: TokenTarget, scheme: str) -> None:
    token = forge()
    target.takes(token)
    target.assert_stranger(("authorization", f"{scheme} {token}".encode()))
    target.assert_stranger(("authorization", token))
    target.assert_stranger(("authorization", f"Bearer{token}"))
    target.assert_stranger(("authorization", f"Bearer\t{token}"))
    target.assert_stranger(("authorization", f" Bearer {token}"))
    target.assert_stranger(("authorization", f"Bearer Bearer {token}"))
    for same in ("bearer", "BEARER", "bEaReR", "Bearer  "):
        target.assert_lets_in("7", ("authorization", f"{same} {token}"))


CREDENTIAL_HEADERS = ["authorization", "cookie", "x-api-key"]


def _app_of_three() -> tuple[NexiosApp, list[str]]:
    class User(SimpleUser):
        @classmethod
        async def load_user(cls, identity: str) -> None:
            return None

    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(SessionMiddleware())
    backends = [SessionAuthBackend(), JWTAuthBackend(), APIKeyAuthBackend()]
    app.add_middleware(AuthenticationMiddleware(user_model=User, backends=backends))
    ran: list[str] = []

    @app.route("/guarded", methods=["GET", "POST"])
    @auth()
    async def guarded(request: Request, response: Response) -> str:
        ran.append("in")
        return "in"

    @app.get("/open")
    async def open_to_all(request: Request, response: Response) -> str:
        return f"{request.user.identity}{request.session.get('x', '')}"

    return app, ran


@pytest.mark.parametrize("name", CREDENTIAL_HEADERS)
def test_http_02_any_byte_as_a_credential_is_refused(name: str) -> None:
    app, ran = _app_of_three()
    prefixes = {"authorization": b"Bearer ", "cookie": b"session=", "x-api-key": b"key_"}
    for number in range(256):
        byte = bytes([number])
        for value in (
            byte,
            prefixes[name] + byte,
            byte + prefixes[name],
            prefixes[name] + byte * 49,
            byte * 3,
        ):
            assert ask(app, headers=[(name, value)]).status == 401, value
            assert ask(app, "/open", headers=[(name, value)]).status == 200, value
    assert ran == []


@pytest.mark.parametrize("name", CREDENTIAL_HEADERS)
@pytest.mark.parametrize("filling", [b"\xff", b"\0", b" ", b";", b".", b"=", b"\\", b'"', b"\r\n", b"a"])
def test_http_02_64_kibibytes_as_a_credential_are_refused(name: str, filling: bytes) -> None:
    app, ran = _app_of_three()
    for start in (b"", b"Bearer ", b"session=", b"key_"):
        value = start + filling * (65_536 // len(filling))
        assert ask(app, headers=[(name, value)]).status == 401
    assert ask(app, headers=[(name, filling * 60)] * 1000).status == 401
    assert ran == []


@pytest.mark.parametrize(
    "query", [b"\x80", b"%", b"%ff", b"a=\xff&a", b"\0", b"\r\nX: y", b"#x", b"=" * 60_000]
)
def test_http_02_any_query_is_answered(query: bytes) -> None:
    app, ran = _app_of_three()
    assert ask(app, query=query).status == 401
    assert ask(app, "/open", query=query).status == 200
    redirected = ask(app, "/open/", query=query)
    assert redirected.status == 307
    assert re.fullmatch(r"http://testserver/open[!-~]*", redirected.one("location") or "")
    assert ran == []


def test_http_02_a_request_with_very_many_headers_is_answered() -> None:
    app, ran = _app_of_three()
    many: list[Header] = [(f"x-{number}", "y" * 100) for number in range(2000)]
    assert ask(app, headers=many).status == 401
    assert ask(app, "/open", headers=many).status == 200
    assert ran == []


LINES = [
    "\r\nSet-Cookie: admin=1",
    "\nSet-Cookie: admin=1",
    "\rSet-Cookie: admin=1",
    "\0",
    "a\r\n\r\n<script>",
    "\x7f",
    "\x0b",
]


@pytest.mark.parametrize("text", LINES, ids=ascii)
@pytest.mark.parametrize(
    "way", ["set_header", "headers", "raw_headers", "set_cookie", "cookie name", "name", "raw name"]
)
@pytest.mark.parametrize("by", ["backend", "handler"])
def test_http_04_text_with_a_line_end_becomes_no_header(by: str, way: str, text: str) -> None:
    def put(response: Response) -> None:
        if way == "set_header":
            response.set_header("x-echo", text)
        elif way == "headers":
            response.headers["x-echo"] = text
        elif way == "raw_headers":
            response.raw_headers.append((b"x-echo", text.encode("latin-1")))
        elif way == "set_cookie":
            response.set_cookie("echo", "v", path=f"/{text}")
        elif way == "cookie name":
            response.set_cookie(f"echo{text}", "v")
        elif way == "name":
            response.headers[f"x-{text}"] = "v"
        else:
            response.raw_headers.append((f"x-{text}".encode("latin-1"), b"v"))

    class Echo(AuthenticationBackend):
        scope = "echo"

        async def authenticate(self, request: Request, response: Response) -> AuthResult:
            if by == "backend":
                put(response)
            return AuthResult(True, "7", "echo")

    app = NexiosApp()
    app.add_middleware(AuthenticationMiddleware(user_model=SimpleUser, backend=Echo()))

    @app.get("/guarded")
    @auth()
    async def guarded(request: Request, response: Response) -> dict[str, str]:
        if by == "handler":
            put(response)
        return {}

    answer = ask(app)
    assert answer.status in (500, 503)
    for name, value in answer.headers:
        assert re.fullmatch(rb"[a-z0-9-]+", name), name
        assert re.fullmatch(rb"[\t\x20-\x7e\x80-\xff]*", value), value
        assert b"admin" not in value
    assert ask(app, "/nothing").status in (404, 500)


@pytest.mark.parametrize("text", LINES, ids=ascii)
def test_http_04_neither_a_content_type_nor_a_redirect_brings_a_header(text: str) -> None:
    app = NexiosApp()

    @app.get("/type")
    async def typed(request: Request, response: Response) -> Response:
        return Response("x", media_type=f"text/plain{text}")

    @app.get("/redirect")
    async def redirect(request: Request, response: Response) -> Response:
        return response.redirect(f"/x{text}")

    @app.get("/made")
    async def made(request: Request, response: Response) -> Response:
        return Response("x", headers={"x-echo": text})

    for path in ("/type", "/made"):
        answer = ask(app, path)
        assert answer.status == 500
        assert not [value for _, value in answer.headers if b"admin" in value]
    answer = ask(app, "/redirect")
    assert answer.status == 302
    assert re.fullmatch(r"/x[!-~]+", answer.one("location") or "")


def test_http_04_a_text_that_is_no_header_lets_nobody_in_and_is_not_shown(
    log: pytest.LogCaptureFixture,
) -> None:
    app = NexiosApp()

    @app.get("/open")
    async def handler(request: Request, response: Response) -> Response:
        return response.set_header("x-echo", "a-text-of-a-user\r\n")

    answer = ask(app, "/open")
    assert answer.status == 500
    assert b"a-text-of-a-user" not in answer.body


REALMS = ['my "api"', "back\\slash", '"', "\\", '\\"', "a, b=c", 'x", error="none', "", "a;b", "Caf\u00e9"]


@pytest.mark.parametrize("realm", REALMS, ids=ascii)
def test_http_05_a_realm_is_quoted(realm: str) -> None:
    if not realm.isascii():
        with pytest.raises(ConfigError, match="realm"):
            MakeConfig(realm=realm)
        return
    target = TokenTarget(realm=realm)
    for headers, error in (([], ""), ([("authorization", "Bearer x")], ', error="invalid_token"')):
        challenge = target.ask(headers=headers).one("www-authenticate") or ""
        match = re.fullmatch(rf'Bearer realm="((?:[^"\\]|\\["\\])*)"{error}', challenge)
        assert match, challenge
        assert re.sub(r"\\(.)", r"\1", match[1]) == realm


@pytest.mark.parametrize("realm", ["a\r\nSet-Cookie: x=1", "a\nb", "a\0b", "\x7f", None, 7, b"api"], ids=repr)
def test_http_05_a_realm_that_is_no_header_text_is_an_error(realm: Any) -> None:
    with pytest.raises(ConfigError, match="realm"):
        MakeConfig(realm=realm)


def test_http_05_nothing_of_the_request_is_in_a_challenge(target: TokenTarget) -> None:
    for value in ('Bearer x", realm="evil', "Bearer \r\nX: y", "Bearer <script>", "Bearer \xff"):
        answer = target.assert_stranger(("authorization", value), ("x-user", "evil"), query=b"realm=evil")
        assert answer.one("www-authenticate") == 'Bearer realm="api", error="invalid_token"'
        assert b"evil" not in answer.body
        assert b"script" not in answer.body


SECRETS = {
    "secret": "S3CR3T-1",
    "token": "S3CR3T-2",
    "api_key": "S3CR3T-3",
    "password": "S3CR3T-4",
    "authorization": "S3CR3T-5",
    "cookie": "S3CR3T-6",
}


@pytest.mark.parametrize("debug", [True, False])
def test_http_07_an_error_shows_no_secret(log: pytest.LogCaptureFixture, debug: bool) -> None:
    class User(SimpleUser):
        @classmethod
        async def load_user(cls, identity: str) -> User:
            if identity == "bad":
                password = "S3CR3T-4"
                raise LookupError(f"no row for {password!r} in the table of users")
            return cls(identity)

    app = NexiosApp(config=MakeConfig(secret_key=SECRET, debug=debug))
    app.add_middleware(AuthenticationMiddleware(user_model=User, backend=JWTAuthBackend()))

    @app.route("/guarded", methods=["GET", "POST"])
    @auth()
    async def guarded(request: Request, response: Response) -> None:
        secret, token, api_key = "S3CR3T-1", "S3CR3T-2", "S3CR3T-3"
        password, authorization, cookie = "S3CR3T-4", "S3CR3T-5", "S3CR3T-6"
        raise RuntimeError(f"{secret} {token} {api_key} {password} {authorization} {cookie}")

    headers: list[Header] = [
        ("authorization", f"Bearer {forge()}"),
        ("cookie", "session=S3CR3T-6"),
        ("x-api-key", "S3CR3T-3"),
    ]
    answer = ask(app, headers=headers, query=b"password=S3CR3T-4")
    assert answer.status == 500
    assert (b"RuntimeError" in answer.body) == debug
    broken = ask(app, headers=[("authorization", f"Bearer {forge(payload={'id': 'bad'})}")])
    assert broken.status == 503
    for each in (answer, broken):
        shown = each.body + b"".join(value for _, value in each.headers)
        assert b"S3CR3T" not in shown
        assert forge().encode() not in shown
        assert b"Traceback" not in shown
        assert b".py" not in shown
        assert SECRET.encode() not in shown


@pytest.mark.parametrize("debug", [True, False])
def test_http_07_a_refused_credential_is_in_no_answer_and_no_log(
    log: pytest.LogCaptureFixture, clock: Clock, debug: bool
) -> None:
    token = forge(payload={"id": "7", "exp": 1})
    targets = [
        (TokenTarget(debug=debug), ("authorization", f"Bearer {token}"), token),
        (KeyTarget(debug=debug), ("x-api-key", "key_S3CR3T"), "key_S3CR3T"),
        (SessionTarget(clock=clock), cookie("S3CR3T.S3CR3T.S3CR3T"), "S3CR3T.S3CR3T"),
    ]
    for target, header, secret in targets:
        answer = target.assert_stranger(header)
        assert secret.encode() not in answer.body
        assert not [value for _, value in answer.headers if secret.encode() in value]
        assert secret not in log.text
        for record in log.records:
            assert secret not in repr(record.args)


ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "https://evil.example",
    "http:evil.example",
    "https:/evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/%09/evil.example",
    "/%0a/evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,<script>",
    "/%0d%0aSet-Cookie:admin=1",
    "%0d%0aSet-Cookie:admin=1",
    "/\r\nSet-Cookie: admin=1",
    "/%5cevil.example",
    "/%2fevil.example",
    "//evil.example/%2e%2e",
    "/x\0",
    "evil.example",
    "@evil.example",
    ".evil.example",
    "?//evil.example",
    "\u2215\u2215evil.example",
    "/\u2028/evil.example",
]


def test_http_08_after_a_login_only_a_local_path_is_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = PasswordHash([Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)])
    monkeypatch.setattr(PasswordHash, "recommended", lambda: quick)
    person = PEOPLE[0]
    known = {"username": person.username, "password": person.password}
    with TestClient(create_app(tmp_path / "demo"), follow_redirects=False) as client:
        for wanted in ELSEWHERE:
            answer = client.post("/login", params={"next": wanted}, json=known)
            assert (answer.status_code, answer.headers["location"]) == (303, "/"), wanted
            assert "admin" not in answer.headers["set-cookie"]
            client.cookies.clear()
        answer = client.post("/login", params={"next": "/profile"}, json=known)
        assert answer.headers["location"] == "/profile"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "a\r\nb", "[::1", "", "\xff", "evil.example/x?"]
)
def test_http_08_a_redirect_to_the_path_without_its_slash_goes_to_no_other_path(host: str) -> None:
    app = NexiosApp()

    @app.get("/there")
    async def there(request: Request, response: Response) -> str:
        return "there"

    for path in ("/there/", "//there/", "/there//", "//evil.example/there/"):
        answer = ask(app, path, headers=[("host", host)])
        assert answer.status in (307, 404)
        if answer.status == 307:
            location = answer.one("location") or ""
            assert location.endswith("/there")
            assert "\r" not in location
            assert "//evil" not in location.removeprefix("http://")
