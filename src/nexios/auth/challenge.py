"""What a 401 says: its body, and what it asks for in `WWW-Authenticate` (RFC 9110 11.6.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from nexios.http.answers import FixedAnswer
from nexios.http.problems import Unauthorized, problem_response, quoted_string

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nexios.auth.backends.base import AuthenticationBackend

__all__ = ["Challenges"]

_Case: TypeAlias = tuple[frozenset[str] | None, tuple[str, ...]]


class Challenges:
    """Writes the challenges of an application's backends.

    Args:
        backends: In their order.
        realm: What the challenges name.
    """

    __slots__ = ("_backends", "_kept", "_realm")

    def __init__(self, backends: Sequence[AuthenticationBackend], realm: str) -> None:
        self._backends = tuple(backends)
        self._realm = quoted_string(realm)
        # As many as guards name sets of scopes and backends can refuse together: a client adds none.
        self._kept: dict[
            tuple[frozenset[str] | None, tuple[str, ...]], tuple[str, dict[str, str], FixedAnswer]
        ] = {}

    def refusal(self, scopes: frozenset[str] | None, refused: tuple[str, ...] = ()) -> Unauthorized:
        """The 401 whose challenge names each scheme that would do.

        Args:
            scopes: The scopes that the route takes; None: any.
            refused: The schemes of which a credential was presented and refused.
        """
        kept = self._kept.get((scopes, refused))
        if kept is None:
            kept = self._kept[scopes, refused] = self._write(scopes, refused)
        detail, headers, answer = kept
        # A copy, since a handler of refusals may add to it.
        return Unauthorized(detail, headers.copy(), answer)

    def _write(
        self, scopes: frozenset[str] | None, refused: tuple[str, ...]
    ) -> tuple[str, dict[str, str], FixedAnswer]:
        fitting = [b for b in self._backends if scopes is None or b.scope is None or b.scope in scopes]
        schemes = dict.fromkeys(backend.scheme for backend in fitting or self._backends)
        challenge = ", ".join(self._challenge(scheme, scheme in refused) for scheme in schemes)
        detail = "The credential was refused." if refused else "Authentication is required."
        headers = {"WWW-Authenticate": challenge}
        return detail, headers, FixedAnswer(problem_response(401, detail, headers))

    def _challenge(self, scheme: str, refused: bool) -> str:
        # RFC 6750 3.1: invalid_token only where a bearer token was presented
        error = ', error="invalid_token"' if refused and scheme == "Bearer" else ""
        return f"{scheme} realm={self._realm}{error}"
