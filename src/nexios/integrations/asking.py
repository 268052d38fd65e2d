"""What `requires` asks, in the words of `@auth` and `@has_permission`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nexios.auth.decorators import names_of
from nexios.auth.requirements import Requirement

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["requirement_of"]


def requirement_of(
    scope: str | None,
    scopes: Sequence[str] | None,
    permission: str | None,
    permissions: Sequence[str] | None,
) -> Requirement:
    """The requirement of these arguments.

    Raises:
        ConfigError: They are of another kind.
    """
    by = names_of("requires", "scope", scope, scopes)
    may = names_of("requires", "permission", permission, permissions)
    return Requirement(None if by is None else frozenset(by), may or ())
