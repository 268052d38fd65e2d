"""Rotation of secrets: the first signs, all verify."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from tests.parts import OTHER_SECRET, SECRET
from tests.session.apps import client_of, is_in, kept, session_app
from tests.session.sources import signed_only

pytestmark = signed_only

THIRD = "5d2c9b18f7e04a63c1d8e92f40b7a6531f8c2e9d07b4a6e3"


def cookie_of(secret_key: str | list[str]) -> str:
    client = TestClient(session_app(secret_key))
    client.post("/login/ada")
    return str(client.cookies["session"])


@pytest.mark.parametrize(
    ("signing", "verifying", "good"),
    [
        ([SECRET], [SECRET], True),
        ([SECRET], [OTHER_SECRET, SECRET], True),
        ([SECRET], [THIRD, OTHER_SECRET, SECRET], True),
        ([OTHER_SECRET, SECRET], [SECRET], False),
        ([OTHER_SECRET, SECRET], [OTHER_SECRET], True),
        ([SECRET], [OTHER_SECRET], False),
        ([SECRET, OTHER_SECRET], [SECRET], True),
    ],
    ids=["same", "rotated", "rotated twice", "not the second", "the first", "gone", "before another"],
)
def test_the_first_secret_signs_and_all_verify(signing: list[str], verifying: list[str], good: bool) -> None:
    assert is_in(session_app(verifying), cookie_of(signing)) is good


def test_a_session_goes_on_under_the_new_secret() -> None:
    rotated = session_app([OTHER_SECRET, SECRET])
    client = client_of(rotated, cookie_of(SECRET))
    assert client.get("/me").status_code == 200
    changed = client.post("/keep/a/1").cookies["session"]
    assert kept(session_app(OTHER_SECRET), changed) == {"user": {"id": "ada"}, "a": "1"}
    assert not is_in(session_app(SECRET), changed)


def test_a_logout_holds_for_cookies_of_the_old_secret_too() -> None:
    rotated = session_app([OTHER_SECRET, SECRET])
    old = cookie_of(SECRET)
    client = client_of(rotated, old)
    renewed = client.post("/keep/a/1").cookies["session"]
    client_of(rotated, renewed).post("/logout")
    assert not is_in(rotated, old)
    assert not is_in(rotated, renewed)
