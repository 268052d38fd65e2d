"""A route behind issuers, and an issuer that asks a provider of the tests."""

from __future__ import annotations

import json
from typing import Any

from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.tokens import Issuer
from tests.attacks.targets import Target
from tests.tokens.provider import Provider

INVALID = 'Bearer realm="api", error="invalid_token"'


class IssuerTarget(Target):
    """A route behind issuers."""

    def __init__(self, *issuers: Any, kept: int = 10_000) -> None:
        tokens = issuers[0] if len(issuers) == 1 else list(issuers)
        super().__init__([JWTAuthBackend("sub", tokens=tokens, kept=kept)], "jwt", secret_key=None)

    def takes(self, token: str, identity: str = "7") -> None:
        for _ in range(2):
            self.assert_lets_in(identity, ("authorization", f"Bearer {token}"))

    def refuses(self, token: str) -> None:
        for _ in range(2):
            answer = self.assert_stranger(("authorization", f"Bearer {token}"))
            assert answer.one("www-authenticate") == INVALID

    def cannot_tell(self, token: str) -> None:
        answer = self.assert_stranger(("authorization", f"Bearer {token}"), statuses=[503])
        assert json.loads(answer.body)["detail"] == "Authentication is not available at the moment."


def issuer_of(provider: Provider, **options: Any) -> Issuer:
    return Issuer(provider.url, **{"audience": "api", "clock": provider.clock, **options})
