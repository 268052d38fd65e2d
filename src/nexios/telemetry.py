"""OpenTelemetry: how long it takes to find out who asks, and how often what comes of it.

Neither spans nor counters hold an identity: it may be the credential itself, and it names a person.
"""

from __future__ import annotations

import copy
import inspect
from typing import TYPE_CHECKING, Any

from nexios.auth.middleware import AuthenticationLayer
from nexios.auth.model import AuthResult
from nexios.events import Event, Events, Refused
from nexios.exceptions import ConfigError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator

    from opentelemetry.metrics import CallbackOptions, MeterProvider, Observation
    from opentelemetry.trace import Span, TracerProvider
    from starlette.types import ASGIApp

    from nexios.auth.authentication import LoadUser
    from nexios.auth.backends.base import AuthenticationBackend

__all__ = ["Telemetry"]

_NAME = "nexios"

# What a counter is told apart by is one of few: a backend's own words may be as many as it likes.
_REASONS = frozenset(
    {"another scope", "expired", "no credential", "permission", "revoked", "unavailable", "unknown user"}
)


class Telemetry:
    """Measures the AuthenticationMiddleware inside of it, by OpenTelemetry.

    `app.add_middleware(Telemetry())` comes before the line of AuthenticationMiddleware. Spans:
    `nexios.authenticate` for each backend that is asked, `nexios.load_user`; what happens to credentials is
    an event of the span that is open. Counters: `nexios.credentials`, by event, scope and reason, and
    `nexios.events.dropped`. A request passes no further layer by it.

    Args:
        tracer_provider: Makes the tracer; the global one by default.
        meter_provider: Makes the counters; the global one by default.

    Raises:
        ConfigError: OpenTelemetry is not installed.
    """

    def __init__(
        self,
        *,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
    ) -> None:
        try:
            from opentelemetry import metrics, trace
        except ImportError:
            raise ConfigError('Telemetry needs OpenTelemetry: pip install "nexios[otel]"') from None
        self._trace = trace
        self._observation = metrics.Observation
        self._tracer = trace.get_tracer(_NAME, tracer_provider=tracer_provider)
        self._meter = metrics.get_meter(_NAME, meter_provider=meter_provider)
        self._heard: list[Events] = []
        self._counter = self._meter.create_counter(
            "nexios.credentials", unit="{event}", description="What happened to credentials."
        )
        self._meter.create_observable_counter(
            "nexios.events.dropped",
            [self._dropped],
            unit="{event}",
            description="Events whose listener was too slow.",
        )

    def __call__(self, app: ASGIApp) -> ASGIApp:
        """Measure what is inside of `app`, which stays as it is.

        Raises:
            ConfigError: There is no AuthenticationMiddleware in it.
        """
        layers = [layer for layer in _layers(app) if isinstance(layer, AuthenticationLayer)]
        if not layers:
            raise ConfigError(
                "Telemetry measures the AuthenticationMiddleware inside of it: put the line "
                "app.add_middleware(Telemetry()) above that of AuthenticationMiddleware"
            )
        for layer in layers:
            layer.measure(self._measured_backend, self._measured_loader)
            if not any(heard is layer.events for heard in self._heard):
                self._heard.append(layer.events)
                layer.events.tap()(self._count)
        return app

    def _measured_backend(self, backend: AuthenticationBackend) -> AuthenticationBackend:
        measured = copy.copy(backend)
        for name in ("find", "authenticate"):
            # On the instance, since others ask what class a backend is of.
            setattr(measured, name, self._asked(getattr(backend, name), str(backend.scope)))
        return measured

    def _asked(self, ask: Callable[..., Any], scope: str) -> Callable[..., Any]:
        def asked(*args: Any) -> Any:
            span = self._tracer.start_span("nexios.authenticate", attributes={"nexios.scope": scope})
            with self._trace.use_span(span, record_exception=False, set_status_on_exception=False):
                try:
                    found = ask(*args)
                except BaseException as error:
                    self._end(span, error)
                    raise
            if inspect.iscoroutine(found):
                return later(span, found)
            self._end(span, found)
            return found

        async def later(span: Span, found: Awaitable[Any]) -> Any:
            with self._trace.use_span(span, record_exception=False, set_status_on_exception=False):
                try:
                    result = await found
                except BaseException as error:
                    self._end(span, error)
                    raise
            self._end(span, result)
            return result

        return asked

    def _measured_loader(self, load_user: LoadUser) -> LoadUser:
        async def load(identity: str) -> Any:
            span = self._tracer.start_span("nexios.load_user")
            with self._trace.use_span(span, record_exception=False, set_status_on_exception=False):
                try:
                    user = await load_user(identity)
                except BaseException as error:
                    self._end(span, error)
                    raise
            span.set_attribute("nexios.found", user is not None)
            span.end()
            return user

        return load

    def _end(self, span: Span, found: object) -> None:
        if isinstance(found, BaseException):
            # Its message may hold what was presented: the kind says enough.
            span.set_attribute("error.type", type(found).__name__)
            span.set_status(self._trace.StatusCode.ERROR)
            outcome = "failed"
        elif isinstance(found, AuthResult):
            outcome = "good" if found.success is True else "refused"
        else:
            outcome = "none"
        span.set_attribute("nexios.outcome", outcome)
        span.end()

    def _count(self, event: Event) -> None:
        known = {"nexios.event": event.name()}
        if event.scope is not None:
            known["nexios.scope"] = event.scope
        if isinstance(event, Refused):
            known["nexios.reason"] = event.reason if event.reason in _REASONS else "other"
        self._counter.add(1, known)
        self._trace.get_current_span().add_event(event.name(), known)

    def _dropped(self, options: CallbackOptions) -> Iterable[Observation]:
        return [self._observation(sum(events.dropped for events in self._heard))]

    def __repr__(self) -> str:
        return "Telemetry()"


def _layers(app: Any) -> Iterator[Any]:
    while app is not None:
        yield app
        app = getattr(app, "app", None)
