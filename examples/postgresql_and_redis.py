"""Sessions in Redis and API keys in PostgreSQL, and for each user a page of both.

    uv run nexios run examples.postgresql_and_redis:app

Then, in another terminal (`-c` keeps cookies in a file, `-b` sends them):

    curl -i -c laptop.txt -X POST localhost:8000/guests/ada                       # 200
    curl -i -c phone.txt -X POST localhost:8000/guests/ada                        # 200
    curl -i -b laptop.txt localhost:8000/profile                                  # 200
    curl -i localhost:8000/profile                                                # 401
    curl -i -b session=wrong localhost:8000/profile                               # 401

Where one is logged in, and an end to all other places:

    curl -i -b laptop.txt localhost:8000/sessions                                 # 200
    curl -i -b laptop.txt -X DELETE localhost:8000/sessions                       # 200
    curl -i -b phone.txt localhost:8000/profile                                   # 401
    curl -i -b laptop.txt localhost:8000/profile                                  # 200

A key for a program, made in a session; the key itself reaches neither keys nor sessions:

    KEY=$(curl -s -b laptop.txt -d '{"name": "ci"}' localhost:8000/keys | cut -d '"' -f 4)
    curl -i -H "X-API-Key: $KEY" localhost:8000/profile                           # 200
    curl -i -H "X-API-Key: $KEY" localhost:8000/sessions                          # 401
    curl -i -H "X-API-Key: $KEY" localhost:8000/keys                              # 401

As it stands all is in memory and gone with the process. In earnest, in any number of processes:

    export NEXIOS_STORE_URL=postgresql://shop@db.example/shop
    export SESSIONS_URL=redis://cache.example/0
    uv run nexios run examples.postgresql_and_redis:app --workers 4
"""

from __future__ import annotations

import os
from datetime import timedelta

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.apikeys import APIKeys, key_routes
from nexios.auth import AuthenticationMiddleware, SimpleUser, auth, public
from nexios.auth.backends.apikey import APIKeyAuthBackend
from nexios.auth.backends.session import SessionAuthBackend, login, logout
from nexios.session import SessionMiddleware, Sessions, session_routes
from nexios.stores import open_store

# Read at every request and gone after a while: for Redis. One database alone would do for both.
session_store = open_store(os.environ.get("SESSIONS_URL", "memory://"))

app = NexiosApp(
    # Without this variable, in memory. The application brings the tables up to date when it starts.
    config=MakeConfig.from_env({"NEXIOS_STORE_URL": "memory://", **os.environ}),
    on_startup=[session_store.upgrade],
    on_shutdown=[session_store.close],
)
keys = APIKeys(app.store)
app.add_middleware(SessionMiddleware(store=session_store, idle_timeout=timedelta(days=2)))
app.add_middleware(
    AuthenticationMiddleware(
        user_model=SimpleUser, backends=[SessionAuthBackend(), APIKeyAuthBackend(keys=keys)]
    )
)
app.include(session_routes(Sessions(session_store)))
app.include(key_routes(keys))


@app.post("/guests/{name}")
@public
async def welcome(request: Request, response: Response, name: str):
    """Stands for a login: whoever comes is whom they say they are."""
    login(request, SimpleUser(name))
    return {"user_id": request.user.identity}


@app.post("/logout")
@public
async def log_out(request: Request, response: Response):
    logout(request)


@app.get("/profile")
@auth()
async def profile(request: Request, response: Response):
    return {"user_id": request.user.identity, "by": request.auth}
