"""An application that answers wrongly is not measured."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import jwt
import pytest

from benchmarks.apps import raw
from benchmarks.asgi import running
from benchmarks.candidates import CANDIDATES, RAW
from benchmarks.checks import WrongAnswer, answers, check
from benchmarks.world import SECRET

Message = MutableMapping[str, Any]


def lets_in(when: Callable[[str], bool]) -> Any:
    """The hand-written application, but user 7 to whomever sends a token for which `when` holds."""
    right = raw.create_app()

    async def app(
        scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        if scope["type"] == "http" and scope["path"] == "/jwt":
            token = raw.header(scope, b"authorization").removeprefix(b"Bearer ").decode()
            if when(token):
                return await raw.respond(send, 200, {"identity": "7", "name": "User 7"})
        return await right(scope, receive, send)

    return app


def takes_expired(token: str) -> bool:
    try:
        jwt.decode(token, SECRET, algorithms=["HS256"], options={"verify_exp": False})
    except jwt.InvalidTokenError:
        return False
    return True


def takes_unsigned(token: str) -> bool:
    return token.count(".") == 2 and token.endswith(".")


def takes_any_signature(token: str) -> bool:
    try:
        jwt.decode(token, options={"verify_signature": False, "verify_exp": True})
    except jwt.InvalidTokenError:
        return False
    return True


def mistakes_of(app: Any) -> list[str]:
    return asyncio.run(answers(RAW, app))


def test_an_application_that_answers_rightly_passes() -> None:
    async def run(name: str) -> None:
        async with running(CANDIDATES[name].create()) as app:
            await check(CANDIDATES[name], app)

    async def main() -> None:
        await asyncio.gather(*map(run, ("raw", "starlette", "nexios", "nexios_full")))

    asyncio.run(main())


def test_an_application_that_forgets_the_expiry_is_refused() -> None:
    with pytest.raises(WrongAnswer, match="\n  token after its time: status 200, not 401"):
        asyncio.run(check(RAW, lets_in(takes_expired)))


@pytest.mark.parametrize(
    ("mistake", "named"),
    [
        (takes_expired, ["expired token", "unknown user"]),
        (takes_unsigned, ["no signature", "alg none"]),
        (takes_any_signature, ["changed signature", "another user's claims", "forged token"]),
        (lambda token: not token, ["no token", "a key where a token is asked for"]),
    ],
    ids=["expired", "unsigned", "any signature", "no credential"],
)
def test_an_application_that_lets_a_stranger_in_is_refused(
    mistake: Callable[[str], bool], named: list[str]
) -> None:
    found = mistakes_of(lets_in(mistake))
    assert [text for text in named if f"{text}: status 200, not 401" not in found] == []


def test_an_application_that_refuses_everybody_is_refused() -> None:
    async def app(scope: Message, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan" or scope["path"] in ("/login", "/plain"):
            return await raw.create_app()(scope, receive, send)
        return await raw.refuse(send, b"Bearer")

    assert "valid token: status 401, not 200" in mistakes_of(app)


def test_a_refusal_without_challenge_or_problem_body_is_refused() -> None:
    right = raw.create_app()

    async def app(scope: Message, receive: Any, send: Any) -> None:
        async def bare(message: Message) -> None:
            if message.get("status") == 401:
                message["headers"] = [(b"content-type", b"application/json")]
            await send(message)

        await right(scope, receive, bare)

    assert "no token: no WWW-Authenticate" in mistakes_of(app)
