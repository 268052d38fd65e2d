"""What backends and `load_user` answered is looked at before it counts."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from nexios.auth.model import AuthResult

if TYPE_CHECKING:
    from nexios.auth.base import BaseUser

__all__ = ["is_known", "is_success"]

logger = logging.getLogger("nexios.auth")


def is_success(result: Any) -> bool:
    """Whether a backend's answer names somebody.

    Raises:
        TypeError: It is no answer.
    """
    if not isinstance(result, AuthResult) or type(result.success) is not bool:
        raise TypeError(
            f"authenticate answered {type(result).__name__}, no AuthResult with a bool for success"
        )
    if not result.success:
        return False
    if not isinstance(result.identity, str) or not result.identity:
        raise TypeError(f"the identity must be text that is not empty, not {type(result.identity).__name__}")
    if not isinstance(result.scope, str) or not result.scope:
        raise TypeError("the scope must be text that is not empty")
    if isinstance(result.permissions, str):
        raise TypeError("permissions must be a collection of names or None, not one text")
    return True


def is_known(user: Any, user_model: type[BaseUser]) -> bool:
    """Whether `load_user` answered a user who may be let in.

    Raises:
        TypeError: It answered something else.
    """
    if not isinstance(user, user_model):
        raise TypeError(f"load_user answered {type(user).__name__}, not {user_model.__name__} or None")
    if user.is_authenticated is True:
        return True
    logger.warning("load_user answered a user that is not authenticated: the credential is refused")
    return False
