"""What mypy says of key rings, issuers and resources; read by it, never run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, assert_type

from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.routing import Router
from nexios.tokens import Introspection, Issuer, KeyRing, ProtectedResource, resource_routes

ring = assert_type(KeyRing.generate("EdDSA"), KeyRing)
assert_type(KeyRing.load(Path("ring.json")), KeyRing)
assert_type(KeyRing.load({"keys": []}, algorithm="PS256"), KeyRing)
assert_type(KeyRing.follow("ring.json"), KeyRing)
assert_type(ring.sign({"sub": "7"}, expires_in=timedelta(minutes=5)), str)
assert_type(ring.rotate().kid, str)
KeyRing.load(7)  # type: ignore[arg-type]
ring.retire()  # type: ignore[call-arg]


def permissions(claims: Mapping[str, Any]) -> set[str] | None:
    return {"read"}


issuer = Issuer("https://accounts.example", audience="api", permissions=permissions)
Issuer("https://accounts.example", audience=["api"], permissions=None, leeway=timedelta(seconds=5))
Issuer("https://accounts.example")  # type: ignore[call-arg]
opaque = Introspection("https://accounts.example/introspect", client_id="api", client_secret="x")
resource = ProtectedResource(
    resource="https://api.example", authorization_servers=["https://accounts.example"]
)
assert_type(resource_routes(resource), Router)
JWTAuthBackend("sub", tokens=ring, resource=resource)
JWTAuthBackend("sub", tokens=[issuer, opaque])
JWTAuthBackend("sub", resource="https://api.example")  # type: ignore[arg-type]


async def use() -> None:
    assert_type((await issuer.verify("x"))["sub"], Any)
