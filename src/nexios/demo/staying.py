"""A phone that stays logged in, by short access tokens and refresh tokens that are good once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from nexios.auth import auth
from nexios.description import describe
from nexios.exceptions import ConfigError
from nexios.routing import Router
from nexios.tokens import KeyRing, Tokens, token_routes

if TYPE_CHECKING:
    from pathlib import Path

    from nexios.events import Events
    from nexios.http import Request, Response

__all__ = ["phone_routes", "phone_tokens"]

# So short that a person sees one expire.
_ACCESS = timedelta(seconds=20)
_LOGIN = timedelta(days=30)


class PhoneTokens(msgspec.Struct):
    """What a phone gets when somebody logs in on it."""

    access_token: str
    refresh_token: str
    token_type: Literal["Bearer", "DPoP"]
    expires_in: int


def phone_tokens(folder: Path, store: Any, events: Events) -> Tokens:
    """The tokens of phones, with the keys that are kept in `folder`.

    Raises:
        ConfigError: The keys cannot be read or written.
    """
    file = folder / "ring.json"
    try:
        ring = KeyRing.load(file) if file.exists() else KeyRing.generate("EdDSA")
        ring.save(file)
    except OSError as error:
        raise ConfigError(
            f"the demo cannot keep its keys in {file} ({error.strerror}): choose a folder with --data"
        ) from None
    return Tokens(
        ring,
        store=store,
        issuer="nexios-demo-phones",
        audience="nexios-demo",
        access_ttl=_ACCESS,
        refresh_ttl=_LOGIN,
        # Nothing is forgiven here, so that a theft shows at once.
        reuse_grace=timedelta(0),
        events=events,
    )


def phone_routes(tokens: Tokens) -> Router:
    """`POST /phones` to log in on a phone, and `/oauth/token` and `/oauth/revoke` for the phone itself."""
    router = Router()

    @router.post("/phones")
    @auth(scope="session")
    @describe(status=201, tags=["Tokens"])
    async def log_in_on_a_phone(request: Request, response: Response) -> PhoneTokens:
        """Log in on a phone.

        The phone gets an access token of 20 seconds, and a refresh token that gets the next two at
        `POST /oauth/token`.
        """
        response.status(201)
        response.set_header("Cache-Control", "no-store")
        pair = await tokens.issue(request.user.identity)
        return PhoneTokens(pair.access_token, pair.refresh_token, "Bearer", pair.expires_in)

    router.include(token_routes(tokens, "/oauth"))
    return router
