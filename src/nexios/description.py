"""What a route says of itself for those who read the API's description."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar

from nexios.exceptions import ConfigError

__all__ = ["LIMITED_ATTRIBUTE", "Description", "describe", "description_of"]

Handler = TypeVar("Handler", bound=Callable[..., Any])

LIMITED_ATTRIBUTE = "__nexios_limited__"
"""Marks a handler that answers only so often."""

_ATTRIBUTE = "__nexios_description__"


@dataclass(frozen=True, slots=True)
class Description:
    """What a decorator left on a handler or on a class of handlers.

    Attributes:
        summary: One line; None: the first of the docstring.
        tags: The groups that it belongs to.
        status: The status of a success; None: 204 where nothing is returned, else 200.
        returns: The type of what is answered then; None: what the handler's annotation says.
        answers: Other answers by status: a sentence, or a type.
        body: The type of a body that the handler reads itself, as JSON.
        form: The type of one that it reads as a form.
        deprecated: Whether it should no longer be used.
        hidden: Whether it is left out of the description.
    """

    summary: str | None = None
    tags: tuple[str, ...] = ()
    status: int | None = None
    returns: Any = None
    answers: Mapping[int, Any] = field(default_factory=lambda: MappingProxyType({}))
    body: Any = None
    form: Any = None
    deprecated: bool = False
    hidden: bool = False

    def within(self, whole: Description) -> Description:
        """The description of a method of a class that has one itself; the method's own is nearer."""
        return replace(
            self,
            tags=self.tags or whole.tags,
            answers={**whole.answers, **self.answers},
            deprecated=self.deprecated or whole.deprecated,
            hidden=self.hidden or whole.hidden,
        )


def describe(
    *,
    summary: str | None = None,
    tags: Sequence[str] = (),
    status: int | None = None,
    returns: Any = None,
    answers: Mapping[int, Any] | None = None,
    body: Any = None,
    form: Any = None,
    deprecated: bool = False,
    hidden: bool = False,
) -> Callable[[Handler], Handler]:
    """Say of a handler what its name, annotations and docstring do not; it changes nothing of what it does.

    Args:
        summary: One line, in place of the docstring's first.
        tags: The groups that it belongs to.
        status: The status of a success, e.g. 201.
        returns: The type of what is answered then, where the annotation does not say it: a Struct,
            a dataclass, a list of them, `str`, `bytes`.
        answers: Other answers by status: what it means, in a sentence, or the type of its body. From 400 on
            a sentence stands for a problem body.
        body: The type of a body that the handler reads itself, by `await request.json()`.
        form: The type of a body that it reads by `await request.form()`.
        deprecated: It should no longer be used.
        hidden: Leave it out of the description.

    Raises:
        ConfigError: The arguments are of another kind.
    """
    if isinstance(tags, str):
        raise ConfigError(f'@describe(tags=...) takes a list: tags=["{tags}"]')
    for code in (*(answers or {}), *(() if status is None else (status,))):
        if type(code) is not int or not 100 <= code <= 599:
            raise ConfigError(f"@describe: {code!r} is no HTTP status: status=201, answers={{404: '...'}}")
    if body is not None and form is not None:
        raise ConfigError("@describe takes body or form, not both: leave one out")
    found = Description(
        summary=summary,
        tags=tuple(tags),
        status=status,
        returns=returns,
        answers=MappingProxyType(dict(answers or {})),
        body=body,
        form=form,
        deprecated=deprecated,
        hidden=hidden,
    )

    def decorate(handler: Handler) -> Handler:
        try:
            setattr(handler, _ATTRIBUTE, found)
        except AttributeError:
            raise ConfigError(
                "@describe decorates a function or a class: put it on the method, not on an object's"
            ) from None
        return handler

    return decorate


def description_of(handler: Any) -> Description:
    """What was said of `handler`; nothing is said of most."""
    while isinstance(handler, partial) and not hasattr(handler, _ATTRIBUTE):
        handler = handler.func
    found = getattr(handler, _ATTRIBUTE, None)
    return found if isinstance(found, Description) else Description()
