"""User models: the page's property pattern, data classes, permissions, strangers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.testclient import TestClient

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, BaseUser, SimpleUser, UnauthenticatedUser, auth
from tests.parts import SECRET, ByHeader


class PageUser(BaseUser):
    """As the page writes it: a property and an attribute of one name."""

    def __init__(self, identity: str, display_name: str, last_login_ip: str) -> None:
        self.identity = identity  # type: ignore[misc]
        self.display_name = display_name  # type: ignore[misc]
        self.last_login_ip = last_login_ip  # type: ignore[misc]

    @property
    def is_authenticated(self) -> bool:
        return True

    @property
    def display_name(self) -> str:
        return self.display_name

    @property
    def identity(self) -> str:
        return self.identity

    @property
    def last_login_ip(self) -> str:
        return self.last_login_ip

    @classmethod
    async def load_user(cls, identity: str) -> PageUser:
        return cls(identity, f"User {identity}", "127.0.0.1")


class PageKeyUser(SimpleUser):
    """The page's user of an API key, with a property on top of SimpleUser."""

    def __init__(self, identity: str, display_name: str, permissions: list[str] | None = None) -> None:
        self.identity = identity  # type: ignore[misc]
        self.display_name = display_name  # type: ignore[misc]
        self.permissions = permissions or []  # type: ignore[assignment]

    @property
    def is_authenticated(self) -> bool:
        return True

    @property
    def display_name(self) -> str:
        return self.display_name

    @property
    def identity(self) -> str:
        return self.identity

    def has_permission(self, permission: str) -> bool:
        return permission in self.permissions

    @classmethod
    async def load_user(cls, identity: str) -> PageKeyUser:
        return cls(identity, "API User", ["read"])


@dataclass
class Data(BaseUser):
    identity: str
    display_name: str = "Nobody in particular"
    permissions: set[str] = field(default_factory=set)

    @classmethod
    async def load_user(cls, identity: str) -> Data:
        return cls(identity)


@dataclass(frozen=True, slots=True)
class Frozen(BaseUser):
    identity: str
    display_name: str

    @classmethod
    async def load_user(cls, identity: str) -> Frozen:
        return cls(identity, identity.upper())


class Computed(BaseUser):
    """Properties that are truly computed."""

    def __init__(self, number: int) -> None:
        self.number = number

    @property
    def identity(self) -> str:
        return f"u{self.number}"

    @property
    def display_name(self) -> str:
        return f"User {self.number}"

    @classmethod
    async def load_user(cls, identity: str) -> Computed:
        return cls(int(identity.removeprefix("u")))


class Synchronous(BaseUser):
    """Loaded by a plain function."""

    def __init__(self, identity: str) -> None:
        self.identity = identity

    @classmethod
    def load_user(cls, identity: str) -> Synchronous:  # type: ignore[override]
        return cls(identity)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (PageUser, "User u7"),
        (PageKeyUser, "API User"),
        (Data, "Nobody in particular"),
        (Frozen, "U7"),
        (Computed, "User 7"),
        (Synchronous, "u7"),
        (SimpleUser, "u7"),
    ],
)
def test_every_way_to_write_a_user_model_works(model: type[BaseUser], name: str) -> None:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET))
    app.add_middleware(AuthenticationMiddleware(user_model=model, backend=ByHeader()))

    @app.get("/profile")
    @auth()
    async def profile(request: Request, response: Response) -> dict[str, Any]:
        assert isinstance(request.user, model)
        return {
            "name": request.user.display_name,
            "id": request.user.identity,
            "in": request.user.is_authenticated,
        }

    answer = TestClient(app).get("/profile", headers={"x-user": "u7"})
    assert answer.json() == {"name": name, "id": "u7", "in": True}


def test_the_property_of_the_page_gives_what_was_assigned() -> None:
    user = PageUser("7", "Ada", "10.0.0.1")
    assert (user.identity, user.display_name, user.last_login_ip, user.is_authenticated) == (
        "7",
        "Ada",
        "10.0.0.1",
        True,
    )
    user.display_name = "Countess"  # type: ignore[misc]
    assert user.display_name == "Countess"


def test_two_users_do_not_share_what_was_assigned() -> None:
    one, two = PageUser("1", "One", "a"), PageUser("2", "Two", "b")
    assert (one.identity, two.identity) == ("1", "2")


def test_a_property_that_was_never_assigned_says_so() -> None:
    class Forgetful(BaseUser):
        @property
        def identity(self) -> str:
            return self.identity

    with pytest.raises(AttributeError, match=r"Forgetful\.identity was never assigned: set self\.identity"):
        _ = Forgetful().identity


def test_a_user_without_an_identity_says_how_to_give_one() -> None:
    class Empty(BaseUser):
        pass

    with pytest.raises(AttributeError, match=r"Empty has no identity: set self\.identity in __init__"):
        _ = Empty().identity
    with pytest.raises(AttributeError, match="Empty has no identity"):
        _ = Empty().display_name


def test_the_display_name_is_the_identity_where_nothing_else_is_said() -> None:
    class Named(BaseUser):
        def __init__(self) -> None:
            self.identity = "ada"

    assert (Named().display_name, Named().is_authenticated) == ("ada", True)


def test_a_property_with_a_setter_stays_a_property() -> None:
    class Guarded(BaseUser):
        @property
        def identity(self) -> str:
            return self._identity

        @identity.setter
        def identity(self, value: str) -> None:
            self._identity = value.lower()

    user = Guarded()
    user.identity = "ADA"
    assert user.identity == "ada"


def test_a_simple_user_has_an_identity_a_name_and_permissions() -> None:
    user = SimpleUser("7", "Ada", ["read", "write"])
    assert (user.identity, user.display_name, user.is_authenticated) == ("7", "Ada", True)
    assert user.has_permission("read") is True
    assert user.has_permission("admin") is False
    assert repr(user) == "SimpleUser('7')"
    assert bool(user) is True


def test_a_simple_user_by_identity_alone() -> None:
    user = SimpleUser("7")
    assert (user.display_name, user.permissions, user.has_permission("")) == ("7", frozenset(), False)


def test_one_text_is_one_permission_and_not_its_letters() -> None:
    user = SimpleUser("7", permissions="admin")
    assert user.has_permission("admin") is True
    assert user.has_permission("a") is False


def test_permissions_that_are_one_text_by_mistake_permit_nothing() -> None:
    class Mistaken(BaseUser):
        permissions = "admin"

    assert Mistaken().has_permission("admin") is False
    assert Mistaken().has_permission("a") is False


@pytest.mark.anyio
async def test_a_simple_user_is_whoever_the_credential_names() -> None:
    user = await SimpleUser.load_user("7")
    assert user is not None
    assert user.identity == "7"


@pytest.mark.anyio
async def test_a_stranger_is_falsy_and_may_nothing() -> None:
    stranger = UnauthenticatedUser()
    assert not stranger
    assert (stranger.identity, stranger.display_name, stranger.is_authenticated) == ("", "", False)
    assert stranger.has_permission("anything") is False
    assert await UnauthenticatedUser.load_user("7") is None  # type: ignore[func-returns-value]
    assert repr(stranger) == "UnauthenticatedUser()"


@pytest.mark.parametrize("name", ["identity", "is_authenticated", "permissions", "last_seen"])
def test_nothing_is_set_on_a_stranger_whom_all_requests_share(name: str) -> None:
    with pytest.raises(AttributeError, match="nothing can be set on an UnauthenticatedUser"):
        setattr(UnauthenticatedUser(), name, True)


@pytest.mark.anyio
async def test_a_model_without_load_user_says_what_to_define() -> None:
    class Empty(BaseUser):
        pass

    with pytest.raises(TypeError, match="Empty must define `async def load_user"):
        await Empty.load_user("7")
