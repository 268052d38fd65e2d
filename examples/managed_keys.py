"""API keys that their owners manage: made, listed, replaced and revoked over HTTP.

    uv run nexios run examples.managed_keys:app

Then, in another terminal:

    TOKEN=$(curl -s -X POST localhost:8000/guests)
    WANTED='{"name": "ci", "permissions": ["read"], "expires_in": 86400}'
    MADE=$(curl -s -H "Authorization: Bearer $TOKEN" -d "$WANTED" localhost:8000/keys)
    KEY=$(echo "$MADE" | cut -d '"' -f 4)
    ID=$(echo "$MADE" | cut -d '"' -f 8)
    curl -i -H "X-API-Key: $KEY" localhost:8000/data                              # 200
    curl -i localhost:8000/data                                                   # 401
    curl -i -H "X-API-Key: key_wrong" localhost:8000/data                         # 401

The key may read, though its owner may write as well; and a key makes no keys:

    curl -i -X POST -H "Authorization: Bearer $TOKEN" localhost:8000/data         # 204
    curl -i -X POST -H "X-API-Key: $KEY" localhost:8000/data                      # 403
    curl -i -H "X-API-Key: $KEY" localhost:8000/keys                              # 401

Once it is revoked it is dead:

    curl -i -H "Authorization: Bearer $TOKEN" localhost:8000/keys                 # 200
    curl -i -X DELETE -H "Authorization: Bearer $TOKEN" localhost:8000/keys/$ID   # 204
    curl -i -H "X-API-Key: $KEY" localhost:8000/data                              # 401

Without NEXIOS_STORE_URL the keys are gone with the process. To keep them:

    export NEXIOS_STORE_URL=sqlite:///managed-keys.db
"""

from __future__ import annotations

import os
import secrets
from datetime import timedelta

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.apikeys import APIKeys, key_routes
from nexios.auth import AuthenticationMiddleware, SimpleUser, has_permission, public
from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt


class Guest(SimpleUser):
    """Every guest may read and write."""

    @classmethod
    async def load_user(cls, identity: str) -> Guest | None:
        return cls(identity, permissions={"read", "write"})


app = NexiosApp(
    config=MakeConfig(
        secret_key=os.environ.get("NEXIOS_SECRET_KEY", secrets.token_urlsafe(32)),
        # The application brings the tables up to date when it starts.
        store_url=os.environ.get("NEXIOS_STORE_URL", "memory://"),
    )
)
keys = APIKeys(app.store)
app.add_middleware(
    AuthenticationMiddleware(user_model=Guest, backends=[JWTAuthBackend(), APIKeyAuthBackend(keys=keys)])
)
app.include(key_routes(keys))


@app.post("/guests")
@public
async def welcome(request: Request, response: Response):
    """Whoever comes is a guest, with a token for half an hour."""
    return create_jwt({"id": f"guest-{secrets.token_hex(4)}"}, expires_in=timedelta(minutes=30))


@app.get("/data")
@has_permission("read")
async def data(request: Request, response: Response):
    return {"owner": request.user.identity, "by": request.auth}


@app.post("/data")
@has_permission("write")
async def change(request: Request, response: Response):
    return None
