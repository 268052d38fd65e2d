"""Which applications are measured, and how to load them."""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

ASGIApp = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[MutableMapping[str, Any]]],
        Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ],
    Awaitable[None],
]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One application: `name` is its module under `benchmarks.apps`, `packages` what it is made of."""

    name: str
    label: str
    packages: tuple[str, ...]

    @property
    def target(self) -> str:
        """What uvicorn is told to serve."""
        return f"benchmarks.apps.{self.name}:app"

    @property
    def title(self) -> str:
        """The label, with the version of the first package where it names that package."""
        named = self.label.lower() == self.packages[0]
        return f"{self.label} {version(self.packages[0])}" if named else self.label

    def create(self, **settings: Any) -> ASGIApp:
        """A new application of this kind; imports its framework."""
        module = importlib.import_module(f"benchmarks.apps.{self.name}")
        app: ASGIApp = module.create_app(**settings)
        return app


RAW = Candidate("raw", "Raw ASGI + PyJWT", ("pyjwt", "itsdangerous"))
NEXIOS = Candidate("nexios", "Nexios", ("nexios",))

CANDIDATES: dict[str, Candidate] = {
    candidate.name: candidate
    for candidate in (
        NEXIOS,
        Candidate("nexios_full", "Nexios, 200 routes", ("nexios",)),
        RAW,
        Candidate("falcon", "Falcon", ("falcon", "pyjwt", "itsdangerous")),
        Candidate("starlette", "Starlette", ("starlette", "pyjwt", "itsdangerous")),
        Candidate("blacksheep", "BlackSheep", ("blacksheep", "pyjwt", "itsdangerous")),
        Candidate("litestar", "Litestar", ("litestar", "pyjwt", "cryptography")),
        Candidate("fastapi", "FastAPI", ("fastapi", "starlette", "pydantic", "pyjwt", "itsdangerous")),
    )
}
"""Every application, in the order of the tables."""
