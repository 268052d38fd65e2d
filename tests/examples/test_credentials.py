"""Each example lets the good credential in, and neither none nor a wrong one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from tests.examples.visits import EXAMPLES, VISITS

every_example = pytest.mark.parametrize("name", VISITS)


def test_every_example_is_visited() -> None:
    assert sorted(VISITS) == sorted(path.stem for path in EXAMPLES.glob("*.py"))


@every_example
def test_the_good_credential_is_let_in(name: str, client_of: Callable[[str], TestClient]) -> None:
    client, visit = client_of(name), VISITS[name]

    answer = client.get(visit.path, headers=visit.credential(client))

    assert answer.status_code == 200
    assert answer.json()


@every_example
def test_a_missing_credential_is_asked_for(name: str, client_of: Callable[[str], TestClient]) -> None:
    client, visit = client_of(name), VISITS[name]
    visit.credential(client)

    answer = client.get(visit.path)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == visit.challenge


@every_example
def test_a_wrong_credential_is_refused(name: str, client_of: Callable[[str], TestClient]) -> None:
    client, visit = client_of(name), VISITS[name]
    visit.credential(client)

    answer = client.get(visit.path, headers=visit.wrong)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith(visit.challenge.split(",")[0])
    assert next(iter(visit.wrong.values())) not in answer.text
