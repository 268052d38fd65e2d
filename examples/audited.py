"""Events and the audit: everybody sees what happened to their own credentials.

    uv run nexios run examples.audited:app

Then, in another terminal:

    TOKEN=$(curl -s -X POST localhost:8000/guests)
    MADE=$(curl -s -H "Authorization: Bearer $TOKEN" -d '{"name": "ci"}' localhost:8000/keys)
    ID=$(echo "$MADE" | cut -d '"' -f 8)
    curl -i -X DELETE -H "Authorization: Bearer $TOKEN" localhost:8000/keys/$ID   # 204
    curl -i -H "Authorization: Bearer $TOKEN" localhost:8000/history              # 200
    curl -i -H "Authorization: Bearer wrong" localhost:8000/history               # 401
    curl -i localhost:8000/history                                                # 401

Each event is also a line of JSON in the log. Without NEXIOS_STORE_URL the audit is gone with the process. To
keep it:

    export NEXIOS_STORE_URL=sqlite:///audited.db
"""

from __future__ import annotations

import logging
import os
import secrets
from datetime import timedelta

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.apikeys import APIKeys, key_routes
from nexios.audit import AUDITED, AuditTrail, log_events
from nexios.auth import AuthenticationMiddleware, SimpleUser, auth, public
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt
from nexios.events import Authenticated, KeyRevoked

app = NexiosApp(
    config=MakeConfig(
        secret_key=os.environ.get("NEXIOS_SECRET_KEY", secrets.token_urlsafe(32)),
        store_url=os.environ.get("NEXIOS_STORE_URL", "memory://"),
    )
)
app.add_middleware(AuthenticationMiddleware(user_model=SimpleUser, backend=JWTAuthBackend()))
keys = APIKeys(app.store, events=app.events)
app.include(key_routes(keys))

trail = AuditTrail(app.store, app.events, kinds=[*AUDITED, Authenticated], retention=timedelta(days=90))
log_events(app.events)
logging.getLogger("nexios.audit").setLevel(logging.INFO)


@app.events.listen(KeyRevoked)
async def tell_the_owner(event: KeyRevoked) -> None:
    # Stands for a mail. It may take its time, or fail: the request is long answered.
    logging.getLogger("examples").warning("Dear %s, your key %s is revoked.", event.identity, event.key_id)


@app.post("/guests")
@public
async def welcome(request: Request, response: Response):
    """Whoever comes is a guest, with a token for half an hour."""
    return create_jwt({"id": f"guest-{secrets.token_hex(4)}"}, expires_in=timedelta(minutes=30))


@app.get("/history")
@auth()
async def history(request: Request, response: Response):
    """What happened to the credentials of whoever asks, this request included."""
    await app.events.drain(within=1)
    return [
        {"at": record.at.isoformat(), "event": record.event, "from": record.address, **record.details}
        for record in await trail.find(identity=request.user.identity)
    ]
