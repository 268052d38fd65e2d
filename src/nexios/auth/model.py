"""What a backend found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["AuthResult"]


class AuthResult(msgspec.Struct, frozen=True):
    """What a backend found out about a request.

    Attributes:
        success: Whether the credential is good; only `True` counts.
        identity: Who is asking: text that `load_user` knows. Where `success` is False: for whom it was
            tried, or empty.
        scope: The backend's name, which `@auth(scope=...)` asks for.
        permissions: Narrows what the user may do with this credential; None leaves all that the user has.
        credential: The verified credential itself, which handlers read as `request.credential`.
        reason: Why it was refused, for those who listen to events and never for the client; no secret.
        challenge: Where the backend takes several schemes, the one that was presented, and of a refused
            credential the error that its challenge names, e.g. `"DPoP invalid_dpop_proof"`.
    """

    success: bool
    identity: str
    scope: str
    permissions: Collection[str] | None = None
    credential: object = None
    reason: str | None = None
    challenge: str | None = None

    def __repr__(self) -> str:
        # An API key stands in `identity` where load_user verifies it, and a credential is a credential.
        return f"AuthResult(success={self.success!r}, scope={self.scope!r})"
