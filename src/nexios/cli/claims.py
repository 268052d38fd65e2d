"""`--claim name=value` on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["parse_claims"]

# RFC 7519 4.1: these are text, whatever they look like.
_TEXTS = frozenset({"iss", "sub", "jti"})


def parse_claims(given: Iterable[str]) -> dict[str, Any]:
    """The claims that the arguments make.

    Args:
        given: `name=value` each; a value that is JSON means what it means there, all else is text.

    Raises:
        typer.BadParameter: One is of another form, or named twice.
    """
    claims: dict[str, Any] = {}
    for argument in given:
        name, equals, value = argument.partition("=")
        if not name or not equals:
            raise typer.BadParameter(f"{argument!r} is not of the form name=value, e.g. --claim id=7")
        if name in claims:
            raise typer.BadParameter(
                f'{name} is given twice: several values are a list, {name}=\'["a", "b"]\''
            )
        claims[name] = _value(name, value)
    return claims


def _value(name: str, text: str) -> Any:
    try:
        value = msgspec.json.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return text
    return text if name in _TEXTS and not isinstance(value, str) else value
