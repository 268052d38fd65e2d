"""What `nexios check` looks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from starlette.middleware.cors import CORSMiddleware

from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.auth.middleware import AuthenticationLayer
from nexios.cli.routes import every_route, is_open
from nexios.config import JWT_ALGORITHMS
from nexios.session.layer import SessionLayer
from nexios.tokens.encoding import config_keys
from nexios.tokens.keys import load_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nexios.application import NexiosApp
    from nexios.cli.layers import Layers
    from nexios.config import MakeConfig
    from nexios.session.settings import CookieSettings

__all__ = ["RULES", "Finding", "in_config", "in_layers", "in_routes"]

RULES = (
    *("secret", "debug", "jwt-leeway", "jwt-key", "open-route"),
    *("cookie-secure", "cookie-prefix", "cookie-same-site", "cors"),
)
"""The names of the rules that may be left out; that the application starts is none of them."""

# RFC 7519 4.1.4: "usually no more than a few minutes"
_MOST_LEEWAY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that should be mended.

    Attributes:
        rule: One of `RULES`, or `start`.
        finding: What is wrong.
        mend: How it is put right.
    """

    rule: str
    finding: str
    mend: str


def in_config(config: MakeConfig) -> Iterator[Finding]:
    """What is wrong in the settings, whatever the rest of the application does."""
    for weakness in config.weaknesses():
        finding, _, mend = weakness.rpartition(": ")
        yield Finding("secret", finding, mend)
    if config.debug:
        yield Finding(
            "debug",
            "debug is on: a 500 answer says which exception was raised, and where",
            "leave debug out; NEXIOS_DEBUG=true with MakeConfig.from_env() sets it on your own machine alone",
        )
    if config.jwt_leeway > _MOST_LEEWAY:
        yield Finding(
            "jwt-leeway",
            f"a token is taken for {config.jwt_leeway} after it expired (jwt_leeway)",
            "set a minute at most, jwt_leeway=timedelta(minutes=1): it is there for clocks that differ",
        )


def in_routes(app: NexiosApp) -> Iterator[Finding]:
    """The routes that let anyone in, where nobody said that this is on purpose."""
    for row in every_route(app):
        if not is_open(row):
            continue
        if row.methods == ("MOUNT",):
            mend = f'guard the mounted app, app.mount("{row.path}", auth()(inner)), or mark it: public(inner)'
        else:
            mend = "guard it with @auth(), or mark it @public if it is for everyone"
        yield Finding("open-route", f"{', '.join(row.methods)} {row.path} lets anyone in", mend)


def in_layers(layers: Layers, config: MakeConfig) -> Iterator[Finding]:
    """What is wrong in the middleware, and in the settings for it."""
    authentications = layers.of(AuthenticationLayer)
    backends = [backend for layer in authentications for backend in layer.backends]
    if any(isinstance(backend, JWTAuthBackend) and backend.tokens is None for backend in backends):
        yield from _in_jwt(config)
    if not authentications and not config.secret_keys and config.jwt_key is None:
        yield Finding(
            "secret",
            "there is no secret_key: neither tokens nor session cookies can be signed",
            "make one with `nexios secret`, and MakeConfig(secret_key=os.environ['NEXIOS_SECRET_KEY'])",
        )
    for session in layers.of(SessionLayer):
        yield from _in_cookie(session.cookie, production=config.production)
    for cors in layers.of(CORSMiddleware):
        if cors.allow_all_origins and "Access-Control-Allow-Credentials" in cors.simple_headers:
            yield Finding(
                "cors",
                "every site may read answers with the user's cookies (CORS: any origin, with credentials)",
                'name the origins, allow_origins=["https://app.example"], or leave allow_credentials out',
            )


def _in_jwt(config: MakeConfig) -> Iterator[Finding]:
    if config.jwt_key is not None and not load_keys(config.jwt_key, config.jwt_algorithms):
        fitting = [name for key in load_keys(config.jwt_key, JWT_ALGORITHMS) for name in key.algorithms]
        yield Finding(
            "jwt-key",
            f"jwt_key is never used: jwt_algorithms has {', '.join(config.jwt_algorithms)} only",
            f"name an algorithm of the key, jwt_algorithms={fitting[:1]}, or leave jwt_key out",
        )
    for name in config.jwt_algorithms:
        if not config_keys(config, [name]):
            setting = "secret_key" if name.startswith("HS") else "jwt_key"
            yield Finding(
                "jwt-key",
                f"jwt_algorithms has {name}, and there is no key for it",
                f"set {setting}, or leave {name} out",
            )


def _in_cookie(cookie: CookieSettings, *, production: bool) -> Iterator[Finding]:
    if cookie.secure is False:
        yield Finding(
            "cookie-secure",
            "the session cookie is sent over plain http too, where others can read it (secure=False)",
            'leave secure out: "auto" sends it over https only, wherever the login came by https',
        )
    elif production and not cookie.cookie_name.startswith(("__Host-", "__Secure-")):
        # ASVS 3.3.1, 3.3.3
        shared = cookie.domain is not None or cookie.path != "/"
        name = ("__Secure-" if shared else "__Host-") + cookie.cookie_name
        yield Finding(
            "cookie-prefix",
            "nothing binds the session cookie to https and to this host (its name has no prefix)",
            f'name it cookie_name="{name}": browsers then take it over https only'
            + ("" if shared else " and from this host only"),
        )
    if cookie.same_site == "none":
        yield Finding(
            "cookie-same-site",
            'pages of other sites send the session cookie along (same_site="none")',
            "leave same_site out, unless the application is shown within another site: --ignore cookie then",
        )
