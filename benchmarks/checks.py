"""Before an application is measured it must answer rightly: a wrong answer may be as fast as it likes."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks import credentials
from benchmarks.asgi import Answer, Headers, Wire, ask, running
from benchmarks.candidates import ASGIApp, Candidate
from benchmarks.requests import bearer
from benchmarks.world import API_KEY, IDENTITY, USERS

OTHER_SECRET = secrets.token_hex(32)
LIFETIME = 1
"""Seconds that the credentials live which must be refused afterwards."""


class WrongAnswer(Exception):
    """An application let somebody in or out by mistake."""


@dataclass(frozen=True, slots=True)
class Case:
    """A request and whether it is to be let in."""

    name: str
    path: str
    headers: Headers = ()
    allowed: bool = False


def cookie(value: bytes) -> Headers:
    """The header that carries a session."""
    return ((b"cookie", b"session=" + value),)


def jwt_cases() -> Iterator[Case]:
    """Tokens, good and bad."""
    good = credentials.token()
    yield Case("valid token", "/jwt", bearer(good), allowed=True)
    yield Case("no token", "/jwt")
    yield Case("changed header", "/jwt", bearer(credentials.tampered(good, 0)))
    yield Case("changed claims", "/jwt", bearer(credentials.tampered(good, 1)))
    yield Case("changed signature", "/jwt", bearer(credentials.tampered(good, 2)))
    yield Case("another user's claims", "/jwt", bearer(credentials.other_identity(good)))
    yield Case("no signature", "/jwt", bearer(good.rpartition(b".")[0] + b"."))
    yield Case("expired token", "/jwt", bearer(credentials.token(lifetime=-10)))
    yield Case("forged token", "/jwt", bearer(credentials.token(secret=OTHER_SECRET)))
    yield Case("alg none", "/jwt", bearer(credentials.unsigned_token()))
    yield Case("unknown user", "/jwt", bearer(credentials.token("nobody")))
    yield Case("not a token", "/jwt", bearer(b"abc"))
    yield Case("another scheme", "/jwt", ((b"authorization", b"Basic dXNlcjpwYXNz"),))
    yield Case("valid token again", "/jwt", bearer(good), allowed=True)


def session_cases(good: bytes, forged: bytes, unknown: bytes) -> Iterator[Case]:
    """Session cookies, good and bad."""
    yield Case("valid session", "/session", cookie(good), allowed=True)
    yield Case("no session", "/session")
    yield Case("changed session", "/session", cookie(credentials.tampered(good, 0)))
    yield Case("changed end of session", "/session", cookie(credentials.tampered(good, -1)))
    yield Case("forged session", "/session", cookie(forged))
    yield Case("session of an unknown user", "/session", cookie(unknown))
    yield Case("not a session", "/session", cookie(b"abc"))
    yield Case("valid session again", "/session", cookie(good), allowed=True)


def api_key_cases() -> Iterator[Case]:
    """API keys, good and bad, and credentials on the wrong path."""
    key = API_KEY.encode()
    changed = key[:10] + (b"A" if key[10:11] != b"A" else b"B") + key[11:]
    yield Case("valid key", "/apikey", ((b"x-api-key", key),), allowed=True)
    yield Case("no key", "/apikey")
    yield Case("changed key", "/apikey", ((b"x-api-key", changed),))
    yield Case("key cut short", "/apikey", ((b"x-api-key", key[:-1]),))
    yield Case("a token where a key is asked for", "/apikey", bearer(credentials.token()))
    yield Case("a key where a token is asked for", "/jwt", ((b"x-api-key", key),))
    yield Case("valid key again", "/apikey", ((b"x-api-key", key),), allowed=True)


def mistake(case: Case, answer: Answer) -> str | None:
    """What is wrong with the answer, if anything is."""
    if case.allowed:
        if answer.status != 200:
            return f"{case.name}: status {answer.status}, not 200"
        body = json.loads(answer.body)
        if body != {"identity": IDENTITY, "name": USERS[IDENTITY]}:
            return f"{case.name}: the body is {answer.body!r}"
        return None
    if answer.status != 401:
        return f"{case.name}: status {answer.status}, not 401"
    if not answer.header(b"www-authenticate"):
        return f"{case.name}: no WWW-Authenticate"
    if not (answer.header(b"content-type") or b"").startswith(b"application/problem+json"):
        return f"{case.name}: the body is {answer.header(b'content-type')!r}"
    if json.loads(answer.body).get("status") != 401:
        return f"{case.name}: the problem body is {answer.body!r}"
    return None


async def answers(candidate: Candidate, app: ASGIApp) -> list[str]:
    """What is wrong with the answers to everything that can be asked at once."""
    async with running(candidate.create(secret=OTHER_SECRET)) as forger:
        forged = await credentials.session_cookie(forger)
    good = await credentials.session_cookie(app)
    unknown = await credentials.session_cookie(app, "nobody")
    found = []
    for case in (*jwt_cases(), *session_cases(good, forged, unknown), *api_key_cases()):
        found.append(mistake(case, await ask(app, Wire("GET", case.path, case.headers))))
    plain = await ask(app, Wire("GET", "/plain"))
    if plain.status != 200 or json.loads(plain.body) != {"message": "Hello, world!"}:
        found.append(f"plain: status {plain.status}, the body is {plain.body!r}")
    return [text for text in found if text]


async def expiry(candidate: Candidate, app: ASGIApp) -> list[str]:
    """What is wrong with the answers to credentials that are good once, and whose time is then over."""
    async with running(candidate.create(max_age=LIFETIME)) as short:
        token = bearer(credentials.token(lifetime=LIFETIME + 1))
        session = cookie(await credentials.session_cookie(short))
        found = []
        for when, allowed in (("before its time is over", True), ("after its time", False)):
            for target, case in (
                (app, Case(f"token {when}", "/jwt", token, allowed)),
                (short, Case(f"session {when}", "/session", session, allowed)),
            ):
                found.append(mistake(case, await ask(target, Wire("GET", case.path, case.headers))))
            if allowed:
                await asyncio.sleep(LIFETIME + 1.1)
    return [text for text in found if text]


async def check(candidate: Candidate, app: ASGIApp) -> None:
    """Ask `app` everything; takes about two seconds, since something has to expire.

    Raises:
        WrongAnswer: At least one answer was wrong; the text lists them.
    """
    at_once, late = await asyncio.gather(answers(candidate, app), expiry(candidate, app))
    if mistakes := at_once + late:
        raise WrongAnswer(f"{candidate.label} is not measured:\n  " + "\n  ".join(mistakes))
