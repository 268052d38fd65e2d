"""An MCP server whose tools are for those whom an authorization server has given a token.

    export NEXIOS_KEY_RING=ring.json
    uv run nexios tokens keys generate --file ring.json
    uv run nexios run examples.mcp_server:app

Then, in another terminal:

    CALL='{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}'
    JSON='Accept: application/json, text/event-stream'
    LOGIN='grant_type=client_credentials&client_id=robot&client_secret=nine-blue-herons'
    curl -i localhost:8000/.well-known/oauth-protected-resource/mcp                  # 200
    curl -i -H "$JSON" --json "$CALL" localhost:8000/mcp                             # 401
    TOKEN=$(curl -s -d "$LOGIN" localhost:8000/token | cut -d '"' -f 4)
    curl -i -H "$JSON" -H "Authorization: Bearer $TOKEN" --json "$CALL" localhost:8000/mcp      # 200
    curl -i -H "$JSON" -H "Authorization: Bearer $TOKEN-" --json "$CALL" localhost:8000/mcp     # 401

An MCP client does the same by itself: it is refused, reads who issues tokens, gets one, and comes back. The
second half of this file stands for that issuer. Where you have one, leave it out and write
tokens=Issuer("https://accounts.example", audience=RESOURCE).
"""

from __future__ import annotations

import hmac
import os
from contextlib import asynccontextmanager
from urllib.parse import parse_qs

from mcp.server.mcpserver import Context, MCPServer

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, SimpleUser, auth, has_permission, public
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.http.problems import BadRequest
from nexios.tokens import KeyRing, ProtectedResource, resource_routes

SERVER = os.environ.get("SERVER", "http://localhost:8000")
RESOURCE = f"{SERVER}/mcp"

resource = ProtectedResource(
    resource=RESOURCE, authorization_servers=[SERVER], scopes=["weather"], name="The weather"
)
ring = KeyRing.from_env() if "NEXIOS_KEY_RING" in os.environ else KeyRing.generate()


class Caller(SimpleUser):
    """Whoever comes with a token; the token's scopes say what it may be used for."""

    def has_permission(self, permission: str) -> bool:
        return True


mcp = MCPServer("Weather")


@mcp.tool()
def weather(place: str, ctx: Context) -> str:
    """What the weather is like in a place."""
    caller = ctx.request_context.request.user
    return f"In {place} it is sunny, {caller.display_name}."


mcp_app = mcp.streamable_http_app(stateless_http=True, json_response=True)


@asynccontextmanager
async def lifespan(app: NexiosApp):
    async with mcp.session_manager.run():
        yield


app = NexiosApp(config=MakeConfig(jwt_issuer=SERVER, require_auth=True), lifespan=lifespan)
app.add_middleware(
    AuthenticationMiddleware(
        user_model=Caller, backend=JWTAuthBackend(identifier="sub", tokens=ring, resource=resource)
    )
)
app.include(resource_routes(resource))


@app.get("/whoami")
@auth()
async def whoami(request: Request, response: Response):
    return {"caller": request.user.identity}


# What is mounted at the root comes after all other routes, and has /mcp for its path.
app.mount("/", has_permission("weather")(mcp_app))


# From here on this is the authorization server, in its smallest form (RFC 6749 4.4, RFC 8414).


@app.get("/.well-known/oauth-authorization-server")
@public
async def metadata(request: Request, response: Response):
    return {
        "issuer": SERVER,
        # There is none: whoever logs people in has one, and clients want to see it named.
        "authorization_endpoint": f"{SERVER}/authorize",
        "token_endpoint": f"{SERVER}/token",
        "jwks_uri": f"{SERVER}/keys",
        "response_types_supported": [],
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "scopes_supported": ["weather"],
    }


@app.get("/keys")
@public
async def keys(request: Request, response: Response):
    return ring.public_jwks()


@app.post("/token")
@public
async def token(request: Request, response: Response):
    form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
    known = hmac.compare_digest(form.get("client_secret", ""), "nine-blue-herons")
    if form.get("grant_type") != "client_credentials" or form.get("client_id") != "robot" or not known:
        raise BadRequest("There is no such client, or its secret is another.")
    claims = {"iss": SERVER, "aud": RESOURCE, "sub": "robot", "scope": form.get("scope", "weather")}
    granted = {"access_token": ring.sign(claims, expires_in=5), "token_type": "Bearer", "expires_in": 300}
    return response.json(granted).set_header("Cache-Control", "no-store")
