"""What OpenTelemetry is told: how long it took to find out who asks, and what came of it; never who."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.apikeys import APIKeys
from nexios.auth import AuthenticationMiddleware, auth
from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt
from nexios.auth.backends.session import SessionAuthBackend
from nexios.events import Events, KeyRevoked
from nexios.exceptions import ConfigError
from nexios.session import SessionMiddleware
from nexios.stores import MemoryStore
from nexios.telemetry import Telemetry
from tests.attacks.asking import ask
from tests.parts import SECRET, ByHeader, Clock, Person


class Watched:
    """Everything that is exported."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        tracer_provider = TracerProvider()
        tracer_provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.reader = InMemoryMetricReader()
        self.tracer = tracer_provider.get_tracer("test")
        self.telemetry = Telemetry(
            tracer_provider=tracer_provider, meter_provider=MeterProvider([self.reader])
        )

    def spans(self) -> list[tuple[str, dict[str, Any]]]:
        return [(span.name, dict(span.attributes or {})) for span in self.exporter.get_finished_spans()]

    def counted(self, name: str = "nexios.credentials") -> list[tuple[dict[str, Any], Any]]:
        data = self.reader.get_metrics_data()
        return [
            (dict(point.attributes), point.value)
            for resource in ([] if data is None else data.resource_metrics)
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]

    def everything(self) -> str:
        return repr([span.to_json() for span in self.exporter.get_finished_spans()]) + repr(self.counted())


@pytest.fixture
def watched() -> Watched:
    return Watched()


class Failing(Person):
    @classmethod
    async def load_user(cls, identity: str) -> Person | None:
        if identity == "raise":
            raise RuntimeError("a row of the passwords")
        return await super().load_user(identity)


def app_of(watched: Watched, *backends: Any) -> NexiosApp:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(SessionMiddleware())
    app.add_middleware(watched.telemetry)
    app.add_middleware(AuthenticationMiddleware(user_model=Failing, backends=list(backends)))

    @app.get("/guarded")
    @auth()
    async def guarded(request: Request, response: Response) -> str:
        return str(request.user.identity)

    return app


def bearer(identity: str = "ada", **claims: Any) -> list[tuple[str, str]]:
    return [("authorization", f"Bearer {create_jwt({'id': identity, **claims}, SECRET)}")]


AUTHENTICATE, LOAD = "nexios.authenticate", "nexios.load_user"


def test_a_good_credential_is_a_span_for_the_backend_and_one_for_the_user(watched: Watched) -> None:
    app = app_of(watched, JWTAuthBackend(), SessionAuthBackend())
    assert ask(app, headers=bearer()).body == b"ada"
    assert watched.spans() == [
        (AUTHENTICATE, {"nexios.scope": "jwt", "nexios.outcome": "good"}),
        (LOAD, {"nexios.found": True}),
    ]
    assert watched.counted() == [({"nexios.event": "authenticated", "nexios.scope": "jwt"}, 1)]


def test_a_request_without_a_credential_is_no_span(watched: Watched) -> None:
    assert ask(app_of(watched, JWTAuthBackend())).status == 401
    assert watched.spans() == []
    assert watched.counted() == [({"nexios.event": "refused", "nexios.reason": "no credential"}, 1)]


REASONS = {
    "expired": (bearer(exp=1), "expired"),
    "unknown": (bearer("eve"), "unknown user"),
    "garbage": ([("authorization", "Bearer a.b.c")], "other"),
}


@pytest.mark.parametrize(("headers", "reason"), REASONS.values(), ids=REASONS.keys())
def test_refusals_are_counted_by_one_of_few_reasons(watched: Watched, headers: Any, reason: str) -> None:
    app = app_of(watched, JWTAuthBackend(clock=Clock()))
    for _ in range(3):
        assert ask(app, headers=headers).status == 401
    told = {"nexios.event": "refused", "nexios.scope": "jwt", "nexios.reason": reason}
    assert watched.counted() == [(told, 3)]
    outcome = "good" if reason == "unknown user" else "refused"
    assert watched.spans()[0] == (AUTHENTICATE, {"nexios.scope": "jwt", "nexios.outcome": outcome})


def test_what_fails_is_told_by_its_kind_alone(watched: Watched) -> None:
    app = app_of(watched, JWTAuthBackend())
    assert ask(app, headers=bearer("raise")).status == 503
    span = watched.exporter.get_finished_spans()[-1]
    assert span.name == LOAD
    assert span.status.status_code is StatusCode.ERROR
    assert dict(span.attributes or {}) == {"error.type": "RuntimeError", "nexios.outcome": "failed"}
    assert "passwords" not in watched.everything()


def test_a_key_that_is_looked_up_is_measured_to_the_end(watched: Watched) -> None:
    """And neither the key nor whose it is gets out."""
    import asyncio

    keys = APIKeys(MemoryStore())
    key, _ = asyncio.run(keys.create("ada", "ci"))
    app = app_of(watched, APIKeyAuthBackend(keys=keys))
    assert ask(app, headers=[("x-api-key", key)]).body == b"ada"
    assert watched.spans()[0] == (AUTHENTICATE, {"nexios.scope": "apikey", "nexios.outcome": "good"})
    assert key[:16] not in watched.everything()
    assert "'ada'" not in watched.everything()


def test_a_backend_of_ones_own_that_waits_is_measured(watched: Watched) -> None:
    app = app_of(watched, ByHeader("own"))
    assert ask(app, headers=[("x-user", "ada")]).body == b"ada"
    assert ask(app).status == 401
    outcomes = [attributes["nexios.outcome"] for name, attributes in watched.spans() if name == AUTHENTICATE]
    assert outcomes == ["good", "none"]


def test_events_stand_in_the_span_that_is_open(watched: Watched) -> None:
    app = app_of(watched, JWTAuthBackend())
    ask(app)
    with watched.tracer.start_as_current_span("request"):
        app.events.emit(KeyRevoked(key_id="k1", identity="ada", scope="apikey"))
    (span,) = watched.exporter.get_finished_spans()
    assert [(event.name, dict(event.attributes or {})) for event in span.events] == [
        ("key_revoked", {"nexios.event": "key_revoked", "nexios.scope": "apikey"})
    ]


def test_dropped_events_are_counted(watched: Watched) -> None:
    app = app_of(watched, JWTAuthBackend())
    app.build()

    @app.events.listen(waiting=1)
    async def never(event: Any) -> None: ...

    for _ in range(5):
        app.events.emit(KeyRevoked(key_id="k1"))
    assert watched.counted("nexios.events.dropped") == [({}, 4)]


def test_another_host_is_measured_too(watched: Watched) -> None:
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse

    events = Events()
    host = Starlette()
    recipe = AuthenticationMiddleware(
        user_model=Person, backend=JWTAuthBackend(), config=MakeConfig(secret_key=SECRET), events=events
    )
    host.add_middleware(recipe)
    host.add_middleware(watched.telemetry)  # Starlette: the one added last is the outermost

    @auth()
    async def guarded(request: Any) -> PlainTextResponse:
        return PlainTextResponse(request.user.identity)

    host.router.add_route("/guarded", guarded)
    assert ask(host, headers=bearer()).body == b"ada"
    assert [name for name, _ in watched.spans()] == [AUTHENTICATE, LOAD]


def test_where_there_is_nothing_to_measure_the_start_says_so(watched: Watched) -> None:
    app = NexiosApp()
    app.add_middleware(AuthenticationMiddleware(user_model=Person, backend=ByHeader()))
    app.add_middleware(watched.telemetry)
    with pytest.raises(ConfigError, match="above that of AuthenticationMiddleware"):
        app.build()


def test_without_opentelemetry_it_says_what_to_install() -> None:
    code = (
        "import sys\nsys.modules['opentelemetry'] = None\n"
        "from nexios.telemetry import Telemetry\n"
        "try:\n    Telemetry()\nexcept Exception as error:\n    print(type(error).__name__, error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 'ConfigError Telemetry needs OpenTelemetry: pip install "nexios[otel]"' in done.stdout


def test_nobody_imports_opentelemetry_who_does_not_ask_for_it() -> None:
    code = "import sys, nexios, nexios.telemetry; assert 'opentelemetry' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
