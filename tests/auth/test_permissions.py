"""Permissions: all of them, by the user's own rule, narrowed by the credential."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from nexios import NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, AuthResult, BaseUser, SimpleUser, has_permission
from nexios.auth.backends.base import AuthenticationBackend
from tests.parts import ByHeader, app_for, assert_problem


class Narrowing(AuthenticationBackend):
    scope = "narrow"

    def __init__(self, permissions: Any) -> None:
        self.permissions = permissions

    async def authenticate(self, request: Request, response: Response) -> AuthResult:
        return AuthResult(True, "ada", "narrow", self.permissions)


def user_with(rule: Any) -> type[BaseUser]:
    class User(SimpleUser):
        has_permission = rule

    return User


def app_asking(*permissions: str, user_model: Any = None, backend: Any = None) -> TestClient:
    app = app_for() if user_model is None and backend is None else NexiosApp()
    if user_model is not None or backend is not None:
        app.add_middleware(
            AuthenticationMiddleware(user_model=user_model or SimpleUser, backend=backend or ByHeader())
        )

    @app.get("/")
    @has_permission(permissions=permissions)
    async def handler(request: Request, response: Response) -> str:
        return str(request.user.identity)

    return TestClient(app)


@pytest.mark.parametrize(
    ("asked", "user", "status"),
    [
        (["read"], "ada", 200),
        (["read"], "bob", 200),
        (["read"], "cy", 403),
        (["read", "write"], "ada", 200),
        (["read", "write"], "bob", 403),
        (["write", "read"], "bob", 403),
        (["admin"], "ada", 403),
        (["read", "admin"], "ada", 403),
        (["read"], "nobody", 401),
        (["Read"], "ada", 403),
    ],
)
def test_a_user_needs_all_of_the_permissions(asked: list[str], user: str, status: int) -> None:
    answer = app_asking(*asked).get("/", headers={"x-user": user})
    assert answer.status_code == status
    if status == 403:
        assert_problem(answer, 403, "You do not have the permission that this needs.")
        assert not any(permission in answer.text for permission in ("admin", "write"))


async def asynchronous(self: Any, permission: str) -> bool:
    return permission == "read"


@pytest.mark.parametrize(
    "rule",
    [lambda self, permission: permission == "read", asynchronous],
    ids=["sync", "async"],
)
def test_a_user_model_may_have_a_rule_of_its_own(rule: Any) -> None:
    headers = {"x-user": "ada"}
    assert app_asking("read", user_model=user_with(rule)).get("/", headers=headers).status_code == 200
    assert app_asking("write", user_model=user_with(rule)).get("/", headers=headers).status_code == 403


@pytest.mark.parametrize("answer", [1, "yes", object(), ["read"], None, 0, ""], ids=repr)
def test_only_true_lets_in(answer: Any) -> None:
    model = user_with(lambda self, permission: answer)
    assert_problem(app_asking("read", user_model=model).get("/", headers={"x-user": "ada"}), 403)


def test_a_rule_that_fails_lets_nobody_in_and_shows_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def rule(self: Any, permission: str) -> bool:
        raise RuntimeError("table gone")

    answer = app_asking("read", user_model=user_with(rule)).get("/", headers={"x-user": "ada"})
    assert_problem(answer, 503, "Permissions are not available at the moment.")
    assert "table gone" not in answer.text
    assert "table gone" in caplog.text


@pytest.mark.parametrize(
    ("narrowed", "asked", "status"),
    [
        (None, "read", 200),
        ({"read"}, "read", 200),
        (["read", "write"], "write", 200),
        (("read",), "write", 403),
        (frozenset(), "read", 403),
        ([], "read", 403),
        ({"admin"}, "admin", 403),
        ({"read": True}, "read", 200),
    ],
)
def test_a_credential_narrows_what_its_user_may_do_and_never_widens_it(
    narrowed: Any, asked: str, status: int
) -> None:
    class Ada(SimpleUser):
        @classmethod
        async def load_user(cls, identity: str) -> Ada:
            return cls(identity, permissions=["read", "write"])

    client = app_asking(asked, user_model=Ada, backend=Narrowing(narrowed))
    assert client.get("/").status_code == status


@given(
    own=st.frozensets(st.sampled_from("abcd")),
    narrowed=st.none() | st.frozensets(st.sampled_from("abcd")),
    asked=st.lists(st.sampled_from("abcd"), min_size=1, unique=True),
)
def test_a_request_may_what_the_user_and_the_credential_both_may(
    own: frozenset[str], narrowed: frozenset[str] | None, asked: list[str]
) -> None:
    class User(SimpleUser):
        @classmethod
        async def load_user(cls, identity: str) -> User:
            return cls(identity, permissions=own)

    client = app_asking(*asked, user_model=User, backend=Narrowing(narrowed))
    allowed = own if narrowed is None else own & narrowed
    assert client.get("/").status_code == (200 if allowed.issuperset(asked) else 403)
