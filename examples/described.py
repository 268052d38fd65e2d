"""An API of a few routes that describes itself: types for what comes and goes, and a page to try it.

    uv run nexios run examples.described:app

Open http://127.0.0.1:8000/docs, or, in another terminal:

    curl -i localhost:8000/openapi.json                                            # 200
    TOKEN=$(curl -s -X POST localhost:8000/guests)
    AUTH="Authorization: Bearer $TOKEN"
    JSON="Content-Type: application/json"
    curl -i -H "$AUTH" -H "$JSON" -d '{"text": "Buy tea"}' localhost:8000/notes    # 201
    curl -i -H "$AUTH" -H "$JSON" -d '{"text": ""}' localhost:8000/notes           # 422
    curl -i -H "$AUTH" -d '{"text": "Buy tea"}' localhost:8000/notes               # 415
    curl -i -H "$AUTH" "localhost:8000/notes?limit=5"                              # 200
    curl -i -H "$AUTH" "localhost:8000/notes?limit=0"                              # 422
    curl -i localhost:8000/notes                                                   # 401
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Annotated

import msgspec
from starlette.exceptions import HTTPException

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, SimpleUser, auth, public
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt
from nexios.http import Query
from nexios.openapi import describe, openapi_routes

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200, description="What it says.")]


class NewNote(msgspec.Struct, forbid_unknown_fields=True):
    """What one writes down."""

    text: Text
    tags: list[str] = []


class Note(msgspec.Struct):
    """A note as it is kept."""

    number: int
    text: str
    tags: list[str]


class Page(msgspec.Struct):
    """Which of the notes are shown."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=100, description="At most so many.")] = 20
    tag: str | None = None


# Stands for your database: the notes of each guest.
NOTES: dict[str, list[Note]] = {}

app = NexiosApp(config=MakeConfig(secret_key=secrets.token_urlsafe(32), require_auth=True))
app.add_middleware(AuthenticationMiddleware(user_model=SimpleUser, backend=JWTAuthBackend()))
app.include(
    openapi_routes(app, title="Notes", version="1.0", description="Notes that only their owner sees.")
)


@app.post("/guests")
@public
@describe(tags=["Guests"])
async def welcome(request: Request, response: Response) -> str:
    """Get a token as a new guest."""
    return create_jwt({"id": f"guest-{secrets.token_hex(4)}"}, expires_in=timedelta(minutes=30))


@app.get("/notes")
@auth()
@describe(tags=["Notes"])
async def list_notes(request: Request, response: Response, page: Query[Page]) -> list[Note]:
    """List one's notes, the newest first."""
    own = reversed(NOTES.get(request.user.identity, []))
    return [note for note in own if page.tag is None or page.tag in note.tags][: page.limit]


@app.post("/notes")
@auth()
@describe(status=201, tags=["Notes"])
async def add_note(request: Request, response: Response, new: NewNote) -> Note:
    """Write a note."""
    own = NOTES.setdefault(request.user.identity, [])
    own.append(Note(len(own) + 1, new.text, new.tags))
    response.status(201)
    return own[-1]


@app.get("/notes/{number:int}")
@auth()
@describe(answers={404: "There is no such note of yours."}, tags=["Notes"])
async def show_note(request: Request, response: Response, number: int) -> Note:
    """Read one of one's notes."""
    for note in NOTES.get(request.user.identity, []):
        if note.number == number:
            return note
    raise HTTPException(404, "There is no such note of yours.")
