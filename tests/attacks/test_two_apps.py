"""Attacks from one application on another in the same process, and from one request on the next."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route

from nexios import MakeConfig, NexiosApp
from nexios.auth import AuthenticationMiddleware, SimpleUser, auth
from nexios.auth.backends.apikey import APIKeyAuthBackend, create_api_key
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt, decode_jwt
from nexios.auth.backends.session import SessionAuthBackend, login
from nexios.exceptions import ConfigError, InvalidToken
from nexios.http import Request, Response
from nexios.running import running_config
from nexios.session import SessionMiddleware
from tests.attacks.asking import Answer, ask, asking
from tests.attacks.forging import forge
from tests.attacks.targets import SessionTarget, TokenTarget, cookie, cookie_value
from tests.parts import OTHER_SECRET, SECRET, Clock


def bearer(token: str) -> tuple[str, str]:
    return ("authorization", f"Bearer {token}")


def signing_app(secret: str, backend: JWTAuthBackend) -> NexiosApp:
    """An application that signs tokens, whoever asks, and takes its own."""
    app = NexiosApp(config=MakeConfig(secret_key=secret))
    app.add_middleware(AuthenticationMiddleware(user_model=SimpleUser, backend=backend))

    @app.get("/guarded")
    @auth()
    async def guarded(request: Request, response: Response) -> str:
        return request.user.identity  # type: ignore[no-any-return]

    @app.get("/sign")
    async def sign(request: Request, response: Response) -> str:
        return create_jwt({"id": "7"})

    @app.get("/sign-in-a-thread")
    def sign_in_a_thread(request: Request, response: Response) -> str:
        return create_jwt({"id": "7"})

    @app.get("/sign-while-streaming")
    async def sign_while_streaming(request: Request, response: Response) -> StreamingResponse:
        async def body() -> Any:
            await asyncio.sleep(0)
            yield create_jwt({"id": "7"})

        return StreamingResponse(body())

    @app.get("/decode/{token}")
    async def decode(request: Request, response: Response, token: str) -> Any:
        try:
            return decode_jwt(token)
        except InvalidToken:
            return "refused"

    return app


SIGNING = ["/sign", "/sign-in-a-thread", "/sign-while-streaming"]


@pytest.mark.parametrize("path", SIGNING)
def test_one_backend_in_two_apps_takes_of_each_its_own_tokens(kept: int, path: str) -> None:
    backend = JWTAuthBackend(kept=kept)
    first, second = signing_app(SECRET, backend), signing_app(OTHER_SECRET, backend)
    of_first, of_second = (ask(app, path).body.decode() for app in (first, second))
    for _ in range(2):
        assert ask(first, headers=[bearer(of_first)]).status == 200
        assert ask(second, headers=[bearer(of_second)]).status == 200
        assert ask(first, headers=[bearer(of_second)]).status == 401
        assert ask(second, headers=[bearer(of_first)]).status == 401
        assert ask(second, f"/decode/{of_first}").body == b"refused"
        assert ask(second, f"/decode/{of_second}").json() == {"id": "7"}


def test_requests_of_two_apps_at_once_sign_each_for_its_own() -> None:
    first, second = signing_app(SECRET, JWTAuthBackend()), signing_app(OTHER_SECRET, JWTAuthBackend())

    async def at_once() -> list[Answer]:
        return await asyncio.gather(
            *(asking(app, path) for _ in range(20) for path in SIGNING for app in (first, second))
        )

    tokens = [answer.body.decode() for answer in asyncio.run(at_once())]
    for number, token in enumerate(tokens):
        own, other = (SECRET, OTHER_SECRET) if number % 2 == 0 else (OTHER_SECRET, SECRET)
        assert decode_jwt(token, own) == {"id": "7"}
        with pytest.raises(InvalidToken):
            decode_jwt(token, other)


def test_a_mounted_app_signs_with_its_own_secret_and_its_host_with_its_own() -> None:
    inner = signing_app(OTHER_SECRET, JWTAuthBackend())
    outer = signing_app(SECRET, JWTAuthBackend())
    outer.mount("/inner", inner)
    of_outer, of_inner = ask(outer, "/sign").body.decode(), ask(outer, "/inner/sign").body.decode()
    assert decode_jwt(of_outer, SECRET) == decode_jwt(of_inner, OTHER_SECRET) == {"id": "7"}
    assert ask(outer, "/inner/guarded", headers=[bearer(of_inner)]).status == 200
    assert ask(outer, "/inner/guarded", headers=[bearer(of_outer)]).status == 401
    assert ask(outer, "/guarded", headers=[bearer(of_outer)]).status == 200
    assert ask(outer, "/guarded", headers=[bearer(of_inner)]).status == 401


def test_nothing_of_a_request_is_left_in_the_context_after_it() -> None:
    app = signing_app(SECRET, JWTAuthBackend())

    @app.get("/fails")
    async def fails(request: Request, response: Response) -> None:
        raise RuntimeError("as it may")

    context = contextvars.copy_context()

    async def ask_and_look() -> None:
        for path in ("/sign", "/fails", "/nothing", "/guarded"):
            await asking(app, path)
            assert running_config.get() is None

    context.run(asyncio.run, ask_and_look())
    assert context.get(running_config) is None


def test_a_task_after_the_answer_signs_for_the_app_that_answered() -> None:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    signed: list[str] = []

    @app.get("/later")
    async def later(request: Request, response: Response) -> PlainTextResponse:
        return PlainTextResponse(
            "x", background=BackgroundTask(lambda: signed.append(create_jwt({"id": "7"})))
        )

    NexiosApp(config=MakeConfig(secret_key=OTHER_SECRET))
    ask(app, "/later")
    assert decode_jwt(signed[0], SECRET) == {"id": "7"}


def test_hosts_of_another_kind_keep_their_settings_apart() -> None:
    async def guarded(request: Any) -> PlainTextResponse:
        return PlainTextResponse(create_jwt({"id": request.user.identity}))

    def host(secret: str) -> Starlette:
        app = Starlette(routes=[Route("/guarded", auth()(guarded))])
        app.add_middleware(
            AuthenticationMiddleware(
                user_model=SimpleUser, backend=JWTAuthBackend(), config=MakeConfig(secret_key=secret)
            )
        )
        return app

    first, second = host(SECRET), host(OTHER_SECRET)
    for app, secret, other in ((first, SECRET, OTHER_SECRET), (second, OTHER_SECRET, SECRET)):
        answer = ask(app, headers=[bearer(forge(secret=secret))])
        assert decode_jwt(answer.body.decode(), secret) == {"id": "7"}
        assert ask(app, headers=[bearer(forge(secret=other))]).status == 401
    both = Starlette(routes=[Mount("/first", first), Mount("/second", second)])
    assert ask(both, "/first/guarded", headers=[bearer(forge(secret=OTHER_SECRET))]).status == 401
    assert ask(both, "/second/guarded", headers=[bearer(forge(secret=OTHER_SECRET))]).status == 200


def test_a_host_without_settings_does_not_start_rather_than_take_those_of_nobody() -> None:
    app = Starlette(routes=[])
    app.add_middleware(SessionMiddleware(config=MakeConfig()))
    with pytest.raises(ConfigError, match="no secret"):
        ask(app)


def test_a_credential_of_one_kind_is_none_of_another() -> None:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))

    class User(SimpleUser):
        @classmethod
        async def load_user(cls, identity: str) -> User:
            return cls(identity)

    app.add_middleware(SessionMiddleware())
    app.add_middleware(
        AuthenticationMiddleware(
            user_model=User, backends=[SessionAuthBackend(), JWTAuthBackend(), APIKeyAuthBackend()]
        )
    )

    @app.post("/login")
    async def begin(request: Request, response: Response) -> str:
        login(request, User("7"))
        return create_jwt({"id": "7"})

    @app.get("/guarded")
    @auth()
    async def guarded(request: Request, response: Response) -> str:
        return str(request.scope["auth"])

    answer = ask(app, "/login", method="POST")
    session, token, (key, stored) = cookie_value(answer), answer.body.decode(), create_api_key()
    assert ask(app, headers=[cookie(session)]).body == b"session"
    assert ask(app, headers=[bearer(token)]).body == b"jwt"
    assert ask(app, headers=[("x-api-key", key)]).body == b"apikey"
    for header in (
        bearer(session),
        bearer(key),
        bearer(stored),
        bearer(SECRET),
        cookie(token),
        cookie(key),
        cookie(token, "jwt"),
        ("x-api-key", token),
        ("x-api-key", session),
        ("x-api-key", stored),
        ("authorization", f"ApiKey {key}"),
    ):
        assert ask(app, headers=[header]).status == 401, header


def test_a_session_of_one_app_is_none_of_another_with_the_same_secret_once_it_ended(clock: Clock) -> None:
    target = SessionTarget(clock=clock)
    value = target.login("7")
    assert target.ask("/logout", method="POST", headers=[cookie(value)]).status == 200
    for _ in range(3):
        target.assert_stranger(cookie(value))


def test_a_handler_that_changes_its_claims_changes_nobody_elses(kept: int) -> None:
    target = TokenTarget(kept=kept)
    seen: list[Any] = []

    @target.app.get("/change")
    @auth()
    async def change(request: Request, response: Response) -> dict[str, Any]:
        claims = request.credential
        seen.append(claims["roles"])
        for spoil in (
            lambda: claims["roles"].append("admin"),
            lambda: claims["nested"]["x"].append("admin"),
            lambda: claims.get("roles").clear(),
            lambda: dict(claims)["roles"].append("admin"),
            lambda: next(iter(claims.values())).append("admin"),
            lambda: [value.append("admin") for _, value in claims.items() if isinstance(value, list)],
        ):
            try:
                spoil()
            except AttributeError:
                seen.append("no list")
        with pytest.raises(TypeError):
            claims["roles"] = ["admin"]
        with pytest.raises(TypeError):
            del claims["roles"]
        with pytest.raises(AttributeError):
            claims.roles = ["admin"]
        return dict(claims)

    given = {"roles": ["user"], "id": "7", "nested": {"x": []}}
    for _ in range(3):
        assert ask(target.app, "/change", headers=[bearer(forge(payload=given))]).json() == given
    assert seen == [["user"]] * 3


def test_a_handler_of_refusals_that_changes_one_changes_no_other() -> None:
    target = TokenTarget()
    seen: list[dict[str, str]] = []

    @target.app.exception_handler(401)
    async def refused(request: Request, error: Any) -> PlainTextResponse:
        seen.append(dict(error.headers))
        error.headers["X-Seen-By"] = "the person before"
        error.detail = "changed"
        return PlainTextResponse("no", 401, error.headers)

    for _ in range(3):
        assert target.ask().status == 401
    assert seen == [{"WWW-Authenticate": 'Bearer realm="api"'}] * 3


def test_a_token_that_was_kept_is_asked_for_its_time_each_time(clock: Clock) -> None:
    target = TokenTarget(clock=clock)
    token = forge(payload={"id": "7", "nbf": clock.now, "exp": clock.now + 60})
    target.takes(token)
    for turn, holds in ((59, True), (1, False), (-1, True), (-60, False), (1, True), (10**9, False)):
        clock.turn(seconds=turn)
        if holds:
            target.takes(token)
        else:
            target.refuses(token)


def test_a_user_who_is_gone_is_refused_though_the_token_was_kept() -> None:
    known = {"7"}

    class User(SimpleUser):
        @classmethod
        async def load_user(cls, identity: str) -> User | None:
            return cls(identity) if identity in known else None

    target = TokenTarget(user_model=User)
    target.takes(forge())
    known.clear()
    target.refuses(forge())


def test_one_app_serves_event_loops_of_several_threads() -> None:
    target = TokenTarget(kept=20)
    sessions = SessionTarget()
    wrong: list[Any] = []

    def serve(thread: int) -> None:
        async def all_of_mine() -> None:
            for number in range(40):
                name = f"{thread}-{number}"
                answer = await asking(target.app, headers=[bearer(forge(payload={"id": name}))])
                if answer.body != b'{"identity":"%s"}' % name.encode():
                    wrong.append(answer)
                refused = await asking(target.app, headers=[bearer(forge(payload={"id": name}, secret="x"))])
                if refused.status != 401:
                    wrong.append(refused)
                begun = await asking(sessions.app, f"/login/{name}", method="POST")
                answer = await asking(sessions.app, headers=[cookie(cookie_value(begun))])
                if answer.body != b'{"identity":"%s"}' % name.encode():
                    wrong.append(answer)

        try:
            asyncio.run(all_of_mine())
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=serve, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_guards_inside_guards_want_what_each_wants() -> None:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(SessionMiddleware())
    app.add_middleware(
        AuthenticationMiddleware(user_model=SimpleUser, backends=[SessionAuthBackend(), JWTAuthBackend()])
    )

    @app.post("/login")
    async def begin(request: Request, response: Response) -> str:
        login(request, SimpleUser("ada"))
        return "in"

    @auth(scope="jwt")
    async def inner(request: Request, response: Response) -> str:
        return f"{request.scope['auth']} {request.user.identity}"

    @app.get("/guarded")
    @auth()
    async def outer(request: Request, response: Response) -> str:
        return await inner(request, response)

    session = cookie(cookie_value(ask(app, "/login", method="POST")))
    assert ask(app).status == 401
    assert ask(app, headers=[session]).status == 401
    assert ask(app, headers=[session, bearer("x")]).status == 401
    assert ask(app, headers=[session, bearer(forge())]).body == b"jwt 7"
    assert ask(app, headers=[bearer(forge())]).body == b"jwt 7"


def test_a_logout_that_runs_at_once_with_other_requests_is_not_undone_by_them(clock: Clock) -> None:
    target = SessionTarget(clock=clock)
    go_on = asyncio.Event()

    @target.app.post("/slow")
    async def slow(request: Request, response: Response) -> dict[str, Any]:
        request.session["n"] = 1
        await go_on.wait()
        request.session["n"] = 2
        return {}

    @target.app.post("/slow-login")
    async def slow_login(request: Request, response: Response) -> dict[str, Any]:
        before = dict(request.session)
        await go_on.wait()
        return before

    value = target.login("7")

    async def race() -> list[Answer]:
        running = [
            asyncio.ensure_future(asking(target.app, path, method="POST", headers=[cookie(value)]))
            for path in ("/slow", "/slow-login")
        ]
        await asyncio.sleep(0)
        out = await asking(target.app, "/logout", method="POST", headers=[cookie(value)])
        assert out.status == 200
        go_on.set()
        return await asyncio.gather(*running)

    for answer in asyncio.run(race()):
        for line in answer.all("set-cookie"):
            target.assert_stranger(("cookie", line.partition(";")[0]))
    target.assert_stranger(cookie(value))
