"""A `Tokens` of a test's own: one ring, one clock, and processes that share a store."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from nexios.stores import MemoryStore
from nexios.tokens import KeyRing, Tokens
from tests.parts import Clock

ISSUER = "https://api.example"
AUDIENCE = "api"

# Two keys are made for it: one ring for all tests that change nothing about it.
RING = KeyRing.generate("EdDSA")


def tokens_of(store: Any = None, clock: Clock | None = None, **options: Any) -> Tokens:
    """Tokens in one process; another one with the same store and clock is another process."""
    clock = clock or Clock()
    usual = {"ring": RING, "issuer": ISSUER, "audience": AUDIENCE, "reuse_grace": timedelta(0)}
    ring = options.pop("ring", usual.pop("ring"))
    return Tokens(
        ring,
        store=MemoryStore() if store is None else store,
        **{**usual, "clock": clock, "monotonic": clock, **options},
    )
