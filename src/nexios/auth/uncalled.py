"""What FastAPI may not call itself: `Depends(auth)` would make a guard at each request, and ask nobody."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any, NoReturn, TypeVar

from nexios.exceptions import ConfigError

__all__ = ["no_dependency"]

Called = TypeVar("Called", bound=Callable[..., Any])


def no_dependency(mend: str) -> Callable[[Called], Called]:
    """Let FastAPI fail by `mend` where the route is declared, if what this decorates is a dependency.

    FastAPI takes the parameters of a dependency that are not its own from the query, and has pydantic read
    their annotations first. Whoever else calls it notices nothing.
    """
    refused = Annotated[Any, _Refused(mend)]

    def mark(called: Called) -> Called:
        signature = inspect.signature(called)
        marked = [each.replace(annotation=refused) for each in signature.parameters.values()]
        called.__signature__ = signature.replace(parameters=marked)  # type: ignore[attr-defined]
        return called

    return mark


class _Refused:
    def __init__(self, mend: str) -> None:
        self._mend = mend

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> NoReturn:
        raise ConfigError(self._mend)

    def __repr__(self) -> str:
        return "no dependency"
