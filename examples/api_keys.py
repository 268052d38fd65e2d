"""API keys: shown once when they are made, stored as hashes only.

    uv run nexios run examples.api_keys:app

Then, in another terminal:

    KEY=$(curl -s -d '{"name": "build server"}' localhost:8000/accounts)
    curl -i -H "X-API-Key: $KEY" localhost:8000/data               # 200
    curl -i localhost:8000/data                                    # 401
    curl -i -H "X-API-Key: key_wrong" localhost:8000/data          # 401

A second key for the same account takes the first one's place without a gap:

    NEW=$(curl -s -X POST -H "X-API-Key: $KEY" localhost:8000/keys)
    curl -i -X DELETE -H "X-API-Key: $KEY" localhost:8000/keys     # 204
    curl -i -H "X-API-Key: $KEY" localhost:8000/data               # 401
    curl -i -H "X-API-Key: $NEW" localhost:8000/data               # 200
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from nexios import NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, BaseUser, auth, public
from nexios.auth.backends.apikey import APIKeyAuthBackend, create_api_key, hash_key
from nexios.http.problems import BadRequest


@dataclass
class Account(BaseUser):
    identity: str
    display_name: str
    key_hashes: set[str] = field(default_factory=set)

    @classmethod
    async def load_user(cls, identity: str) -> Account | None:
        # Without a store of keys the backend hands over the key itself; only its hash is known here.
        return OWNERS.get(hash_key(identity))

    def new_key(self) -> str:
        """A key that is shown once; what is kept of it is no use to a thief."""
        key, hashed = create_api_key()
        self.key_hashes.add(hashed)
        OWNERS[hashed] = self
        return key


# Stands for your database: a table of key hashes and owners.
OWNERS: dict[str, Account] = {}

app = NexiosApp()
app.add_middleware(AuthenticationMiddleware(user_model=Account, backend=APIKeyAuthBackend()))


@app.post("/accounts")
@public
async def open_account(request: Request, response: Response):
    """Make an account, and answer with its first key."""
    match await request.json():
        case {"name": str(name)} if name:
            return Account(secrets.token_hex(8), name).new_key()
    raise BadRequest("Send a name as JSON.")


@app.post("/keys")
@auth(scope="apikey")
async def another_key(request: Request, response: Response):
    return request.user.new_key()


@app.delete("/keys")
@auth(scope="apikey")
async def revoke_this_key(request: Request, response: Response):
    hashed = hash_key(request.headers["X-API-Key"])
    request.user.key_hashes.discard(hashed)
    OWNERS.pop(hashed, None)


@app.get("/data")
@auth(scope="apikey")
async def data(request: Request, response: Response):
    return {"owner": request.user.display_name, "keys": len(request.user.key_hashes)}
