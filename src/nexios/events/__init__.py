"""What happened to a credential: typed events, and who listens.

```python
events = app.events                                 # a NexiosApp has its own; elsewhere: Events()

@events.listen(TokenReused)                         # one kind, several, or all: events.listen()
async def warn(event: TokenReused) -> None: ...

keys = APIKeys(store, events=events)                # what is no part of the application takes it by name
AuthenticationMiddleware(..., events=events)        # needed in other hosts only
```

Whoever emits holds an `Events` or None and asks first, so that an event nobody hears is never made:

```python
if events is not None and events.wants(KeyUsed):
    events.emit(KeyUsed(identity=record.owner, key_id=record.id))
```

A part that is built with the application's stack finds its hub in `running_events`; a function that is given
a request, in `events_of(request.scope)`. No event ever holds a secret: ids are the public ones.
"""

from nexios.events.hub import Events, events_of, running_events
from nexios.events.kinds import (
    Authenticated,
    Event,
    KeyCreated,
    KeyRevoked,
    KeyRotated,
    KeyUsed,
    LimitReached,
    Refused,
    SessionBegan,
    SessionEnded,
    TokenIssued,
    TokenRefreshed,
    TokenReused,
    TokenRevoked,
)

__all__ = [
    "Authenticated",
    "Event",
    "Events",
    "KeyCreated",
    "KeyRevoked",
    "KeyRotated",
    "KeyUsed",
    "LimitReached",
    "Refused",
    "SessionBegan",
    "SessionEnded",
    "TokenIssued",
    "TokenRefreshed",
    "TokenReused",
    "TokenRevoked",
    "events_of",
    "running_events",
]
