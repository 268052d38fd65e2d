"""What comes to the routes that issue tokens: forms, and proofs of a key."""

from __future__ import annotations

from fuzz.asking import ask, run
from fuzz.findings import Finding
from fuzz.world import CONFIG, WHO, guarded
from nexios import NexiosApp
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.stores import MemoryStore
from nexios.tokens import DPoP, KeyRing, Tokens, token_routes

__all__ = ["form", "proof"]

_FORM = (b"content-type", b"application/x-www-form-urlencoded")

_store = MemoryStore()
_tokens = Tokens(KeyRing.generate("EdDSA"), store=_store, issuer="https://api.example", audience="api")
_pair = run(_tokens.issue(WHO))
_proved = guarded(
    JWTAuthBackend(identifier="sub", tokens=_tokens, dpop=DPoP(_store, origin="https://api.example"))
)
_issuing = NexiosApp(config=CONFIG)
_issuing.include(token_routes(_tokens))


def form(data: bytes) -> None:
    """A form to `/token` and to `/revoke`: nothing comes of one without a token that was issued."""
    for path in ("/token", "/revoke"):
        answer = ask(_issuing, "POST", path, [_FORM, (b"content-length", b"%d" % len(data))], data)
        if path == "/token" and answer.status == 200:
            raise Finding(f"tokens were issued for {data!r}")
        if answer.status not in (200, 400, 401, 413, 415):
            raise Finding(f"{path} answered {answer.status}")
        if (b"cache-control", b"no-store") not in answer.headers:
            raise Finding(f"{path} may be cached: {answer.status}")


def proof(data: bytes) -> None:
    """A DPoP proof beside a token that is good, but bound to no key: whatever is proved, nobody gets in."""
    headers = [(b"authorization", b"DPoP " + _pair.access_token.encode()), (b"dpop", data)]
    answer = ask(_proved, headers=headers)
    if answer.status != 401:
        raise Finding(f"answered {answer.status} to {data!r}")
