"""Asking about a change by loading all of the code with it."""

from __future__ import annotations

import importlib.machinery
import sys
from types import CodeType

import pytest

from mutation.forks import Job
from mutation.mutants import ROOT, source_of

__all__ = ["ask_afresh", "warm_up"]

# What tests import besides the code under test, so that a fork need not.
_LIBRARIES = (
    *("aiosqlite", "alembic.command", "anyio", "asyncpg", "cosmic_ray.mutating", "cryptography.x509"),
    *("fastapi.testclient", "httpx2", "hypothesis.stateful", "itsdangerous", "joserfc.jwe", "joserfc.jwk"),
    *("joserfc.jws", "jwt", "limits.aio.storage", "limits.aio.strategies", "msgspec", "redis.asyncio"),
    *("sqlalchemy.dialects.postgresql.asyncpg", "sqlalchemy.dialects.sqlite.aiosqlite"),
    *("sqlalchemy.ext.asyncio", "starlette.testclient", "time_machine", "trio", "uvicorn"),
)
# A plug-in that is loaded before pytest is not rewritten by it, and need not be.
_OPTIONS = ("-x", "-q", "--no-header", "--tb=no", "-W", "ignore::pytest.PytestAssertRewriteWarning")


def warm_up() -> None:
    """Load what every fork needs, and nothing of what is changed."""
    for name in _LIBRARIES:
        __import__(name)
    if any(name.partition(".")[0] == "nexios" for name in sys.modules):
        raise RuntimeError("nexios is loaded already: a change of it would not be seen")


def ask_afresh(job: Job) -> int:
    """Run the tests in this process, which has not loaded the code so far; 0 where none notices."""
    if job.made:
        _load_changed(str(ROOT / job.mutant.module), source_of(job.mutant))
    return int(pytest.main([*_OPTIONS, *job.tests]))


def _load_changed(path: str, source: str) -> None:
    loader = importlib.machinery.SourceFileLoader
    as_it_is = loader.get_code

    def get_code(self: importlib.machinery.SourceFileLoader, fullname: str) -> CodeType | None:
        return (
            compile(source, path, "exec", dont_inherit=True)
            if self.path == path
            else as_it_is(self, fullname)
        )

    loader.get_code = get_code  # type: ignore[method-assign, assignment]
