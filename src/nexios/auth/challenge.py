"""What a 401 or a 403 says: its body, and what it asks for in `WWW-Authenticate` (RFC 9110 11.6.1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from nexios.auth.base import is_named
from nexios.http.answers import FixedAnswer
from nexios.http.problems import Forbidden, Unauthorized, problem_response, quoted_string

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nexios.auth.backends.base import AuthenticationBackend
    from nexios.auth.model import AuthResult

__all__ = ["Challenges"]

# RFC 6749 3.3: what a scope may be called
_SCOPE = re.compile(r"[!#-\[\]-~]+")
_NAME_ERRORS = frozenset({"Bearer", "DPoP"})
_FORBIDDEN = "You do not have the permission that this needs."

_Case: TypeAlias = tuple[frozenset[str] | None, tuple[str, ...]]


class Challenges:
    """Writes the challenges of an application's backends.

    Args:
        backends: In their order.
        realm: What the challenges name.
    """

    __slots__ = ("_backends", "_kept", "_realm", "_wider")

    def __init__(self, backends: Sequence[AuthenticationBackend], realm: str) -> None:
        self._backends = tuple(backends)
        self._realm = quoted_string(realm)
        # As many as guards name sets of scopes and backends can refuse together: a client adds none.
        self._kept: dict[
            tuple[frozenset[str] | None, tuple[str, ...]], tuple[str, dict[str, str], FixedAnswer]
        ] = {}
        self._wider = {
            backend.scope: self._insufficient(backend)
            for backend in reversed(self._backends)
            if "resource_metadata" in backend.challenge_parameters
        }

    def refusal(self, scopes: frozenset[str] | None, refused: tuple[str, ...] = ()) -> Unauthorized:
        """The 401 whose challenge names each scheme that would do.

        Args:
            scopes: The scopes that the route takes; None: any.
            refused: The schemes of which a credential was presented and refused, some with the error behind.
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
        asked = dict.fromkeys(pair for each in fitting or self._backends for pair in _schemes(each))
        errors = {scheme: error for scheme, _, error in (each.partition(" ") for each in refused)}
        challenge = ", ".join(self._challenge(scheme, errors.get(scheme), more) for scheme, more in asked)
        detail = "The credential was refused." if refused else "Authentication is required."
        headers = {"WWW-Authenticate": challenge}
        return detail, headers, FixedAnswer(problem_response(401, detail, headers))

    def _challenge(self, scheme: str, refused: str | None, parameters: str) -> str:
        # RFC 6750 3.1, RFC 9449 7.1: an error only where a token was presented
        named = refused is not None and scheme in _NAME_ERRORS
        error = f", error={quoted_string(refused or 'invalid_token')}" if named else ""
        return f"{scheme} realm={self._realm}{error}{parameters}"

    def forbidden(self, result: AuthResult, permission: str, needed: tuple[str, ...]) -> Forbidden:
        """The 403, which says where a wider credential is to be had if that would help (RFC 6750 3.1).

        Args:
            result: Whose credential it is.
            permission: The one that is missing.
            needed: All that the route wants.
        """
        challenge = self._wider.get(result.scope)
        # A wider token would not help somebody who may not do it anyway.
        if challenge is None or result.permissions is None or is_named(permission, result.permissions):
            return Forbidden(_FORBIDDEN)
        names = " ".join(name for name in needed if _SCOPE.fullmatch(name))
        return Forbidden(_FORBIDDEN, {"WWW-Authenticate": challenge.format(names)})

    def _insufficient(self, backend: AuthenticationBackend) -> str:
        """The challenge of a backend that grants more elsewhere, with a place for what is needed."""
        start = f"{backend.scheme} realm={self._realm}".replace("{", "{{").replace("}", "}}")
        more = _parameters(backend.challenge_parameters).replace("{", "{{").replace("}", "}}")
        return f'{start}, error="insufficient_scope", scope="{{}}"{more}'


def _schemes(backend: AuthenticationBackend) -> Iterator[tuple[str, str]]:
    """The schemes that a backend takes, each with the parameters of its challenge."""
    yield backend.scheme, _parameters(backend.challenge_parameters)
    for scheme, parameters in backend.further_challenges.items():
        yield scheme, _parameters(parameters)


def _parameters(parameters: Mapping[str, str]) -> str:
    return "".join(f", {name}={quoted_string(value)}" for name, value in parameters.items())
