"""What a token is for, as OAuth spells it: names with one blank between (RFC 6749 3.3)."""

from __future__ import annotations

import re
from collections.abc import Collection

from nexios.exceptions import InvalidScope

__all__ = ["narrowed_scope", "scope_names", "scope_text"]

_NAME = re.compile(r"[!#-\[\]-~]+")


def scope_text(scope: str | Collection[str] | None) -> str | None:
    """`scope` as a token says it; None: all that the subject may do.

    Args:
        scope: Names with blanks between, or a collection of names.

    Raises:
        TypeError: It is of another kind.
        ValueError: It names nothing, or something that is no scope.
    """
    if scope is None:
        return None
    names = scope.split(" ") if isinstance(scope, str) else scope
    if not isinstance(names, Collection) or not all(isinstance(name, str) for name in names):
        raise TypeError(
            f'scope is text or a collection of texts, e.g. "read write", not {type(scope).__name__}'
        )
    given = names if isinstance(names, (list, tuple)) else sorted(names)
    if not given or not all(_NAME.fullmatch(name) for name in given):
        raise ValueError('scope is one name or more with one blank between, e.g. "read write" (RFC 6749 3.3)')
    return " ".join(dict.fromkeys(given))


def scope_names(scope: object) -> frozenset[str] | None:
    """The names in the scope of a token; None where it has none.

    Raises:
        ValueError: It is no scope.
    """
    if scope is None:
        return None
    if not isinstance(scope, str):
        raise ValueError("scope is not text")
    return frozenset(scope.split(" ")) - {""}


def narrowed_scope(scope: str | None, granted: str | None) -> str | None:
    """`scope`, if all of it was granted.

    Args:
        scope: What is asked for; None: what was granted.
        granted: What was granted; None: everything.

    Raises:
        InvalidScope: It is wider, or none.
    """
    if scope is None:
        return None
    try:
        wanted = scope_text(scope) or ""
    except (TypeError, ValueError) as error:
        raise InvalidScope(str(error)) from None
    if granted is not None and not set(wanted.split(" ")) <= set(granted.split(" ")):
        raise InvalidScope("the scope is wider than that of the login (RFC 6749 6)")
    return wanted
