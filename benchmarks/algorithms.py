"""What the signature algorithm of a token costs: a token seen before, and one that is new each time."""

from __future__ import annotations

import asyncio
import gc
import random
from collections import defaultdict
from collections.abc import Iterator
from itertools import count
from statistics import median
from typing import Literal, NamedTuple

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from benchmarks.apps import raw
from benchmarks.apps.nexios import User, who
from benchmarks.asgi import Wire
from benchmarks.candidates import ASGIApp
from benchmarks.credentials import claims
from benchmarks.inprocess import time_of
from benchmarks.machine import pinned
from benchmarks.progress import steps
from benchmarks.requests import bearer
from benchmarks.world import SECRET
from nexios import NexiosApp
from nexios.auth import auth
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.auth.middleware import AuthenticationMiddleware
from nexios.config import MakeConfig

Algorithm = Literal["HS256", "RS256", "ES256", "EdDSA"]
ALGORITHMS: tuple[Algorithm, ...] = ("HS256", "RS256", "ES256", "EdDSA")
SAME = 3000
NEW = 300
"""Requests in a slice: with the same token, and with a new one each time (signing them takes a while)."""


PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


class Keys(NamedTuple):
    """What signs, and as text what verifies: PEM, or the shared secret."""

    private: PrivateKey | str
    public: str


def generate(algorithm: Algorithm) -> Keys:
    """New keys for that algorithm; RSA with 2048 bits."""
    if algorithm == "HS256":
        return Keys(SECRET, SECRET)
    key: PrivateKey
    if algorithm == "RS256":
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    elif algorithm == "ES256":
        key = ec.generate_private_key(ec.SECP256R1())
    else:
        key = ed25519.Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return Keys(key, public.decode())


def nexios_app(algorithm: Algorithm, keys: Keys) -> NexiosApp:
    """One guarded route behind that algorithm."""
    key = None if algorithm == "HS256" else keys.public
    app = NexiosApp(config=MakeConfig(secret_key=SECRET, jwt_algorithms=[algorithm], jwt_key=key))
    app.add_middleware(AuthenticationMiddleware(user_model=User, backend=JWTAuthBackend(identifier="sub")))
    app.get("/jwt")(auth(scope="jwt")(who))
    return app


class Subject:
    """An application, what signs its tokens, and the one token that it sees again."""

    _numbers = count()

    def __init__(self, app: ASGIApp, algorithm: Algorithm, keys: Keys) -> None:
        self._app = app
        self._algorithm = algorithm
        self._private = keys.private
        self._same = self._wire()

    def _wire(self) -> Wire:
        payload = claims(lifetime=24 * 3600 + next(self._numbers))
        token = jwt.encode(payload, self._private, algorithm=self._algorithm)
        return Wire("GET", "/jwt", bearer(token.encode()))

    async def same(self) -> float:
        """µs for a request with the token seen before."""
        return await time_of(self._app, [self._same] * SAME, 200)

    async def new(self) -> float:
        """µs for a request with a token never seen."""
        return await time_of(self._app, [self._wire() for _ in range(NEW)], 200)


def _subjects() -> Iterator[tuple[str, Subject]]:
    for algorithm in ALGORITHMS:
        keys = generate(algorithm)
        yield f"{algorithm} nexios", Subject(nexios_app(algorithm, keys), algorithm, keys)
        hand_made = raw.create_app(jwt_key=keys.public, algorithm=algorithm)
        yield f"{algorithm} raw", Subject(hand_made, algorithm, keys)


async def _measure(rounds: int) -> dict[str, dict[str, float]]:
    subjects = dict(_subjects())
    same: dict[str, list[float]] = defaultdict(list)
    new: dict[str, list[float]] = defaultdict(list)
    gc.freeze()
    with steps("algorithms", (rounds + 1) * len(subjects)) as step:
        for number in range(rounds + 1):
            for name, subject in random.sample(list(subjects.items()), len(subjects)):
                step(f"round {number}: {name}")
                same[name].append(await subject.same())
                new[name].append(await subject.new())
    gc.unfreeze()
    return {
        algorithm: {
            f"{app}_{kind}": median(values[f"{algorithm} {app}"][1:])
            for kind, values in (("same", same), ("new", new))
            for app in ("nexios", "raw")
        }
        for algorithm in ALGORITHMS
    }


def measure(rounds: int) -> dict[str, dict[str, float]]:
    """Algorithm to µs: `nexios_same`, `raw_same`, `nexios_new`, `raw_new`. The first round warms up."""
    with pinned(0):
        return asyncio.run(_measure(rounds))
