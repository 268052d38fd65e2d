"""What an API is to clients of OAuth: a protected resource (RFC 9728)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from nexios.exceptions import ConfigError
from nexios.tokens.urls import secure_url

__all__ = ["ProtectedResource"]

_WELL_KNOWN = "/.well-known/oauth-protected-resource"
# RFC 3986 3.3, without what is percent-encoded: it would have several spellings
_PATH = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@/-]*")
# RFC 6749 3.3
_SCOPE = re.compile(r"[!#-\[\]-~]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class ProtectedResource:
    """An API, as clients of OAuth find it (RFC 9728).

    Attributes:
        resource: What it is called: the https address that clients use, and that the `aud` of their tokens
            must name (RFC 8707).
        authorization_servers: The issuers whose tokens it takes.
        scopes: The scopes that a client may ask for.
        name: What people are shown.
        documentation: The address of a page for developers.

    Raises:
        ConfigError: One of them cannot be; the message says the mend.
    """

    resource: str
    authorization_servers: Sequence[str]
    scopes: Sequence[str] = ()
    name: str | None = None
    documentation: str | None = None

    def __post_init__(self) -> None:
        parts = secure_url(self.resource, "ProtectedResource: resource")
        if "?" in self.resource or not _PATH.fullmatch(parts.path):
            raise ConfigError("ProtectedResource: resource must be an address with a plain path and no query")
        for name in ("authorization_servers", "scopes"):
            given = getattr(self, name)
            if isinstance(given, str) or not isinstance(given, Sequence):
                raise ConfigError(f"ProtectedResource: {name} must be a list of texts: {name}=[...]")
            object.__setattr__(self, name, tuple(given))
        if not self.authorization_servers:
            raise ConfigError("ProtectedResource: name the issuers whose tokens it takes, one at least")
        for server in self.authorization_servers:
            secure_url(server, "ProtectedResource: an authorization server")
        for scope in self.scopes:
            if not isinstance(scope, str) or not _SCOPE.fullmatch(scope):
                raise ConfigError(f"ProtectedResource: {scope!r} is no scope (RFC 6749 3.3): use no blanks")
        if self.documentation is not None:
            secure_url(self.documentation, "ProtectedResource: documentation")
        if not isinstance(self.name, str | None):
            raise ConfigError("ProtectedResource: name must be text")

    @property
    def metadata_path(self) -> str:
        """Where its metadata stands: the well-known part goes between host and path (RFC 9728 3.1)."""
        return _WELL_KNOWN + urlsplit(self.resource).path.rstrip("/")

    @property
    def metadata_url(self) -> str:
        """The whole address of its metadata."""
        parts = urlsplit(self.resource)
        return f"{parts.scheme}://{parts.netloc}{self.metadata_path}"

    def metadata(self) -> dict[str, Any]:
        """What clients read there (RFC 9728 2)."""
        found = {
            "resource": self.resource,
            "authorization_servers": list(self.authorization_servers),
            "scopes_supported": list(self.scopes) or None,
            "bearer_methods_supported": ["header"],
            "resource_name": self.name,
            "resource_documentation": self.documentation,
        }
        return {name: value for name, value in found.items() if value is not None}
