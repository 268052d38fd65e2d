"""What is written down of those who ask holds no secret, and no line that they have written themselves."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from nexios import MakeConfig, NexiosApp
from nexios.apikeys import APIKeys
from nexios.audit import AuditTrail, log_events
from nexios.auth import AuthenticationMiddleware, AuthResult
from nexios.auth.backends.apikey import APIKeyAuthBackend, create_api_key
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt
from nexios.auth.backends.session import SessionAuthBackend
from nexios.events import Events, KeyCreated, LimitReached, Refused
from nexios.http.problems import BadRequest
from nexios.session import SessionMiddleware
from nexios.stores import AuditRecord, MemoryStore, RefreshRecord, open_store
from nexios.tokens import KeyRing, Tokens
from tests.attacks.asking import ask
from tests.parts import SECRET, Person
from tests.secrecy import LETTERS, Watch
from tests.session.apps import client_of, session_app

ROOT = Path(__file__).parents[2]


async def _pair() -> Any:
    tokens = Tokens(KeyRing.generate("HS256"), store=MemoryStore(), issuer="https://a", audience="b")
    return await tokens.issue("ada")


def _ring() -> tuple[KeyRing, list[str]]:
    ring = KeyRing.generate("EdDSA")
    return ring, [key.secret_jwk()["d"] for key in ring.keys]


KEY, STORED = create_api_key()
PASSWORD = "pa55w0rd-of-the-database"


def _shown() -> dict[str, tuple[object, list[str]]]:
    """What holds a secret, and what that is."""
    pair = asyncio.run(_pair())
    ring, private = _ring()
    return {
        "settings": (MakeConfig(secret_key=SECRET, extra={"mail": PASSWORD}), [SECRET, PASSWORD]),
        "an application": (NexiosApp(MakeConfig(secret_key=SECRET)), [SECRET]),
        "sessions": (SessionMiddleware(), [SECRET]),
        "a backend": (JWTAuthBackend().bind(MakeConfig(secret_key=SECRET)), [SECRET]),
        "an answer of a backend": (AuthResult(True, KEY, "apikey", credential=KEY), [KEY]),
        "a pair of tokens": (pair, [pair.access_token, pair.refresh_token]),
        "a key ring": (ring, private),
        "the keys of a ring": (list(ring.keys), private),
        "a refresh token as it is kept": (
            RefreshRecord(token_hash=STORED, family="f1", expires_at=timedelta()),  # type: ignore[arg-type]
            [STORED],
        ),
        "a database": (open_store(f"postgresql://ada:{PASSWORD}@127.0.0.1/none"), [PASSWORD]),
        "a server of Redis": (open_store(f"redis://ada:{PASSWORD}@127.0.0.1/0"), [PASSWORD]),
    }


def test_audit_01_nothing_that_holds_a_secret_shows_it() -> None:
    for what, (shown, secrets) in _shown().items():
        for text in (repr(shown), str(shown), f"{shown}"):
            for secret in secrets:
                assert secret[:LETTERS] not in text, what


def test_audit_01_the_way_of_a_request_through_everything_says_no_secret(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Logs, events and rows of good, bad and broken credentials of every kind."""
    caplog.set_level(logging.DEBUG)
    store, events = MemoryStore(), Events()
    keys = APIKeys(store, events=events)
    trail = AuditTrail(store, events)
    log_events(events)
    heard: list[Any] = []
    events.tap()(heard.append)
    app = NexiosApp(MakeConfig(secret_key=SECRET), events=events)
    app.add_middleware(SessionMiddleware())
    backends = [JWTAuthBackend(), APIKeyAuthBackend(keys=keys), SessionAuthBackend()]
    app.add_middleware(AuthenticationMiddleware(user_model=Person, backends=backends))
    app.get("/guarded")(_guarded())
    key, record = asyncio.run(keys.create("ada", "ci"))
    token = create_jwt({"id": "ada"}, SECRET)
    answers = []
    for name, good in (("authorization", f"Bearer {token}"), ("x-api-key", key)):
        for value in (good, good[:-1] + "!", good + good, good[:-9], good.swapcase()):
            answers.append(ask(app, headers=[(name, value), ("cookie", f"session={token}")]))
    asyncio.run(keys.revoke(record.id))
    answers.append(ask(app, headers=[("x-api-key", key)]))
    assert {answer.status for answer in answers} == {200, 401}
    asyncio.run(events.drain())
    rows = asyncio.run(trail.find())
    assert len(heard) >= len(answers)
    assert rows
    assert any(each.name == "nexios.audit" for each in caplog.records)
    bodies = [answer.body for answer in answers if answer.status != 200]
    said = caplog.text + repr(heard) + repr(rows) + repr(bodies)
    for secret in (SECRET, key.partition("_")[2], token.rpartition(".")[2], key.swapcase()):
        assert secret[:LETTERS] not in said


def _guarded() -> Any:
    from nexios.auth import auth

    @auth()
    async def guarded(request: Any, response: Any) -> str:
        return "in"

    return guarded


NOW = datetime(2027, 1, 15, tzinfo=UTC)


def _answered(key: str) -> None:
    app = NexiosApp()

    @app.get("/guarded")
    async def guarded(request: Any, response: Any) -> None:
        raise BadRequest(f"no such key: {key}")

    assert ask(app).status == 400


LEAKS: dict[str, Callable[[str], object]] = {
    "the log": lambda key: logging.getLogger("nexios.leak").debug("presented: %s", key),
    "a traceback": lambda key: logging.getLogger("nexios").error("no", exc_info=ValueError(key)),
    "a part of it": lambda key: logging.getLogger("nexios").info(key[4:18]),
    "an event": lambda key: Events().emit(KeyCreated(key_id=key)),
    "a row": lambda key: asyncio.run(MemoryStore().add_audit([AuditRecord(id=key, at=NOW, event="e")])),
    "a body": _answered,
}


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS.keys())
def test_audit_01_what_watches_over_the_suite_finds_a_secret_that_is_said(
    leak: Callable[[str], object], secrecy: Watch
) -> None:
    with Watch().watching() as watch:
        key, _ = create_api_key()
        logging.getLogger("elsewhere").error(key)
        assert watch.found() == []
        leak(key)
    # The one over the suite has heard it too, and shall forget it: this was on purpose.
    for secret in watch.secrets:
        secrecy.secrets.pop(secret, None)
    assert watch.found()
    assert all(found.startswith("an API key in ") for found in watch.found())


LEAKING = """
import logging
from nexios.apikeys import create_api_key
from tests.secrecy import secrecy

def test_that_leaks():
    logging.getLogger("nexios").info(create_api_key()[0])
"""


def test_audit_01_a_run_of_the_suite_fails_where_a_secret_is_said(tmp_path: Path) -> None:
    (tmp_path / "test_leak.py").write_text(LEAKING)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr
    assert "secrets were said" in done.stdout
    assert "an API key in the log" in done.stdout
    assert done.returncode != 0


def test_audit_01_the_watch_over_the_suite_sees_secrets_and_hears_what_is_said(secrecy: Watch) -> None:
    """It would find nothing either if it neither saw nor heard."""
    before = dict(secrecy.counts)
    known = len(secrecy.secrets)
    app = session_app()
    client = client_of(app)
    client.post("/login/ada")
    app.events.emit(Refused())
    create_api_key()
    assert client_of(app).get("/me").status_code == 401
    assert ask(NexiosApp()).status == 404
    logging.getLogger("nexios").debug("a word")
    assert len(secrecy.secrets) >= known + 2
    for where in ("an event", "a problem's body", "a problem's headers", "the log"):
        assert secrecy.counts[where] > before.get(where, 0), where


HOSTILE = {
    "line ends": "ada\r\nINFO nexios.auth: eve was let in",
    "a JSON line": 'ada"}\n{"event": "authenticated", "identity": "eve',
    "a terminal's escapes": "ada\x1b[2J\x1b]0;owned\x07\x9b31m\x7f",
    "other line ends": "ada\u2028eve\u2029\x85\x0b\x0c\x1c\x1d\x1e",
    "a turned direction": "ada\u202egnp.exe\u2066",
    "nothing printable": "\0\x01\ud800\ufffe",
}


@pytest.mark.parametrize("identity", HOSTILE.values(), ids=HOSTILE.keys())
def test_audit_02_an_identity_writes_no_line_of_its_own(
    identity: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    app = NexiosApp(MakeConfig(secret_key=SECRET))
    app.add_middleware(AuthenticationMiddleware(user_model=Person, backend=JWTAuthBackend()))
    app.get("/guarded")(_guarded())
    log_events(app.events)
    if "\ud800" not in identity:
        token = create_jwt({"id": identity}, SECRET)
        assert ask(app, headers=[("authorization", f"Bearer {token}")]).status == 401
    app.events.emit(Refused(identity=identity, reason=identity, address=identity, scope=identity))
    app.events.emit(LimitReached(identity=identity, limit=identity, by=identity))
    asyncio.run(app.events.drain())
    lines = [record.getMessage() for record in caplog.records if record.name == "nexios.audit"]
    assert len(lines) == (2 if "\ud800" in identity else 3)
    for line in lines:
        assert line.isascii()
        assert line.isprintable()
        assert json.loads(line)["identity"] == identity


HEADERS: dict[str, Callable[[str], list[tuple[str, str | bytes]]]] = {
    "a token": lambda text: [("authorization", b"Bearer " + text.encode("utf-8", "replace"))],
    "a key": lambda text: [("x-api-key", text.encode("utf-8", "replace"))],
    "an algorithm": lambda text: [("authorization", f"Bearer {_headed(text)}")],
}


def _headed(algorithm: str) -> str:
    from nexios.tokens.base64url import encode_base64url

    head = json.dumps({"alg": algorithm, "typ": "JWT"}).encode()
    return b".".join(map(encode_base64url, (head, b"{}", b"x"))).decode()


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS.keys())
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_audit_02_nor_does_whatever_else_is_presented(
    header: Callable[[str], list[tuple[str, str | bytes]]], text: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "nexios")
    app = NexiosApp(MakeConfig(secret_key=SECRET))
    backends = [JWTAuthBackend(), APIKeyAuthBackend(keys=APIKeys(MemoryStore()))]
    app.add_middleware(AuthenticationMiddleware(user_model=Person, backends=backends))
    app.get("/guarded")(_guarded())
    assert ask(app, headers=header(text)).status == 401
    for record in caplog.records:
        assert record.getMessage().isprintable(), record.getMessage()
        assert record.getMessage().isascii()
