"""Users: who is asking, and what they may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

__all__ = ["BaseUser", "SimpleUser", "UnauthenticatedUser", "is_named"]


class _Assignable:
    """A read-only property that an assignment in `__init__` may replace.

    It has no `__set__`, so an attribute of the instance comes before it.
    """

    def __init__(self, getter: Callable[[Any], Any]) -> None:
        self.fget = getter
        self.__doc__ = getter.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: object | None, owner: type) -> Any:
        if instance is None:
            # Not there on the class, so that a dataclass does not take it for the field's default.
            raise AttributeError(self._name)
        try:
            return self.fget(instance)
        except RecursionError:
            # `return self.identity` in the property of that name, before anything was assigned to it
            raise AttributeError(
                f"{owner.__name__}.{self._name} was never assigned: set self.{self._name} in __init__"
            ) from None


def is_named(permission: str, permissions: Any) -> bool:
    """Whether `permissions` names `permission`: one text names nothing, a mapping what it says True of."""
    if isinstance(permissions, Mapping):
        return permissions.get(permission) is True
    return not isinstance(permissions, str) and permission in permissions


class BaseUser:
    """What a user model inherits from.

    A subclass says who the user is by `identity` and `display_name`, and how one is found by `load_user`. It
    may declare a read-only property and assign the attribute of that name in `__init__`: the property then
    returns what was assigned.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name, value in list(vars(cls).items()):
            if type(value) is property and value.fset is None and value.fget is not None:
                assignable = _Assignable(value.fget)
                assignable.__set_name__(cls, name)
                setattr(cls, name, assignable)

    if TYPE_CHECKING:
        identity: str
        display_name: str
        is_authenticated: bool
    else:

        @_Assignable
        def identity(self) -> str:
            """Who this is: the text by which `load_user` finds the user again."""
            raise AttributeError(f"{type(self).__name__} has no identity: set self.identity in __init__")

        @_Assignable
        def display_name(self) -> str:
            """How the user is called on a page; the identity where nothing else is said."""
            return self.identity

        @_Assignable
        def is_authenticated(self) -> bool:
            """Whether this is a known user."""
            return True

    def has_permission(self, permission: str) -> bool | Awaitable[bool]:
        """Whether the user may do what `permission` names; only `True` lets in. May be `async`."""
        permissions = getattr(self, "permissions", ())
        return is_named(permission, permissions)

    @classmethod
    async def load_user(cls, identity: str) -> Self | None:
        """Find the user that `identity` names, or None where there is none."""
        raise TypeError(f"{cls.__name__} must define `async def load_user(cls, identity)` as a classmethod")


class SimpleUser(BaseUser):
    """A user of whom nothing is kept but the identity: whoever the credential names is one.

    Args:
        identity: Who this is.
        display_name: How the user is called; the identity by default.
        permissions: The names of what the user may do. One text is one name.
    """

    def __init__(
        self, identity: str, display_name: str | None = None, permissions: Iterable[str] = ()
    ) -> None:
        if isinstance(permissions, Mapping):
            permissions = [name for name in permissions if is_named(name, permissions)]
        self.identity = identity
        self.display_name = identity if display_name is None else display_name
        self.permissions = frozenset((permissions,) if isinstance(permissions, str) else permissions)

    @classmethod
    async def load_user(cls, identity: str) -> Self | None:
        """A user of that identity: the credential alone vouches for it."""
        return cls(identity)

    def __repr__(self) -> str:
        # In a subclass that looks API keys up, the identity may be the key itself.
        shown = self.identity if type(self) is SimpleUser else self.display_name
        return f"{type(self).__name__}({shown!r})"


class UnauthenticatedUser(BaseUser):
    """A stranger: falsy, with no identity and no permission."""

    # One instance serves every request, so it must take no attribute from any.
    __slots__ = ()

    identity = ""
    display_name = ""
    is_authenticated = False

    def has_permission(self, permission: str) -> bool:
        """Nothing is permitted to a stranger."""
        return False

    @classmethod
    async def load_user(cls, identity: str) -> None:
        """Nobody."""
        return

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("nothing can be set on an UnauthenticatedUser: check request.user first")

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "UnauthenticatedUser()"
