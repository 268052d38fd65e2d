"""The middleware of an application, as it was built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from nexios.cli.loading import users_code
from nexios.dispatch import Dispatcher

if TYPE_CHECKING:
    from nexios.application import NexiosApp

__all__ = ["Layers", "built"]

Layer = TypeVar("Layer")


class Layers(NamedTuple):
    """The layers around an application's routes.

    Attributes:
        found: From the outermost on.
        hidden_by: The first that does not say what is inside it; None: all were found.
    """

    found: list[Any]
    hidden_by: Any

    def of(self, kind: type[Layer]) -> list[Layer]:
        """Those that are of `kind`."""
        return [layer for layer in self.found if isinstance(layer, kind)]


def built(app: NexiosApp) -> Layers:
    """Put `app` together and look at its layers.

    Raises:
        ConfigError: It does not hold together.
        LoadError: Something else went wrong while it was built.
    """
    with users_code("the application cannot be built", "its middleware raised this when it was added"):
        layer: Any = app.build()
    found = []
    while not isinstance(layer, Dispatcher):
        found.append(layer)
        layer = getattr(layer, "app", None)
        if layer is None:
            return Layers(found, found[-1])
    return Layers(found, None)
