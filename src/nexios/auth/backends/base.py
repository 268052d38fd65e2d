"""What a backend is."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from starlette.types import Scope

    from nexios.auth.model import AuthResult
    from nexios.config import MakeConfig
    from nexios.http import Request, Response

__all__ = ["AuthenticationBackend"]


class AuthenticationBackend:
    """Finds out by one kind of credential who is asking. A backend of one's own defines `authenticate`.

    Attributes:
        scope: The name that its results carry; `@auth(scope=...)` is checked against it at start-up where it
            is set.
        scheme: The scheme that its challenge names (RFC 9110 11.1).
        headers: The lower-case names of the headers that bring its credential: without them it is not asked.
            None: it is always asked.
        challenge_parameters: What else its challenge says, by name.
        further_challenges: Other schemes that it takes, each with what its challenge says.
        at_once: Whether `find` answers in place of `authenticate`, since there is mostly nothing to wait for.
        identity_is_secret: Whether the identity it finds is the credential itself, which `load_user` must
            verify.
    """

    scope: str | None = None
    scheme: str = "Custom"
    headers: frozenset[bytes] | None = None
    challenge_parameters: Mapping[str, str] = MappingProxyType({})
    further_challenges: Mapping[str, Mapping[str, str]] = MappingProxyType({})
    at_once: bool = False
    identity_is_secret: bool = False

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        # Whoever authenticates otherwise may wait for it, and look at something else.
        mro = cls.__mro__
        nearest = {name: depth for depth in reversed(range(len(mro))) for name in vars(mro[depth])}
        if nearest["authenticate"] < nearest["find"]:
            cls.at_once = False
        if nearest["authenticate"] < nearest["headers"]:
            cls.headers = None

    async def authenticate(self, request: Request, response: Response) -> AuthResult | None:
        """Read the credential of `request`.

        Args:
            request: The request, or a WebSocket's handshake.
            response: Headers and cookies set on it reach the client.

        Returns:
            An `AuthResult`; with `success=False` where a credential was presented and is not good; None
            where there is none of this kind. Anything else, or an exception, lets nobody in.
        """
        raise TypeError(
            f"{type(self).__name__} must define `async def authenticate(self, request, response)`"
        )

    def find(self, scope: Scope) -> AuthResult | Coroutine[Any, Any, AuthResult | None] | None:
        """What `authenticate` answers, where it can be said at once; else a coroutine that will say it."""
        raise TypeError(f"{type(self).__name__} must define `find`, or leave at_once False")

    def bind(self, config: MakeConfig | None) -> Self:
        """The backend as it works in one application; called once, when the stack is built.

        Args:
            config: The application's settings; None in a host that has none of ours.

        Raises:
            ConfigError: Something that it needs is not set.
        """
        return self
