"""What a 401 asks for: the `WWW-Authenticate` header (RFC 9110 11.6.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nexios.http.problems import quoted_string

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nexios.auth.backends.base import AuthenticationBackend

__all__ = ["Challenges"]


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
        # As many entries as there are sets of scopes in guards and of backends that refuse: few, and none by
        # a client.
        self._kept: dict[tuple[frozenset[str] | None, tuple[str, ...]], dict[str, str]] = {}

    def header(self, scopes: frozenset[str] | None, refused: tuple[str, ...] = ()) -> dict[str, str]:
        """The header that names each scheme which would do.

        Args:
            scopes: The scopes that the route takes; None: any.
            refused: The schemes of which a credential was presented and refused.
        """
        key = (scopes, refused)
        kept = self._kept.get(key)
        if kept is None:
            kept = self._kept[key] = {"WWW-Authenticate": self._write(scopes, refused)}
        return kept

    def _write(self, scopes: frozenset[str] | None, refused: tuple[str, ...]) -> str:
        fitting = [b for b in self._backends if scopes is None or b.scope is None or b.scope in scopes]
        schemes = dict.fromkeys(backend.scheme for backend in fitting or self._backends)
        return ", ".join(self._challenge(scheme, scheme in refused) for scheme in schemes)

    def _challenge(self, scheme: str, refused: bool) -> str:
        # RFC 6750 3.1: invalid_token only where a bearer token was presented
        error = ', error="invalid_token"' if refused and scheme == "Bearer" else ""
        return f"{scheme} realm={self._realm}{error}"
