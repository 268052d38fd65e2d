"""Sessions in any order of login, use, renewal, logout, revocation, new secrets and restarts."""

from __future__ import annotations

import secrets
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, initialize, multiple, precondition, rule

from nexios.session import Sessions
from tests.attacks.asking import asking
from tests.stateful.machines import PROCESSES, Machine, World, all_of, finds_fault, play
from tests.stateful.sessions import IDLE, MAX_AGE, Cookie, Name, Session, SessionProcess

WHO = st.sampled_from(["ada", "bob"])
SECRETS = [secrets.token_hex(32) for _ in range(50)]


class Visits(Machine):
    """Browsers, and whoever has copied their cookies."""

    cookies: Bundle[Cookie] = Bundle("cookies")
    stored: ClassVar[bool]

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.secrets = SECRETS[:1]
        self.idle: int | None = None
        self.all: list[Cookie] = []

    @initialize(idle=st.sampled_from([None, IDLE]))
    def begin(self, idle: int | None) -> None:
        self.idle = idle
        self.running = [self.start(), self.start()]

    def process(self, machine: Any) -> SessionProcess:
        return SessionProcess(self, self.secrets, self.idle, "store" if self.stored else "ended_in")

    @rule(target=cookies, number=PROCESSES, who=WHO, cookie=st.none() | cookies)
    def log_in(self, number: int, who: str, cookie: Cookie | None) -> Any:
        who = f"{who} {self.life}"
        process, data, (came, value) = self.running[number], {}, self.visit(number, cookie, f"/login/{who}")
        if came["found"] and cookie is not None:
            cookie.session.over.end(self.clock(), *self.where(process))
            data = dict(came["data"]) if cookie.session.identity in (None, who) else {}
        assert value
        return self.keep(process, value, Name(Session(who, self.began(), data, came["id"])), data)

    @rule(number=PROCESSES, cookie=cookies)
    def log_out(self, number: int, cookie: Cookie) -> None:
        came, value = self.visit(number, cookie, "/logout")
        assert not value
        if came["found"]:
            cookie.session.over.end(self.clock(), *self.where(self.running[number]))
        self.try_in(self.running[number], cookie)

    @rule(target=cookies, number=PROCESSES, cookie=cookies)
    def renew(self, number: int, cookie: Cookie) -> Any:
        process, (came, value) = self.running[number], self.visit(number, cookie, "/renew")
        assert bool(value) is came["found"]
        if not value:
            return multiple()
        cookie.name.over.end(self.clock(), *self.where(process))
        return self.keep(process, value, Name(cookie.session), came["data"])

    @rule(target=cookies, number=PROCESSES, cookie=st.none() | cookies, key=st.sampled_from(["a", "b"]))
    def keep_something(self, number: int, cookie: Cookie | None, key: str) -> Any:
        process, kept = self.running[number], str(len(self.all))
        came, value = self.visit(number, cookie, f"/keep/{key}/{kept}")
        data = came["data"] | {key: kept}
        if not came["found"] or cookie is None:
            assert value
            return self.keep(process, value, Name(Session(None, self.began(), data, came["id"])), data)
        cookie.session.data = data
        if not value:
            assert self.stored or data == came["data"]
            return multiple()
        return self.keep(process, value, cookie.name, data)

    @rule(target=cookies, number=PROCESSES, cookie=cookies)
    def use(self, number: int, cookie: Cookie) -> Any:
        came, value = self.visit(number, cookie, "/look")
        if came["found"] and value:
            return self.keep(self.running[number], value, cookie.name, came["data"])
        return multiple()

    @rule(seconds=st.sampled_from([0.5, 1, 20, 70, 300, IDLE - 60, IDLE, 3 * 3600, MAX_AGE]))
    def wait(self, seconds: float) -> None:
        self.clock.turn(seconds=seconds)

    @rule(number=PROCESSES)
    def restart(self, number: int) -> None:
        self.restart_one(number)

    def everybody_tries(self) -> None:
        for cookie in self.all:
            for process in self.running:
                self.try_in(process, cookie)

    def visit(self, number: int, cookie: Cookie | None, path: str) -> tuple[dict[str, Any], str | None]:
        """Send a request; what it came with, and the cookie that its answer sets: empty to delete it."""
        now, process = self.tick(), self.running[number]
        expected = False if cookie is None else self.lets_in(cookie, process, now)
        headers = [] if cookie is None else [("cookie", f"session={cookie.value}")]
        answer = self.run(asking(process.app, path, method="POST", headers=headers))
        assert answer.status == 200
        came = answer.json()
        assert came["found"] in ((True, False) if expected is None else (expected,))
        if came["found"] and cookie is not None:
            assert came["user"] == cookie.session.identity
            assert came["data"] == (cookie.session.data if self.stored else cookie.data)
            cookie.session.seen, cookie.session.id = now, came["was"]
        else:
            assert came["user"] is None
            assert came["data"] == {}
        return came, set_cookie(answer)

    def try_in(self, process: SessionProcess, cookie: Cookie) -> None:
        """Ask for what only users get."""
        expected = self.lets_in(cookie, process, self.clock())
        answer = self.run(asking(process.app, "/me", headers=[("cookie", f"session={cookie.value}")]))
        refused = expected is False or cookie.session.identity is None
        assert answer.status in (
            {200, 401} if expected is None and not refused else {401 if refused else 200}
        )
        if answer.status == 200:
            assert answer.json() == {"user": cookie.session.identity}
        if expected is not False and (answer.status == 200 or cookie.session.identity is None):
            cookie.session.seen = self.clock()

    def keep(self, process: SessionProcess, value: str, name: Name, data: dict[str, str]) -> Cookie:
        cookie = Cookie(value, name, data, int(self.clock()), process.secrets[0])
        self.all.append(cookie)
        return cookie


class InStore(Visits):
    """Sessions in a store, where they are ended from elsewhere too."""

    stored = True

    def lets_in(self, cookie: Cookie, process: SessionProcess, now: float) -> bool | None:
        session = cookie.session
        good = all_of(
            now > session.began + MAX_AGE,
            *(over.is_known(process, now) for over in (cookie.name.over, session.over)),
        )
        if not good or self.idle is None:
            return good
        # A use is noted once a minute, so that an idle session may end that much earlier.
        unused = now - session.seen
        return None if self.idle - 60 < unused <= self.idle else unused <= self.idle

    def where(self, process: SessionProcess) -> list[Any]:
        return self.running

    def began(self) -> float:
        return self.clock()

    @rule(number=PROCESSES, cookie=Visits.cookies)
    def revoke(self, number: int, cookie: Cookie) -> None:
        now, session = self.tick(), cookie.session
        if session.id is None:
            return
        good = self.lets_in_by_any(session, now)
        done = self.run(self.sessions(number).revoke(session.id))
        assert not (good is True and not done)
        assert not (session.over.at is not None and done)
        session.over.end(now, *self.running)
        self.try_in(self.running[number], cookie)

    @rule(number=PROCESSES, who=WHO, keep=st.none() | Visits.cookies)
    def revoke_all(self, number: int, who: str, keep: Cookie | None) -> None:
        now, kept = self.tick(), None if keep is None else keep.session
        self.run(self.sessions(number).revoke_all(f"{who} {self.life}", kept and kept.id))
        for session in self.of(who):
            if session is not kept:
                session.over.end(now, *self.running)

    @rule(number=PROCESSES, who=WHO)
    def list(self, number: int, who: str) -> None:
        now = self.tick()
        listed = {info.id for info in self.run(self.sessions(number).list(f"{who} {self.life}"))}
        verdicts = {session.id: self.lets_in_by_any(session, now) for session in self.of(who)}
        assert {name for name, good in verdicts.items() if good} <= listed
        assert not listed & {name for name, good in verdicts.items() if good is False}

    @rule(number=PROCESSES)
    def purge(self, number: int) -> None:
        self.run(self.sessions(number).purge())

    def sessions(self, number: int) -> Sessions:
        return Sessions(self.running[number].store, clock=self.clock)

    def of(self, who: str) -> set[Session]:
        return {each.session for each in self.all if each.session.identity == f"{who} {self.life}"}

    def lets_in_by_any(self, session: Session, now: float) -> bool | None:
        newest = next(each for each in reversed(self.all) if each.session is session)
        return self.lets_in(newest, self.running[0], now)


class Signed(Visits):
    """Sessions in signed cookies, whose ends a store remembers for every process."""

    stored = False

    def lets_in(self, cookie: Cookie, process: SessionProcess, now: float) -> bool | None:
        return all_of(
            cookie.secret not in process.secrets,
            now - cookie.session.began > MAX_AGE,
            self.idle is not None and now - cookie.at > self.idle,
            cookie.name.over.is_known(process, now),
            cookie.session.over.is_known(process, now),
        )

    def where(self, process: SessionProcess) -> list[Any]:
        return [process]

    def began(self) -> float:
        return int(self.clock())

    @precondition(lambda self: self.secrets[0] != SECRETS[-1])
    @rule()
    def change_secret(self) -> None:
        """The next process that starts signs with another one, and verifies by the last one too."""
        self.secrets = [SECRETS[SECRETS.index(self.secrets[0]) + 1], self.secrets[0]]


def set_cookie(answer: Any) -> str | None:
    found = answer.one("set-cookie")
    return None if found is None else found.partition(";")[0].partition("=")[2].strip('"')


def test_exactly_the_sessions_that_go_on_let_in(world: World) -> None:
    play(InStore, world)


def test_exactly_the_signed_sessions_that_go_on_let_in(world: World) -> None:
    play(Signed, world)


@pytest.mark.parametrize(
    ("machine", "place", "mistake"),
    [
        (InStore, "nexios.session.keeping.SessionKeeper._lives", lambda self, record: True),
        (Signed, "nexios.stores.revoked.FRESH_FOR", 100.0),
        (Signed, "nexios.session.signed.session_family", lambda session_id: session_id),
    ],
    ids=["no end", "too late", "one name only"],
)
def test_the_machine_notices_a_mistake(
    monkeypatch: pytest.MonkeyPatch, machine: Any, place: str, mistake: Any
) -> None:
    monkeypatch.setattr(place, mistake)
    assert finds_fault(machine)
