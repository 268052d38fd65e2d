"""What tests of an application need: act as somebody, turn the clock, hear events, find open routes.

```python
client = TestClient(app)
ada = client.acting_as("ada", permissions={"read"})
assert ada.get("/reports").status_code == 200
assert_guarded(app)
```

Nothing in the application knows of it: who acts as somebody asks a copy of its stack, which no request of
anybody else reaches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexios.exceptions import ConfigError
from nexios.testing.acting import acting
from nexios.testing.clock import FrozenClock
from nexios.testing.guarded import assert_guarded, open_routes
from nexios.testing.hearing import hearing

if TYPE_CHECKING:
    from nexios.testing.client import AsyncTestClient, TestClient

__all__ = [
    "AsyncTestClient",
    "FrozenClock",
    "TestClient",
    "acting",
    "assert_guarded",
    "hearing",
    "open_routes",
]


def __getattr__(name: str) -> Any:
    # The clients bring a library of their own, which is imported where they are used.
    if name not in ("AsyncTestClient", "TestClient"):
        raise AttributeError(f"module 'nexios.testing' has no attribute {name!r}")
    try:
        from nexios.testing import client
    except (ImportError, RuntimeError):  # Starlette's test client raises the latter
        raise ConfigError('the test clients need httpx2: pip install "nexios[testing]"') from None
    return getattr(client, name)
