"""The basic idea: one middleware finds out who is asking, one decorator guards a route.

    uv run nexios run examples.basic_idea:app

Then, in another terminal:

    TOKEN=$(curl -s -X POST localhost:8000/guests)
    curl -i -H "Authorization: Bearer $TOKEN" localhost:8000/profile    # 200
    curl -i localhost:8000/profile                                      # 401
    curl -i -H "Authorization: Bearer $TOKEN-" localhost:8000/profile   # 401
"""

import secrets
from datetime import timedelta

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, SimpleUser, auth, public
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt

# A new secret at each start: tokens of an earlier run are refused. jwt_login.py shows one that stays.
app = NexiosApp(config=MakeConfig(secret_key=secrets.token_urlsafe(32)))
app.add_middleware(AuthenticationMiddleware(user_model=SimpleUser, backend=JWTAuthBackend()))


@app.post("/guests")
@public
async def welcome(request: Request, response: Response):
    """Give whoever asks a token for a guest who was never here before."""
    return create_jwt({"id": f"guest-{secrets.token_hex(4)}"}, expires_in=timedelta(minutes=30))


@app.get("/profile")
@auth()
async def profile(request: Request, response: Response):
    return {
        "message": f"Welcome back, {request.user.display_name}!",
        "user_id": request.user.identity,
        "is_authenticated": request.user.is_authenticated,
    }
