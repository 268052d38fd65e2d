"""Whatever the suite makes that is secret is looked for in whatever the library says, once the suite is done.

Secret: the keys of configurations and key rings, the signatures of tokens and cookies, refresh tokens, the
secrets of sessions, and API keys. Said: what is logged at any level, events, the rows of the audit, spans,
and the headers and bodies of problems. A secret is found by its first letters behind the public prefix.
"""

from __future__ import annotations

import functools
import inspect
import logging
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
import pytest

import nexios

LETTERS = 12
"""By how many letters a secret is known again."""

_FEWEST = 6  # different letters: what has fewer, a test has made up
_PRIVATE = ("d", "p", "q", "dp", "dq", "qi", "k")


class Watch:
    """The secrets that were made meanwhile, and what was said."""

    def __init__(self) -> None:
        self.secrets: dict[str, str] = {}
        self.said: dict[str, str] = {}
        self.counts: dict[str, int] = {}

    def secret(self, what: str, text: str) -> None:
        """Remember a secret, without its public prefix."""
        start = text[:LETTERS]
        if len(start) == LETTERS and len(set(start)) >= _FEWEST:
            self.secrets.setdefault(start, what)

    def say(self, where: str, text: str) -> None:
        """Remember what was said."""
        self.counts[where] = self.counts.get(where, 0) + 1
        self.said.setdefault(text, where)

    def found(self) -> list[str]:
        """Where a secret was said, each once."""
        found = {}
        library = "".join(path.read_text("utf-8") for path in Path(nexios.__file__).parent.rglob("*.py"))
        for text, where in self.said.items():
            for at in range(len(text) - LETTERS + 1):
                start = text[at : at + LETTERS]
                what = self.secrets.get(start)
                # Hypothesis makes secrets of the texts, too, that stand in the code.
                if what is not None and start not in library:
                    found[f"{what} in {where}: {text[max(0, at - 60) : at + 3]}..."] = None
        return list(found)

    @contextmanager
    def watching(self) -> Iterator[Watch]:
        """Listen in on the library."""
        with ExitStack() as stack:
            for owner, name, hook in (*_makers(self), *_speakers(self)):
                stack.enter_context(patch.object(owner, name, _hooked(getattr(owner, name), hook)))
            yield self


def _hooked(original: Any, hook: Callable[..., Any]) -> Any:
    """A function in place of `original`, which `hook` calls when it likes."""
    if inspect.iscoroutinefunction(hook):
        # With these parameters and no others: a server finds out by them what it has before it.
        async def application(self: Any, scope: Any, receive: Any, send: Any) -> Any:
            return await hook(original, self, scope, receive, send)

        return application

    @functools.wraps(original)
    def hooked(*args: Any, **kwargs: Any) -> Any:
        return hook(original, *args, **kwargs)

    return hooked


def _makers(watch: Watch) -> Iterator[tuple[Any, str, Callable[..., Any]]]:
    """Where secrets are made."""
    from nexios.apikeys import format as key_format
    from nexios.config import MakeConfig
    from nexios.session import stored
    from nexios.session.cookie import SignedCookies
    from nexios.tokens import refresh
    from nexios.tokens.base64url import encode_base64url
    from nexios.tokens.keys import TokenKey

    def checksum(original: Any, start: str) -> Any:
        # Also asked of keys that somebody has presented.
        if sys._getframe(2).f_code.co_name == "create_api_key":
            watch.secret("an API key", start.rpartition("_")[2])
        return original(start)

    def config(original: Any, self: MakeConfig) -> None:
        for secret in self.secret_keys:
            watch.secret("secret_key", secret)
        original(self)

    def signer(original: Any, self: TokenKey, algorithm: str) -> Any:
        sign = original(self, algorithm)

        def signing(message: bytes) -> bytes:
            signature: bytes = sign(message)
            watch.secret("a token's signature", encode_base64url(signature).decode())
            return signature

        return signing

    def secret_jwk(original: Any, self: TokenKey) -> Any:
        jwk = original(self)
        for member in _PRIVATE:
            watch.secret(f"{member} of a private key", str(jwk.get(member, "")))
        return jwk

    def cookie(original: Any, *args: Any) -> Any:
        value, life = original(*args)
        watch.secret("a cookie's signature", value.rpartition(".")[2])
        return value, life

    def refresh_token(original: Any) -> str:
        token: str = original()
        watch.secret("a refresh token", token.removeprefix("rt_"))
        return token

    def session_secret(original: Any) -> str:
        secret: str = original()
        watch.secret("a session's secret", secret)
        return secret

    yield key_format, "_checksum", checksum
    yield MakeConfig, "_check_secrets", config
    yield TokenKey, "signer", signer
    yield TokenKey, "secret_jwk", secret_jwk
    yield SignedCookies, "write", cookie
    yield refresh, "_new_token", refresh_token
    yield stored, "new_secret", session_secret


def _speakers(watch: Watch) -> Iterator[tuple[Any, str, Callable[..., Any]]]:
    """Where the library says something."""
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    from nexios.application import NexiosApp
    from nexios.events import Events
    from nexios.stores.memory.audit import MemoryAudit
    from nexios.stores.sql.audit import SQLAudit

    def log(original: Any, self: logging.Logger, *args: Any, **kwargs: Any) -> Any:
        if self.name.partition(".")[0] == "nexios":
            watch.say("the log", _logged(args, kwargs))
        return original(self, *args, **{**kwargs, "stacklevel": kwargs.get("stacklevel", 1) + 2})

    def emit(original: Any, self: Events, event: Any) -> None:
        watch.say("an event", f"{event!r} {msgspec.to_builtins(event)}")
        original(self, event)

    def audit(original: Any, self: Any, records: Any) -> Any:
        for record in records:
            watch.say("the audit", repr(record))
        return original(self, records)

    def export(original: Any, self: Any, spans: Any) -> Any:
        for span in spans:
            watch.say("a span", span.to_json())
        return original(self, spans)

    async def answer(original: Any, self: NexiosApp, scope: Any, receive: Any, send: Any) -> None:
        problem = False

        async def sending(message: Any) -> None:
            nonlocal problem
            if message["type"].endswith("response.start"):
                headers = dict(message.get("headers", ()))
                problem = headers.get(b"content-type") == b"application/problem+json"
                if problem:
                    told = {name: value for name, value in headers.items() if name != b"set-cookie"}
                    watch.say("a problem's headers", repr(told))
            elif problem and "body" in message:
                watch.say("a problem's body", bytes(message["body"]).decode("utf-8", "replace"))
            await send(message)

        await original(self, scope, receive, sending)

    for name in ("debug", "info", "warning", "error", "exception", "critical", "log"):
        yield logging.Logger, name, log
    yield Events, "emit", emit
    yield MemoryAudit, "add_audit", audit
    yield SQLAudit, "add_audit", audit
    yield InMemorySpanExporter, "export", export
    yield NexiosApp, "__call__", answer


def _logged(args: Any, kwargs: Any) -> str:
    text, *values = args if isinstance(args[0], str) else args[1:]
    line = text % tuple(values) if values and not isinstance(values[0], dict) else f"{text} {values}"
    error = kwargs.get("exc_info")
    return line + ("".join(traceback.format_exception(error)) if isinstance(error, BaseException) else "")


@pytest.fixture(scope="session", autouse=True)
def secrecy() -> Iterator[Watch]:
    """Fails at the end of the run where anything secret was said."""
    with Watch().watching() as watch:
        yield watch
    found = watch.found()
    assert not found, "\n".join(["secrets were said:", *found])
