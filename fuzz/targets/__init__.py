"""What is fuzzed: a function of the input for each parser, which raises `Finding`."""

from __future__ import annotations

from collections.abc import Callable

from fuzz.targets import credentials, forwarding, issuing, keys, sessions

__all__ = ["TARGETS"]

TARGETS: dict[str, Callable[[bytes], None]] = {
    "token": credentials.token,
    "authorization": credentials.authorization,
    "api-key": credentials.api_key,
    "cookie": sessions.cookie,
    "stored-cookie": sessions.stored_cookie,
    "session-payload": sessions.payload,
    "jwk": keys.jwk,
    "form": issuing.form,
    "proof": issuing.proof,
    "forwarded": forwarding.forwarded,
}
