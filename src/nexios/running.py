"""Which configuration is in force: the running request's, else that of the app made last."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

from nexios.exceptions import ConfigError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from nexios.config import MakeConfig

__all__ = ["Configured", "current_config", "remember_config", "required_config", "running_config"]

running_config: ContextVar[MakeConfig | None] = ContextVar("nexios_running_config", default=None)
"""Set by the host around building its stack and around each request."""


class Configured:
    """An ASGI app whose requests run under `config`, in a host that sets none."""

    def __init__(self, app: ASGIApp, config: MakeConfig) -> None:
        self.app = app
        self._config = config

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on under the configuration."""
        token = running_config.set(self._config)
        try:
            await self.app(scope, receive, send)
        finally:
            running_config.reset(token)


# The one piece of module state: create_jwt({...}) in a script signs for the app made last.
_made_last: list[MakeConfig] = []


def remember_config(config: MakeConfig) -> None:
    """Note that an app with `config` was made."""
    _made_last[:] = [config]


def current_config() -> MakeConfig | None:
    """The running app's configuration, else that of the app made last, else None."""
    running = running_config.get()
    if running is not None:
        return running
    return _made_last[0] if _made_last else None


def required_config(what: str, config: MakeConfig | None = None) -> MakeConfig:
    """`config`, else the running app's; never that of another one.

    Raises:
        ConfigError: Neither is there; the message says that `what` needs one.
    """
    found = config if config is not None else running_config.get()
    if found is None:
        raise ConfigError(
            f"{what} needs a configuration: make NexiosApp(config=MakeConfig(secret_key=...)) first, "
            f"or in another host pass config=MakeConfig(secret_key=...)"
        )
    return found
