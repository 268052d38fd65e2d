"""Who is asking, by what credential, and what may they do."""

from nexios.auth.base import BaseUser, SimpleUser, UnauthenticatedUser
from nexios.auth.decorators import auth, has_permission, public
from nexios.auth.middleware import AuthenticationMiddleware
from nexios.auth.model import AuthResult

__all__ = [
    "AuthResult",
    "AuthenticationMiddleware",
    "BaseUser",
    "SimpleUser",
    "UnauthenticatedUser",
    "auth",
    "has_permission",
    "public",
]
