"""Where events go in, and who hears them."""

from __future__ import annotations

import logging
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

import anyio

from nexios.events.kinds import Event
from nexios.events.listener import Listener, is_async, listener_for
from nexios.exceptions import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Events", "events_of", "running_events"]

logger = logging.getLogger("nexios.events")

Function = TypeVar("Function", bound="Callable[..., Any]")

_WAITING = 10_000


class Events:
    """Takes events and hands them to whoever listens, later and elsewhere: emitting never waits or raises.

    Each listener has a queue of its own. What does not fit any more is dropped and counted.

    Attributes:
        listening: Whether anybody listens at all; all that a request asks where nobody does.
    """

    def __init__(self) -> None:
        self.listening = False
        self._listeners: tuple[Listener, ...] = ()
        self._taps: tuple[tuple[Callable[[Event], Any], tuple[type[Event], ...]], ...] = ()
        self._wanted: dict[type[Event], bool] = {}

    def listen(self, *kinds: type[Event], waiting: int = _WAITING) -> Callable[[Function], Function]:
        """Call the decorated function, sync or async, with each event of `kinds`, one after another.

        A sync function runs in a thread of its own, an async one on the application's loop. What it raises is
        logged.

        Args:
            kinds: The kinds that it hears; none: all of them.
            waiting: How many events may wait for it.

        Raises:
            ConfigError: One of them is no kind of event, or the decorated is no function.
        """
        return self._listen(kinds, waiting, 0)

    def listen_in_batches(
        self, *kinds: type[Event], size: int = 200, waiting: int = _WAITING
    ) -> Callable[[Function], Function]:
        """Call the decorated function with lists of events, as they have come in meanwhile.

        Args:
            kinds: The kinds that it hears; none: all of them.
            size: How many events a list has at most.
            waiting: How many events may wait for it.

        Raises:
            ConfigError: One of them cannot be.
        """
        if type(size) is not int or size < 1:
            raise ConfigError("size is how many events a list has at most, e.g. size=200")
        return self._listen(kinds, waiting, size)

    def tap(self, *kinds: type[Event]) -> Callable[[Function], Function]:
        """Call the decorated function within `emit` itself, in the middle of the request.

        For what only counts or notes: it must wait for nothing.

        Args:
            kinds: The kinds that it hears; none: all of them.

        Raises:
            ConfigError: One of them is no kind of event, or the decorated is no function, or async.
        """
        heard = _checked_kinds(kinds)

        def decorate(function: Function) -> Function:
            if is_async(function):
                raise ConfigError(
                    "a tap is a plain function, for emitting awaits nothing: use @events.listen()"
                )
            self._change(self._listeners, (*self._taps, (_checked_function(function), heard)))
            return function

        return decorate

    def unlisten(self, function: Callable[..., Any]) -> None:
        """Call `function` no more; what waits for it is forgotten."""
        # Equal, not the same: a bound method is another object each time.
        self._change(
            tuple(each for each in self._listeners if each.function != function),
            tuple(each for each in self._taps if each[0] != function),
        )

    def wants(self, kind: type[Event]) -> bool:
        """Whether anybody listens to this kind: asked before an event is made."""
        known = self._wanted  # before it is looked who listens: what is noted in an old one is lost
        wanted = known.get(kind)
        if wanted is None:
            wanted = known[kind] = any(
                issubclass(kind, kinds)
                for kinds in (*(each.kinds for each in self._listeners), *(tap[1] for tap in self._taps))
            )
        return wanted

    def emit(self, event: Event) -> None:
        """Hand `event` to whoever listens. Never waits, never raises; to be called from any thread."""
        for function, kinds in self._taps:
            if isinstance(event, kinds):
                try:
                    function(event)
                except Exception as error:
                    logger.error("a tap raised %s", type(error).__name__, exc_info=error)
        for listener in self._listeners:
            if isinstance(event, listener.kinds):
                try:
                    listener.put(event)
                except Exception as error:  # e.g. no thread can be started
                    logger.error("%s could not be woken: %s", listener.name, type(error).__name__)

    @property
    def dropped(self) -> int:
        """How many events were dropped, since their listener was too slow."""
        return sum(listener.dropped for listener in self._listeners)

    async def drain(self, within: float = 5.0) -> bool:
        """Wait until every listener has heard everything; an application does so when it stops.

        Args:
            within: For how many seconds at most.

        Returns:
            Whether they have.
        """
        with anyio.move_on_after(within):
            async with anyio.create_task_group() as group:
                for listener in self._listeners:
                    group.start_soon(listener.drain)
        late = [listener.name for listener in self._listeners if not listener.idle]
        if late:
            logger.warning("not everything was heard within %s seconds by %s", within, ", ".join(late))
        return not late

    def _listen(
        self, kinds: tuple[type[Event], ...], waiting: int, batch: int
    ) -> Callable[[Function], Function]:
        heard = _checked_kinds(kinds)
        if type(waiting) is not int or waiting < 1:
            raise ConfigError("waiting is how many events may wait for a listener, e.g. waiting=10_000")

        def decorate(function: Function) -> Function:
            listener = listener_for(_checked_function(function), heard, waiting, batch)
            self._change((*self._listeners, listener), self._taps)
            return function

        return decorate

    def _change(self, listeners: tuple[Listener, ...], taps: tuple[Any, ...]) -> None:
        self._listeners, self._taps = listeners, taps
        # Another dictionary: who looks up in this one at the moment keeps what was right a moment ago.
        self._wanted = {}
        self.listening = bool(listeners or taps)

    def __repr__(self) -> str:
        return f"<Events heard by {len(self._listeners) + len(self._taps)}>"


running_events: ContextVar[Events | None] = ContextVar("nexios_running_events", default=None)
"""Set by the host while it builds its stack: a layer takes its hub from here."""


def events_of(scope: Mapping[str, Any]) -> Events | None:
    """The hub of the application that this request is for; None: there is none, and nobody listens."""
    authentication = scope.get("nexios.authentication")
    found = getattr(authentication if authentication is not None else scope.get("app"), "events", None)
    return found if isinstance(found, Events) else None


def _checked_kinds(kinds: tuple[Any, ...]) -> tuple[type[Event], ...]:
    for kind in kinds:
        if not (isinstance(kind, type) and issubclass(kind, Event)):
            raise ConfigError(
                f"{kind!r} is no kind of event: @events.listen(TokenReused), or @events.listen() for all"
            )
    return kinds or (Event,)


def _checked_function(function: Any) -> Any:
    if not callable(function):
        raise ConfigError(f"a listener must be a function of the event, not {type(function).__name__}")
    return function
