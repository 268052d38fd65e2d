"""Every setting with its type, default and meaning."""

from __future__ import annotations

import difflib
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import timedelta
from types import MappingProxyType
from typing import Any, NoReturn, Self

from nexios.addresses import FORWARDING_HEADERS, checked_proxies
from nexios.exceptions import ConfigError
from nexios.strength import is_public_key, secret_weakness
from nexios.text import is_unicode

__all__ = ["JWT_ALGORITHMS", "MakeConfig", "checked_algorithms"]

JWT_ALGORITHMS = (
    *("HS256", "HS384", "HS512"),
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
)
"""The signature algorithms that a token may be signed with (RFC 7518 3.1, RFC 8037)."""

_SECRETS = frozenset({"secret_key", "jwt_key", "store_url", "rate_limit_url", "extra"})
_COUNTERS = ("memory://", "redis://", "rediss://", "unix://")

logger = logging.getLogger("nexios.config")


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class MakeConfig:
    """The settings of an application: typed, frozen, and silent about its secrets.

    An unknown name is an error that suggests the nearest; the application's own settings go into `extra`.

    Attributes:
        secret_key: Signs tokens and session cookies. A list: the first signs, all verify (rotation).
        environment: A name; `"production"` refuses weak secrets instead of warning of them.
        debug: Say in a 500 answer which exception was raised, and where.
        require_auth: Every route wants an authenticated user unless it is marked `@public`.
        realm: What the challenges of 401 name (RFC 9110 11.5).
        jwt_algorithms: The only algorithms accepted; the first signs.
        jwt_key: The key of RS, PS, ES and EdDSA tokens: PEM text, a JWK or a JWKS. Public verifies, private
            also signs.
        jwt_audience: Who this application is: a token's `aud` must name it (RFC 7519 4.1.3).
        jwt_issuer: Whose tokens are taken: a token's `iss` must be equal to it (RFC 7519 4.1.1).
        jwt_leeway: How far clocks may differ when `exp`, `nbf` and `iat` are checked.
        store_url: Where keys, sessions and tokens are kept, e.g. `sqlite:///app.db`; `app.store` is it.
        trusted_proxies: Whose word counts about where a request comes from: addresses, networks such as
            `"10.0.0.0/8"`, or `"unix"` for a socket of the file system.
        forwarded_header: Where they say it: `"X-Forwarded-For"` or `"Forwarded"` (RFC 7239); the other one is
            never read.
        rate_limit_url: Where rate limits are counted, e.g. `redis://...`; None: in the store, where that is
            Redis, else in each process for itself.
        extra: The application's own settings.

    Raises:
        ConfigError: A setting is unknown, of another type, or unsafe; the message says the mend.
    """

    secret_key: str | Sequence[str] | None = None
    environment: str = "development"
    debug: bool = False
    require_auth: bool = False
    realm: str = "api"
    jwt_algorithms: Sequence[str] = ("HS256",)
    jwt_key: str | Mapping[str, Any] | None = None
    jwt_audience: str | Sequence[str] | None = None
    jwt_issuer: str | Sequence[str] | None = None
    jwt_leeway: timedelta = timedelta(0)
    store_url: str | None = None
    trusted_proxies: Sequence[str] = ()
    forwarded_header: str = FORWARDING_HEADERS[0]
    rate_limit_url: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __new__(cls, *args: object, **settings: object) -> Self:
        """Refuse a name that is no setting, before anything is read."""
        if args:
            raise ConfigError("MakeConfig takes settings by name: MakeConfig(secret_key=...)")
        known = {setting.name for setting in fields(cls)}
        for name in settings:
            if name not in known:
                raise ConfigError(_unknown(name, known))
        return object.__new__(cls)

    def __post_init__(self) -> None:
        for name in ("secret_key", "jwt_algorithms", "jwt_audience", "jwt_issuer"):
            object.__setattr__(self, name, _texts(name, getattr(self, name)))
        for name, kind in (("environment", str), ("realm", str), ("debug", bool), ("require_auth", bool)):
            if type(getattr(self, name)) is not kind:
                raise ConfigError(f"{name} must be {kind.__name__}, not {type(getattr(self, name)).__name__}")
        if not (self.realm.isascii() and self.realm.isprintable()):
            raise ConfigError("realm must be printable ASCII text: it stands in a response header")
        for name in ("store_url", "rate_limit_url"):
            if not isinstance(getattr(self, name), str | None):
                raise ConfigError(f"{name} must be text, not {type(getattr(self, name)).__name__}")
        if self.rate_limit_url is not None and not self.rate_limit_url.startswith(_COUNTERS):
            raise ConfigError(f"rate_limit_url must begin with one of {', '.join(_COUNTERS)}")
        if not isinstance(self.jwt_leeway, timedelta) or self.jwt_leeway < timedelta(0):
            raise ConfigError("jwt_leeway must be a timedelta of zero or more, e.g. timedelta(seconds=30)")
        if not isinstance(self.jwt_key, str | Mapping | None):
            raise ConfigError(f"jwt_key must be PEM text, a JWK or a JWKS, not {type(self.jwt_key).__name__}")
        if not isinstance(self.extra, Mapping):
            raise ConfigError("extra must be a mapping of the application's own settings")
        object.__setattr__(self, "extra", MappingProxyType(dict(self.extra)))
        checked_algorithms(self.jwt_algorithms)
        self._check_proxies()
        self._check_secrets()

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """Every secret, the signing one first; empty where there is none."""
        return self.secret_key if isinstance(self.secret_key, tuple) else ()

    @property
    def production(self) -> bool:
        """Whether the environment is production."""
        return self.environment.strip().lower() in {"production", "prod"}

    def weaknesses(self) -> list[str]:
        """What is weak about the secrets, a sentence each; no secret appears in one."""
        signing = [name for name in self.jwt_algorithms if name.startswith("HS")]
        strongest = max(signing, default="HS256")
        found = []
        for number, secret in enumerate(self.secret_keys):
            weakness = (
                secret_weakness(secret, strongest) if not secret.lstrip().startswith("-----BEGIN") else None
            )
            if weakness:
                which = "secret_key" if len(self.secret_keys) == 1 else f"secret_key[{number}]"
                command = "nexios secret" if strongest == "HS256" else "nexios secret --bytes 64"
                found.append(f"{which} {weakness}: make one with `{command}`")
        return found

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None, **settings: Any) -> Self:
        """Read the settings from `NEXIOS_*` variables, e.g. `NEXIOS_SECRET_KEY`.

        Lists are separated by commas, booleans are true/false, `NEXIOS_JWT_LEEWAY` is in seconds.

        Args:
            environ: Where to read; the process's environment by default.
            settings: Settings that win over the environment.

        Raises:
            ConfigError: A value cannot be read, or a variable is nearly the name of a setting.
        """
        environ = os.environ if environ is None else environ
        names = {setting.name for setting in fields(cls)} - {"extra"}
        found: dict[str, Any] = {}
        for variable, text in environ.items():
            if not variable.startswith("NEXIOS_"):
                continue
            name = variable.removeprefix("NEXIOS_").lower()
            if name in names:
                found[name] = _from_text(variable, name, text)
            elif _nearest(name, names, cutoff=0.8):
                # Other tools own other NEXIOS_ names; a near miss is a typo that would switch a setting off.
                raise ConfigError(_unknown(name, names, prefix="NEXIOS_"))
        return cls(**{**found, **settings})

    def __repr__(self) -> str:
        shown = []
        for setting in fields(self):
            value = getattr(self, setting.name)
            hidden = setting.name in _SECRETS and value
            shown.append(f"{setting.name}={'<hidden>' if hidden else repr(value)}")
        return f"MakeConfig({', '.join(shown)})"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "MakeConfig holds secrets and is not pickled: read it again with MakeConfig.from_env()"
        )

    def _check_proxies(self) -> None:
        proxies = _texts("trusted_proxies", self.trusted_proxies or None) or ()
        object.__setattr__(self, "trusted_proxies", checked_proxies(proxies))
        for header in FORWARDING_HEADERS:
            if isinstance(self.forwarded_header, str) and self.forwarded_header.lower() == header.lower():
                object.__setattr__(self, "forwarded_header", header)
                return
        raise ConfigError(f"forwarded_header must be one of {' and '.join(FORWARDING_HEADERS)}")

    def _check_secrets(self) -> None:
        for secret in self.secret_keys:
            if not secret.strip():
                raise ConfigError(
                    "secret_key is empty: make one with `nexios secret` and set it, "
                    "e.g. MakeConfig(secret_key=os.environ['NEXIOS_SECRET_KEY'])"
                )
            if not is_unicode(secret):
                # Bytes of the environment that are not UTF-8 become such text.
                raise ConfigError("secret_key is not valid text: make one with `nexios secret`")
            if is_public_key(secret):
                raise ConfigError(
                    "secret_key is a public key, with which anybody could sign: "
                    "set jwt_key=... to verify tokens with it"
                )
        weaknesses = self.weaknesses()
        if weaknesses and self.production:
            raise ConfigError(f"refused in production: {'; '.join(weaknesses)}")
        for weakness in weaknesses:
            logger.warning("%s (refused with environment='production')", weakness)


def checked_algorithms(names: Sequence[str]) -> tuple[str, ...]:
    """`names`, if each is an algorithm that may be accepted.

    Raises:
        ConfigError: One is not, as `none` never is (RFC 8725 3.1), or there is none.
    """
    if isinstance(names, str) or not isinstance(names, Sequence):
        raise ConfigError('jwt_algorithms is a list of names, e.g. jwt_algorithms=["HS256"]')
    if not names:
        raise ConfigError('jwt_algorithms is empty: name at least one, e.g. jwt_algorithms=["HS256"]')
    for name in names:
        if name not in JWT_ALGORITHMS:
            near = difflib.get_close_matches(str(name).upper(), JWT_ALGORITHMS, n=1)
            mend = f"did you mean {near[0]!r}?" if near else f"choose from {', '.join(JWT_ALGORITHMS)}"
            raise ConfigError(f"jwt_algorithms: {name!r} is not an algorithm that is accepted; {mend}")
    return tuple(names)


def _unknown(name: str, known: set[str], prefix: str = "") -> str:
    shown = prefix + (name.upper() if prefix else name)
    near = _nearest(name, known, cutoff=0.5)
    if near:
        suggestion = prefix + (near.upper() if prefix else near)
        return f"unknown setting {shown!r}: did you mean {suggestion!r}?"
    return f"unknown setting {shown!r}: the application's own settings go into extra={{{name!r}: ...}}"


def _nearest(name: str, known: set[str], cutoff: float) -> str | None:
    """The setting that is almost called `name`, or of whose name it is a part."""
    name = name.lower()
    near = difflib.get_close_matches(name, known, n=1, cutoff=cutoff)
    if not near and len(name) >= 3:
        near = [
            setting for setting in sorted(known) if setting.startswith(name) or name in setting.split("_")
        ]
    return near[0] if near else None


def _texts(name: str, value: object) -> tuple[str, ...] | None:
    """One text or several as a tuple."""
    if value is None and name != "jwt_algorithms":
        return None
    texts = (value,) if isinstance(value, str) else value
    if (
        not isinstance(texts, Sequence)
        or isinstance(texts, bytes)
        or not all(isinstance(t, str) for t in texts)
    ):
        raise ConfigError(f"{name} must be text or a list of texts")
    if not texts and name != "jwt_algorithms":
        raise ConfigError(f"{name} is an empty list: leave it out, or name at least one")
    return tuple(texts)


def _from_text(variable: str, name: str, text: str) -> Any:
    if name in {"debug", "require_auth"}:
        if text.lower() not in {"true", "false", "1", "0", "yes", "no", "on", "off"}:
            raise ConfigError(f"{variable} must be true or false")
        return text.lower() in {"true", "1", "yes", "on"}
    if name == "jwt_leeway":
        try:
            return timedelta(seconds=float(text))
        except (ValueError, OverflowError):
            raise ConfigError(f"{variable} must be a number of seconds") from None
    if name in {"secret_key", "jwt_algorithms", "jwt_audience", "jwt_issuer", "trusted_proxies"}:
        if name == "secret_key" and "-----BEGIN" in text:
            return text
        return [part.strip() for part in text.split(",")]
    return text
