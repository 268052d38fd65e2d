"""What a client is told of a body or a query that is of another form than the handler wants."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from nexios.http.answers import FixedAnswer
from nexios.http.problems import Unprocessable, problem_response

if TYPE_CHECKING:
    import msgspec

__all__ = ["InvalidFields", "invalid_fields"]

_PLACE = re.compile(r" - at (?:`key` in )?`\$([^`]*)`$")
_NAMED = re.compile(r"^Object (?:missing required|contains unknown) field `(.*)`$", re.DOTALL)
_STEP = re.compile(r"\[(\d+)\]|\.([^.\[]+)|(\[\.\.\.\])")
_LONGEST = 300


class InvalidFields(Unprocessable):
    """422: a body or a query is of another form than the handler wants, and this is where.

    Args:
        detail: What the client is told in one sentence.
        errors: What is wrong where: `detail`, and `pointer` into the body (RFC 6901) or the `parameter`.
    """

    def __init__(self, detail: str, errors: list[dict[str, str]]) -> None:
        super().__init__(detail, None, FixedAnswer(problem_response(422, detail, errors=errors)))
        self.errors = errors


def invalid_fields(error: msgspec.ValidationError, where: str) -> InvalidFields:
    """The refusal that names the field.

    Args:
        error: What msgspec found first.
        where: `pointer` for a body, `parameter` for a query.
    """
    steps, said = _place_of(error)
    if where == "pointer":
        place = "#" + "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in steps)
        shown = ".".join(steps)
    else:
        place = shown = steps[0] if steps else ""
    detail = f"{shown}: {said}" if shown else said
    return InvalidFields(f"{detail}.", [{"detail": f"{said}.", where: place}])


def _place_of(error: msgspec.ValidationError) -> tuple[list[str], str]:
    """The steps from the outermost value to the wrong one, as far as they are known, and what is wrong."""
    said, steps = str(error), []
    found = _PLACE.search(said)
    if found is not None:
        said = said[: found.start()]
        for index, name, unknown in _STEP.findall(found[1]):
            if unknown:
                break  # a key of a mapping, which msgspec does not tell
            steps.append(index or name)
    named = _NAMED.match(said)
    if named is not None:
        # One that is not known is the client's own word, and as long as the body.
        steps.append(named[1][:_LONGEST])
    return steps, _sentence(error, said)


def _sentence(error: Any, said: str) -> str:
    if isinstance(error.__cause__, TypeError):
        # A mistake in __post_init__ is the application's own; a ValueError there is meant for the client.
        said = "not what is wanted here"
    # A value that is not among those of an enumeration stands in the text: it may be long.
    return said.replace("`", "").rstrip(".")[:_LONGEST]
