"""What it costs that tokens can be called back: `python -m benchmarks.tokens`.

The same token again and again, as most requests bring it: by the application's secret, by a key ring, and by
`Tokens`, which knows of revocations: none, a hundred thousand of them, and asked of a database each second.
"""

from __future__ import annotations

import asyncio
import gc
import random
import tempfile
from collections import defaultdict
from datetime import timedelta
from statistics import median
from typing import Any

from benchmarks.apps.nexios import User, who
from benchmarks.asgi import Wire
from benchmarks.candidates import ASGIApp
from benchmarks.credentials import token
from benchmarks.inprocess import time_of
from benchmarks.machine import pinned
from benchmarks.progress import console
from benchmarks.requests import bearer
from benchmarks.world import IDENTITY, SECRET
from nexios import NexiosApp
from nexios.auth import auth
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.auth.middleware import AuthenticationMiddleware
from nexios.config import MakeConfig
from nexios.stores import open_store
from nexios.tokens import KeyRing, Tokens

MANY = 100_000
SAME = 5000
ROUNDS = 15


def _app(tokens: Any = None) -> NexiosApp:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    backend = JWTAuthBackend(identifier="sub", tokens=tokens)
    app.add_middleware(AuthenticationMiddleware(user_model=User, backend=backend))
    app.get("/jwt")(auth(scope="jwt")(who))
    return app


async def _issuing(store: Any, revoked: int = 0) -> tuple[ASGIApp, Wire]:
    tokens = Tokens(KeyRing.generate("EdDSA"), store=store, issuer="https://api.example", audience="api")
    pair = await tokens.issue(IDENTITY)
    for start in range(0, revoked, 1000):
        names = [f"{number:032x}" for number in range(start, start + 1000)]
        await tokens._revocations.revoke(*names)
    return _app(tokens), Wire("GET", "/jwt", bearer(pair.access_token.encode()))


async def measure(rounds: int = ROUNDS) -> dict[str, float]:
    """Kind of token to µs a request; the first round warms up."""
    ring = KeyRing.generate("EdDSA")
    by_ring = ring.sign({"sub": IDENTITY}, expires_in=timedelta(hours=1))
    with tempfile.TemporaryDirectory() as folder:
        async with open_store("memory://") as memory, open_store(f"sqlite:///{folder}/tokens.db") as sqlite:
            await sqlite.upgrade()
            subjects: dict[str, tuple[ASGIApp, Wire]] = {
                "secret": (_app(), Wire("GET", "/jwt", bearer(token()))),
                "key ring": (_app(ring), Wire("GET", "/jwt", bearer(by_ring.encode()))),
                "Tokens": await _issuing(memory),
                "Tokens, 100,000 revoked": await _issuing(open_store("memory://"), MANY),
                "Tokens in SQLite": await _issuing(sqlite),
            }
            taken: dict[str, list[float]] = defaultdict(list)
            gc.collect()
            gc.freeze()
            for _ in range(rounds + 1):
                for name, (app, wire) in random.sample(list(subjects.items()), len(subjects)):
                    taken[name].append(await time_of(app, [wire] * SAME, 200))
            gc.unfreeze()
            return {name: median(taken[name][1:]) for name in subjects}


def main() -> None:
    """Measure, and print what each kind costs beside the application's secret."""
    with pinned(0):
        found = asyncio.run(measure())
    for name, microseconds in found.items():
        console.print(f"{name:<26} {microseconds:6.2f} µs  {microseconds / found['secret']:.2f}")


if __name__ == "__main__":
    main()
