"""What is told of sessions: who logs in, and who logs out."""

from __future__ import annotations

from typing import Any

import pytest

from nexios.events import SessionBegan, SessionEnded
from nexios.stores import MemoryStore
from tests.events.parts import noted, told
from tests.session import apps
from tests.session.apps import client_of, session_app


@pytest.fixture(params=["signed", "in a store"], autouse=True)
def source(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    kept_in: dict[str, Any] = {} if request.param == "signed" else {"store": MemoryStore()}
    monkeypatch.setattr(apps, "kept_in", kept_in)


def test_a_login_and_a_logout_are_told_with_the_public_id_of_the_session() -> None:
    app = session_app()
    events = noted(app, SessionBegan, SessionEnded)
    client = client_of(app)
    client.post("/login/ada")
    cookie = client.cookies["session"]
    client.post("/logout")
    assert told(events) == [
        ("session_began", "ada", "session", None),
        ("session_ended", "ada", "session", "logout"),
    ]
    began, ended = events
    assert isinstance(began, SessionBegan)
    assert isinstance(ended, SessionEnded)
    assert began.session_id == ended.session_id
    assert began.session_id
    assert began.address == ended.address == "testclient"
    assert cookie not in repr(events)


def test_a_second_logout_is_not_told() -> None:
    app = session_app()
    events = noted(app, SessionEnded)
    client = client_of(app)
    client.post("/login/ada")
    client.post("/logout")
    client.post("/logout")
    assert len(events) == 1


def test_a_logout_of_nobody_is_not_told() -> None:
    app = session_app()
    events = noted(app)
    client_of(app).post("/logout")
    client_of(app).post("/keep/color/green")
    assert events == []


def test_each_use_of_a_session_is_told_as_any_other_credential() -> None:
    app = session_app()
    client = client_of(app)
    client.post("/login/ada")
    events = noted(app)
    assert client.get("/me").status_code == 200
    assert told(events) == [("authenticated", "ada", "session", None)]


def test_a_login_that_another_site_sends_is_not_told() -> None:
    app = session_app()
    events = noted(app, SessionBegan)
    assert client_of(app).post("/login/ada", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert events == []
