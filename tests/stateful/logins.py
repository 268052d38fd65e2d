"""What the model knows of logins by tokens, of their tokens and of the keys that sign them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jwt import get_unverified_header

from tests.stateful.machines import Over, Process, all_of

ACCESS = 600
"""Seconds that an access token lives."""
LOGIN = 3 * 3600
"""Seconds that a login goes on."""


class Key:
    """A key of the ring.

    Attributes:
        made_at: When it came into the ring.
        retired: Whether it has left it.
    """

    def __init__(self, made_at: float) -> None:
        self.made_at = made_at
        self.retired = Over()

    def verifies(self, process: Process, now: float) -> bool | None:
        """Whether what it signed is believed; None: the process may not have looked at the ring yet."""
        is_known = process.started_at >= self.made_at or now >= self.made_at + 1
        good = all_of(self.retired.is_known(process, now))
        return None if good and not is_known else good


class Login:
    """A login, which is refreshed until it is over."""

    def __init__(self, subject: str, scope: str | None, now: float) -> None:
        self.subject = subject
        self.scope = scope
        self.ends_at = now + LOGIN
        self.over = Over()

    def is_over(self, now: float) -> bool:
        return now >= self.ends_at or self.over.at is not None

    def grants(self, scope: str | None) -> bool:
        return None in (scope, self.scope) or scope in str(self.scope).split()


class Refresh:
    """A refresh token."""

    def __init__(self, login: Login, token: str) -> None:
        self.login = login
        self.token = token
        self.used_at: float | None = None

    def use(self, now: float) -> None:
        self.used_at = now if self.used_at is None else self.used_at

    def comes_again(self, now: float, grace: float) -> bool:
        return self.used_at is not None and now - self.used_at >= grace


class Access:
    """An access token."""

    def __init__(
        self, login: Login, answer: dict[str, Any], scope: str | None, now: float, keys: dict[str, Key]
    ) -> None:
        self.login = login
        self.token = answer["access_token"]
        self.scope = None if scope is None else scope.split()
        self.over = Over()
        self.until = int(now) + answer["expires_in"]
        assert self.until == min(int(now) + ACCESS, int(login.ends_at))
        self._key = keys[get_unverified_header(self.token)["kid"]]

    def lets_in(self, process: Process, now: float) -> bool | None:
        overs = (each.is_known(process, now) for each in (self.over, self.login.over))
        good, verified = all_of(now >= self.until, *overs), self._key.verifies(process, now)
        if False in (good, verified):
            return False
        return None if None in (good, verified) else True


@dataclass(frozen=True)
class Pair:
    """What a login and each refresh bring."""

    refresh: Refresh
    access: Access
