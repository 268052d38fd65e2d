"""Routes by which clients refresh and give back tokens, and others verify them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

from nexios.auth.decorators import public
from nexios.auth.requirements import guard_of
from nexios.description import describe
from nexios.exceptions import ConfigError, InvalidProof, InvalidScope, InvalidToken, NonceWanted
from nexios.http.encoding import json_bytes
from nexios.http.forms import FormError, read_form
from nexios.http.headers import only_header
from nexios.http.problems import Forbidden
from nexios.origin import OriginCheck
from nexios.routing import Router
from nexios.tokens.bodies import (
    GrantedTokens,
    Introspected,
    OAuthError,
    PublishedKeys,
    RefreshForm,
    TokenForm,
)
from nexios.tokens.cookie import RefreshCookie
from nexios.tokens.dpop import DPoP
from nexios.tokens.introspecting import introspected
from nexios.tokens.manager import Tokens

if TYPE_CHECKING:
    from nexios.http import Request, Response

__all__ = ["token_routes"]

Guard: TypeAlias = Callable[[Any], Any]

_TAGS = ["Tokens"]
_FOREIGN = "The request comes from another site."
_AWAY = "It cannot be found out just now."

_JWKS = "/.well-known/jwks.json"
# RFC 7517 says nothing of it: long enough to spare requests, short enough for a key that is published
# before it signs.
_JWKS_CACHED = "public, max-age=300"
# RFC 6749 2.3: clients of ours are public and prove nothing; one that tries must not think that it did.
_CLIENT_SECRETS = ("client_secret", "client_assertion")


def token_routes(
    tokens: Tokens,
    prefix: str = "",
    *,
    cookie: RefreshCookie | None = None,
    dpop: DPoP | None = None,
    introspect: Guard | None = None,
    trusted_origins: Iterable[str] = (),
) -> Router:
    """`POST /token`, `POST /revoke`, `GET /.well-known/jwks.json`, and `POST /introspect` if it is guarded.

    Args:
        tokens: The tokens.
        prefix: What the paths of `/token`, `/revoke` and `/introspect` begin with; the keys stand where
            everybody looks for them.
        cookie: Where browsers keep their refresh token: it comes and goes in the cookie and is in no body,
            and `DELETE /token` logs out. Without it, and beside it, the token is in the form and in the body.
        dpop: Binds the tokens of clients that send a proof of a key to that key (RFC 9449 5).
        introspect: A guard for `/introspect`, e.g. `has_permission("introspect")`; None: there is no such
            route.
        trusted_origins: Origins of other sites whose pages may use the cookie.

    Returns:
        A group of routes for `app.include`.

    Raises:
        ConfigError: One of them cannot be.
    """
    if not isinstance(tokens, Tokens):
        raise ConfigError(
            f"token_routes takes a Tokens, not {type(tokens).__name__}: token_routes(Tokens(ring, ...))"
        )
    start = prefix.rstrip("/")
    if cookie is not None and not isinstance(cookie, RefreshCookie):
        raise ConfigError(f"cookie is a RefreshCookie, not {type(cookie).__name__}: cookie=RefreshCookie()")
    if cookie is not None and not cookie.path.endswith(f"{start}/token"):
        raise ConfigError(
            f"the cookie is for {cookie.path} and would not come to {start}/token: "
            f'RefreshCookie(path="{start}/token")'
        )
    if dpop is not None and not isinstance(dpop, DPoP):
        raise ConfigError(f"dpop is a DPoP, not {type(dpop).__name__}: dpop=DPoP(store, origin=...)")
    routes = _TokenRoutes(tokens, cookie, dpop, OriginCheck(trusted_origins))
    router = Router()
    router.post(f"{start}/token", name="token")(public(routes.token))
    if cookie is not None:
        router.delete(f"{start}/token", name="log_out")(public(routes.log_out))
    router.post(f"{start}/revoke", name="revoke_token")(public(routes.revoke))
    router.get(_JWKS, name="jwks")(public(routes.jwks))
    if introspect is not None:
        router.post(f"{start}/introspect", name="introspect_token")(_guarded(introspect, routes.introspect))
    return router


class _TokenRoutes:
    """The handlers; but for `introspect` they are open, since the token is the proof."""

    def __init__(
        self, tokens: Tokens, cookie: RefreshCookie | None, dpop: DPoP | None, origins: OriginCheck
    ) -> None:
        self._tokens = tokens
        self._dpop = dpop
        self._cookie = cookie
        self._origins = origins
        self._published: tuple[int, bytes, str] = (-1, b"", "")

    @describe(
        tags=_TAGS,
        form=RefreshForm,
        returns=GrantedTokens,
        answers={400: OAuthError, 401: OAuthError, 403: _FOREIGN, 503: _AWAY},
    )
    async def token(self, request: Request, response: Response) -> Any:
        """A new pair for a refresh token (RFC 6749 6)."""
        _not_stored(response)
        try:
            form = await read_form(request)
        except FormError as error:
            return _refused(response, "invalid_request", str(error))
        cookies = self._cookie_values(request)
        if len(cookies) > 1:
            return _refused(response, "invalid_request", "The cookie is there twice.")
        by_cookie = cookies[0] if cookies else None
        authorization = only_header(request.scope["headers"], b"authorization") or b""
        if authorization[:6].lower() == b"basic " or any(name in form for name in _CLIENT_SECRETS):
            return _refused(response, "invalid_client", "Clients are not authenticated here.")
        if "grant_type" not in form:
            return _refused(response, "invalid_request", "grant_type is missing.")
        if form["grant_type"] != "refresh_token":
            return _refused(response, "unsupported_grant_type", "Only refresh_token is taken here.")
        given = form.get("refresh_token") or by_cookie
        if given is None or ("refresh_token" in form and by_cookie is not None):
            return _refused(response, "invalid_request", "refresh_token is missing, or there twice.")
        try:
            jkt = await self._proved_key(request, response)
            pair = await self._tokens.refresh(
                given, scope=form.get("scope"), client_id=form.get("client_id"), jkt=jkt
            )
        except NonceWanted:
            return _refused(response, "use_dpop_nonce", "The proof must have the nonce of this answer.")
        except InvalidProof:
            return _refused(response, "invalid_dpop_proof", "The proof of the key is not good.")
        except InvalidScope:
            return _refused(response, "invalid_scope", "The scope is wider than what was granted.")
        except InvalidToken:
            if by_cookie is not None and self._cookie is not None:
                self._cookie.delete(response)
            return _refused(response, "invalid_grant", "The refresh token is not good, or no longer.")
        if by_cookie is not None and self._cookie is not None:
            return self._cookie.set(response, pair)
        return pair.to_dict()

    @describe(tags=_TAGS, answers={403: _FOREIGN, 503: _AWAY})
    async def log_out(self, request: Request, response: Response) -> None:
        """End the login whose refresh token is in the cookie."""
        _not_stored(response)
        # Of several, as a neighbouring host may set them, nobody can tell which is meant: all are over.
        for given in self._cookie_values(request):
            await self._tokens.revoke(given)
        if self._cookie is not None:
            self._cookie.delete(response)
        response.status(204)

    @describe(tags=_TAGS, form=TokenForm, answers={200: "It is no longer good.", 400: OAuthError, 503: _AWAY})
    async def revoke(self, request: Request, response: Response) -> Any:
        """Give a token back (RFC 7009); one that nobody knows is given back too."""
        _not_stored(response)
        try:
            form = await read_form(request)
        except FormError as error:
            return _refused(response, "invalid_request", str(error))
        if "token" not in form:
            return _refused(response, "invalid_request", "token is missing.")
        await self._tokens.revoke(form["token"], client_id=form.get("client_id"))
        return response.status(200)

    @describe(tags=_TAGS, form=TokenForm, returns=Introspected, answers={400: OAuthError, 503: _AWAY})
    async def introspect(self, request: Request, response: Response) -> Any:
        """What is to be known of a token (RFC 7662)."""
        _not_stored(response)
        try:
            form = await read_form(request)
        except FormError as error:
            return _refused(response, "invalid_request", str(error))
        if "token" not in form:
            return _refused(response, "invalid_request", "token is missing.")
        return await introspected(self._tokens, form["token"])

    @describe(tags=_TAGS, returns=PublishedKeys, answers={304: "They are as they were."})
    async def jwks(self, request: Request, response: Response) -> Any:
        """The keys by which anybody verifies the access tokens (RFC 7517 5)."""
        generation = self._tokens.ring.generation
        if self._published[0] != generation:
            body = json_bytes(self._tokens.ring.public_jwks())
            self._published = generation, body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        _, body, tag = self._published
        response.set_header("Cache-Control", _JWKS_CACHED)
        response.set_header("ETag", tag)
        # Pages of any origin may verify tokens: there is nothing in it but public keys.
        response.set_header("Access-Control-Allow-Origin", "*")
        if request.headers.get("if-none-match") == tag:
            return response.status(304)
        response.fill(body).set_header("Content-Type", "application/json")
        return response

    async def _proved_key(self, request: Request, response: Response) -> str | None:
        if self._dpop is None:
            return None
        try:
            proof = await self._dpop.proved(request.scope)
        except NonceWanted:
            response.set_header("DPoP-Nonce", self._dpop.nonce or "")
            raise
        if proof is None:
            if self._dpop.required:
                raise InvalidProof("there is no proof")
            return None
        if proof.next_nonce is not None:
            response.set_header("DPoP-Nonce", proof.next_nonce)
        return proof.jkt

    def _cookie_values(self, request: Request) -> list[str]:
        """The refresh tokens that the browser brought, one as a rule.

        Raises:
            Forbidden: A page of another site sent the request.
        """
        if self._cookie is None:
            return []
        start = f"{self._cookie.name}=".encode("ascii")
        # As bytes: of text, more is stripped than RFC 6265 5.2 lets, and another name becomes this one.
        found = [
            pair.strip().removeprefix(start).decode("latin-1")
            for header, value in request.scope["headers"]
            if header == b"cookie"
            for pair in value.split(b";")
            if pair.strip().startswith(start)
        ]
        if found and self._origins.is_foreign(request.scope):
            raise Forbidden(_FOREIGN)
        return found if len(found) > 1 else [value for value in found if value]


def _guarded(guard: Guard, handler: Callable[..., Any]) -> Callable[..., Any]:
    guarded = guard(handler) if callable(guard) else None
    found = None if guarded is None else guard_of(guarded)
    if guarded is None or found is None or found.requirement.public:
        raise ConfigError(
            'introspect is a guard, which lets nobody in unasked: introspect=has_permission("introspect")'
        )
    return guarded  # type: ignore[no-any-return]


def _refused(response: Response, error: str, description: str) -> dict[str, str]:
    # RFC 6749 5.2: 400 for all but a client that tried to authenticate
    if error == "invalid_client":
        response.set_header("WWW-Authenticate", 'Basic realm="token"')
    response.status(401 if error == "invalid_client" else 400)
    return {"error": error, "error_description": description}


def _not_stored(response: Response) -> None:
    response.set_header("Cache-Control", "no-store")
    response.set_header("Pragma", "no-cache")
