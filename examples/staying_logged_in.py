"""Access tokens of ten minutes and refresh tokens that are good once: stay logged in, and notice a theft.

    uv run nexios run examples.staying_logged_in:app

Then, in another terminal:

    PAIR=$(curl -s -X POST localhost:8000/guests)
    TOKEN=$(echo "$PAIR" | cut -d '"' -f 4)
    REFRESH=$(echo "$PAIR" | cut -d '"' -f 8)
    curl -i -H "Authorization: Bearer $TOKEN" localhost:8000/profile              # 200
    curl -i localhost:8000/profile                                                # 401
    curl -i -H "Authorization: Bearer wrong" localhost:8000/profile               # 401

When the access token has expired, the refresh token gets the next two:

    NEXT=$(curl -s -d grant_type=refresh_token -d refresh_token=$REFRESH localhost:8000/token)
    TOKEN=$(echo "$NEXT" | cut -d '"' -f 4)
    curl -i -H "Authorization: Bearer $TOKEN" localhost:8000/profile              # 200

A thief who comes with the first one again gets nothing, and has ended the login for both:

    curl -i -d grant_type=refresh_token -d refresh_token=$REFRESH localhost:8000/token   # 400
    curl -i -H "Authorization: Bearer $TOKEN" localhost:8000/profile              # 401

Without NEXIOS_STORE_URL the logins are gone with the process. To keep them, with the keys:

    uv run nexios tokens keys generate --file ring.json
    export NEXIOS_KEY_RING=ring.json NEXIOS_STORE_URL=sqlite:///logins.db
"""

from __future__ import annotations

import logging
import os
import secrets
from datetime import timedelta

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, SimpleUser, auth, public
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.events import TokenReused
from nexios.tokens import KeyRing, Tokens, token_routes

logger = logging.getLogger(__name__)

ring = (
    KeyRing.follow(os.environ["NEXIOS_KEY_RING"]) if "NEXIOS_KEY_RING" in os.environ else KeyRing.generate()
)
config = MakeConfig.from_env({"NEXIOS_STORE_URL": "memory://", **os.environ})
app = NexiosApp(config=config)

tokens = Tokens(
    ring,
    store=app.store,
    issuer="http://localhost:8000",
    audience="profile",
    access_ttl=timedelta(minutes=10),
    refresh_ttl=timedelta(days=30),
    # No second use is forgiven, so that the commands above show the theft at once.
    reuse_grace=timedelta(0),
    events=app.events,
)
app.add_middleware(
    AuthenticationMiddleware(user_model=SimpleUser, backend=JWTAuthBackend(identifier="sub", tokens=tokens))
)
app.include(token_routes(tokens))


@app.post("/guests")
@public
async def new_guest(request: Request, response: Response):
    """Stands for your login: check a password here."""
    pair = await tokens.issue(f"guest-{secrets.token_hex(4)}")
    response.set_header("Cache-Control", "no-store")
    return pair.to_dict()


@app.get("/profile")
@auth()
async def profile(request: Request, response: Response):
    return {"user_id": request.user.identity, "expires_at": request.credential["exp"]}


@app.delete("/profile/logins")
@auth()
async def log_out_everywhere(request: Request, response: Response):
    return {"ended": await tokens.revoke_all(request.user.identity)}


@app.events.listen(TokenReused)
async def warn(event: TokenReused) -> None:
    logger.warning("%s: a refresh token came twice, and its login has ended", event.identity)
