"""Whoever calls us may name every argument, so that a call says what it means and survives a new one."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import FunctionType

import nexios

POSITIONAL = {
    # They pass on whatever else is named, which may be called `name` too, as in Starlette.
    "nexios.application.NexiosApp.url_path_for",
    "nexios.dispatch.Dispatcher.url_path_for",
    "nexios.types.MiddlewareRecipe.__call__",
}
RUN_WHEN_IMPORTED = ("nexios.cli.template", "nexios.stores.migrations")


def functions() -> Iterator[tuple[str, FunctionType]]:
    for found in pkgutil.walk_packages(nexios.__path__, "nexios."):
        if found.name.startswith(RUN_WHEN_IMPORTED) or found.name.endswith(".__main__"):
            continue
        module = importlib.import_module(found.name)
        for owner in [module, *(each for each in vars(module).values() if inspect.isclass(each))]:
            for name, value in vars(owner).items():
                function = getattr(value, "__func__", getattr(value, "fget", value))
                if isinstance(function, FunctionType) and function.__module__ == module.__name__:
                    inside = f"{owner.__qualname__}." if inspect.isclass(owner) else ""
                    yield f"{module.__name__}.{inside}{name}", function


def test_every_argument_may_be_given_by_name() -> None:
    found = {
        name: [
            each.name
            for each in inspect.signature(function).parameters.values()
            if each.kind == each.POSITIONAL_ONLY
        ]
        for name, function in functions()
    }
    assert len(found) > 1000
    assert {name for name, positional in found.items() if positional} == POSITIONAL
