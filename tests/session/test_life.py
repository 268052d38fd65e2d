"""The life of sessions as a state machine: whatever is done in whatever order, a dead cookie stays dead."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    rule,
    run_state_machine_as_test,
)
from starlette.testclient import TestClient

from tests.parts import Clock
from tests.session.apps import session_app

# Odd, where all steps of time are even: at the last second a browser drops the cookie by itself.
MAX_AGE = 3601
PEOPLE = st.sampled_from(["ada", "bob"])


class Model:
    """What the test knows of one session."""

    def __init__(self, born: float, user: str | None, data: dict[str, Any]) -> None:
        self.born = born
        self.user = user
        self.data = data
        self.alive = True


class Sessions(RuleBasedStateMachine):
    """Clients that log in, change, renew and leave, and somebody who tries every cookie again."""

    cookies: Bundle[tuple[str, Model]] = Bundle("cookies")
    dead: Bundle[str] = Bundle("dead")

    @initialize()
    def start(self) -> None:
        self.clock = Clock()
        self.app = session_app(clock=self.clock, max_age=timedelta(seconds=MAX_AGE))

    def ask(self, method: str, path: str, cookie: str | None = None) -> Any:
        headers = {} if cookie is None else {"cookie": f"session={cookie}"}
        return TestClient(self.app).request(method, path, headers=headers)

    def is_alive(self, model: Model) -> bool:
        return model.alive and self.clock() - model.born <= MAX_AGE

    @rule(target=cookies, name=PEOPLE)
    def arrives_and_logs_in(self, name: str) -> tuple[str, Model]:
        answer = self.ask("POST", f"/login/{name}")
        return answer.cookies["session"], Model(int(self.clock()), name, {})

    @rule(target=cookies, value=st.sampled_from("xyz"))
    def arrives_and_stores(self, value: str) -> tuple[str, Model]:
        answer = self.ask("POST", f"/keep/a/{value}")
        return answer.cookies["session"], Model(int(self.clock()), None, {"a": value})

    @rule(target=cookies, known=consumes(cookies), name=PEOPLE)
    def logs_in(self, known: tuple[str, Model], name: str) -> tuple[str, Model]:
        cookie, model = known
        answer = self.ask("POST", f"/login/{name}", cookie)
        kept = self.is_alive(model) and model.user in (None, name)
        data = model.data if kept else {}
        model.alive = False
        self.check(cookie, model)
        return answer.cookies["session"], Model(int(self.clock()), name, data)

    @rule(target=cookies, known=consumes(cookies))
    def renews(self, known: tuple[str, Model]) -> tuple[str, Model]:
        cookie, model = known
        answer = self.ask("POST", "/renew", cookie)
        if not self.is_alive(model):
            assert not answer.cookies.get("session")
            return cookie, model
        self.check(cookie, Model(model.born, None, {}), alive=False)
        return answer.cookies["session"], model

    @rule(target=dead, known=consumes(cookies))
    def leaves(self, known: tuple[str, Model]) -> str:
        cookie, model = known
        self.ask("POST", "/logout", cookie)
        model.alive = False
        return cookie

    @rule(seconds=st.sampled_from([2, 60, 1800, 3602]))
    def time_goes_by(self, seconds: int) -> None:
        self.clock.turn(seconds=seconds)

    @rule(known=cookies)
    def is_seen_again(self, known: tuple[str, Model]) -> None:
        self.check(*known)

    @rule(cookie=dead)
    def is_tried_again(self, cookie: str) -> None:
        self.check(cookie, Model(0, None, {}), alive=False)

    @rule(target=dead, cookie=dead, known=cookies)
    def is_tried_beside_another(self, cookie: str, known: tuple[str, Model]) -> str:
        other, model = known
        answer = self.ask("GET", "/session", f"{cookie}; session={other}")
        assert answer.json() == self.expected(model)
        return cookie

    def expected(self, model: Model) -> dict[str, Any]:
        if not self.is_alive(model):
            return {}
        return {**model.data, **({"user": {"id": model.user}} if model.user else {})}

    def check(self, cookie: str, model: Model, *, alive: bool | None = None) -> None:
        alive = self.is_alive(model) if alive is None else alive
        status = self.ask("GET", "/me", cookie).status_code
        assert status == (200 if alive and model.user else 401)
        assert self.ask("GET", "/session", cookie).json() == (self.expected(model) if alive else {})


def test_whatever_is_done_in_whatever_order_a_dead_cookie_stays_dead() -> None:
    limits = settings(max_examples=25, stateful_step_count=20, deadline=None)
    run_state_machine_as_test(Sessions, settings=limits)
