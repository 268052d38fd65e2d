"""What mypy says of listeners, the audit and test clients; read by it, never run."""

from __future__ import annotations

from datetime import timedelta
from typing import assert_type

from nexios import NexiosApp
from nexios.apikeys import APIKeys
from nexios.audit import AuditTrail, log_events
from nexios.auth import SimpleUser
from nexios.events import Event, Events, KeyUsed, Refused, TokenReused
from nexios.stores import AuditRecord, MemoryStore
from nexios.testing import AsyncTestClient, FrozenClock, TestClient, assert_guarded, hearing

app = NexiosApp(events=Events())
store = MemoryStore()


@app.events.listen(TokenReused)
async def warn(event: TokenReused) -> None: ...


@app.events.listen_in_batches(size=50)
def write(events: list[Event]) -> None: ...


assert_type(write([Refused(reason="expired")]), None)
app.events.listen("token_reused")  # type: ignore[arg-type]
KeyUsed()  # type: ignore[call-arg]

keys = APIKeys(store, events=app.events, clock=FrozenClock())
log_events(app.events, Refused, TokenReused)
trail = AuditTrail(store, app.events, retention=timedelta(days=30))
AuditTrail(store, app)  # type: ignore[arg-type]


async def use() -> None:
    assert_type(await trail.find(identity="7", kind=Refused), list[AuditRecord])
    assert_type(await app.events.drain(within=1), bool)
    assert_type(AsyncTestClient(app).acting_as("7"), AsyncTestClient)


assert_type(TestClient(app).acting_as(SimpleUser("7"), permissions={"read"}), TestClient)
assert_guarded(app, besides=["/static"])
with hearing(app.events, Refused) as heard:
    assert_type(heard, list[Event])
