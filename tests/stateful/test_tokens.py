"""Logins by tokens in any order of refreshing, robbing, calling back, changing keys and restarting."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, initialize, multiple, rule

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, auth, has_permission
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.tokens import KeyRing, Tokens, token_routes
from tests.attacks.asking import asking
from tests.stateful.logins import ACCESS, LOGIN, Access, Key, Login, Pair, Refresh
from tests.stateful.machines import PROCESSES, Anyone, Machine, Process, World, finds_fault, play
from tests.tokens.issuing import AUDIENCE, ISSUER
from tests.tokens.serving import refresh

SUBJECTS = st.sampled_from(["ada", "bob"])


class TokenProcess(Process):
    """An application that issues tokens and takes them, by a key ring that it follows."""

    def __init__(self, machine: Logins) -> None:
        super().__init__(machine)
        clock = machine.clock
        self.tokens = Tokens(
            KeyRing.follow(machine.file, clock=clock),
            store=self.store,
            issuer=ISSUER,
            audience=AUDIENCE,
            access_ttl=timedelta(seconds=ACCESS),
            refresh_ttl=timedelta(seconds=LOGIN),
            reuse_grace=timedelta(seconds=machine.grace),
            clock=clock,
            monotonic=clock,
        )
        self.app = app = NexiosApp(config=MakeConfig())
        backend = JWTAuthBackend(identifier="sub", tokens=self.tokens, clock=clock)
        app.add_middleware(AuthenticationMiddleware(user_model=Anyone, backend=backend))
        app.include(token_routes(self.tokens))

        @app.get("/me")
        @auth()
        async def me(request: Request, response: Response) -> dict[str, str]:
            return {"user": request.user.identity}

        @app.get("/write")
        @has_permission("write")
        async def write(request: Request, response: Response) -> dict[str, str]:
            return {"user": request.user.identity}


class Logins(Machine):
    """People who log in and stay so, their thieves, and those who end it."""

    process = TokenProcess
    pairs: Bundle[Pair] = Bundle("pairs")

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.grace = 0
        self.file = world.folder / f"ring {self.life}.json"
        ring = KeyRing.generate(clock=self.clock)
        ring.save(self.file)
        self.keys = {key.kid: Key(self.clock()) for key in ring.keys}
        self.logins: list[Login] = []
        self.access: list[Access] = []

    @initialize(grace=st.sampled_from([0, 10]))
    def begin(self, grace: int) -> None:
        self.grace = grace
        self.running = [self.start(), self.start()]

    @rule(
        target=pairs, number=PROCESSES, subject=SUBJECTS, scope=st.sampled_from([None, "read", "read write"])
    )
    def log_in(self, number: int, subject: str, scope: str | None) -> Pair:
        now, name = self.tick(), f"{subject} {self.life}"
        pair = self.run(self.running[number].tokens.issue(name, scope=scope))
        login = Login(name, scope, now)
        self.logins.append(login)
        return self.keep(login, pair.to_dict(), scope)

    @rule(target=pairs, number=PROCESSES, pair=pairs, scope=st.sampled_from([None, "read", "write"]))
    def refresh(self, number: int, pair: Pair, scope: str | None) -> Any:
        now, process, token = self.tick(), self.running[number], pair.refresh
        asked = {} if scope is None else {"scope": scope}
        answer = self.run(refresh(process.app, token.token, **asked))
        if token.login.is_over(now):
            assert answer.status == 400
            assert answer.json()["error"] == "invalid_grant"
        elif not token.login.grants(scope):
            assert answer.status == 400
            assert answer.json()["error"] == "invalid_scope"
        elif token.comes_again(now, self.grace):
            assert answer.status == 400
            token.login.over.end(now, process)
        else:
            assert answer.status == 200
            token.use(now)
            return self.keep(token.login, answer.json(), scope or token.login.scope)
        return multiple()

    @rule(target=pairs, pair=pairs)
    def refresh_in_both_at_once(self, pair: Pair) -> Any:
        now, token = self.tick(), pair.refresh
        fresh, good = token.used_at is None, not token.login.is_over(now)

        async def both() -> Any:
            return await asyncio.gather(*(refresh(process.app, token.token) for process in self.running))

        came = [answer.json() for answer in self.run(both()) if answer.status == 200]
        if not good or token.comes_again(now, self.grace):
            assert came == []
            if good:
                token.login.over.end(now)  # one of them has ended it, and the other may not have heard
            return multiple()
        token.use(now)
        if self.grace:
            assert len(came) == 2
            return multiple(*(self.keep(token.login, each, token.login.scope) for each in came))
        # Who came second was a thief, as far as anybody knows; who came first may have gone before.
        assert fresh
        assert len(came) <= 1
        token.login.over.end(now)
        for each in came:
            self.keep(token.login, each, token.login.scope)
        return multiple()

    @rule(number=PROCESSES, pair=pairs)
    def look_at(self, number: int, pair: Pair) -> None:
        now, token = self.tick(), pair.refresh
        found = self.run(self.running[number].tokens.find_refresh(token.token))
        assert (found is not None) is (token.used_at is None and not token.login.is_over(now))

    @rule(number=PROCESSES, pair=pairs)
    def call_back_refresh(self, number: int, pair: Pair) -> None:
        now, process, login = self.tick(), self.running[number], pair.refresh.login
        is_over = login.is_over(now)
        assert self.run(process.tokens.revoke(pair.refresh.token)) is not is_over
        if not is_over:
            login.over.end(now, process)

    @rule(number=PROCESSES, pair=pairs)
    def call_back_access(self, number: int, pair: Pair) -> None:
        now, process, access = self.tick(), self.running[number], pair.access
        is_good = access.lets_in(process, now)
        if self.run(process.tokens.revoke(access.token)):
            access.over.end(now, process)
        else:
            assert is_good is not True
        self.try_in(process, access)

    @rule(number=PROCESSES, subject=SUBJECTS)
    def call_back_all(self, number: int, subject: str) -> None:
        now, process = self.tick(), self.running[number]
        hers = [login for login in self.logins if login.subject == f"{subject} {self.life}"]
        count = self.run(process.tokens.revoke_all(f"{subject} {self.life}"))
        # One that has expired and is not purged yet may be ended too.
        live = sum(not login.is_over(now) for login in hers)
        assert live <= count <= sum(login.over.at is None for login in hers)
        for login in hers:
            login.over.end(now, process)

    @rule(number=PROCESSES, pair=pairs)
    def use(self, number: int, pair: Pair) -> None:
        self.tick()
        self.try_in(self.running[number], pair.access)

    @rule()
    def rotate_keys(self) -> None:
        self.tick()
        ring = KeyRing.load(self.file, clock=self.clock)
        ring.rotate()
        ring.save(self.file)
        for key in ring.keys:
            self.keys.setdefault(key.kid, Key(self.clock()))

    @rule()
    def retire_keys(self) -> None:
        now, ring = self.tick(), KeyRing.load(self.file, clock=self.clock)
        for key in ring.keys[2:]:
            ring.retire(key.kid)
            self.keys[key.kid].retired.end(now)
        ring.save(self.file)

    @rule(seconds=st.sampled_from([0.5, 1, 9, 11, ACCESS - 1, ACCESS, LOGIN - ACCESS, LOGIN]))
    def wait(self, seconds: float) -> None:
        self.clock.turn(seconds=seconds)

    @rule(number=PROCESSES)
    def purge(self, number: int) -> None:
        self.run(self.running[number].tokens.purge())

    @rule(number=PROCESSES)
    def restart(self, number: int) -> None:
        self.restart_one(number)

    def everybody_tries(self) -> None:
        for access in self.access:
            for process in self.running:
                self.try_in(process, access)

    def try_in(self, process: TokenProcess, access: Access) -> None:
        expected = access.lets_in(process, self.clock())
        headers = [("authorization", f"Bearer {access.token}")]
        answer = self.run(asking(process.app, "/me", headers=headers))
        assert answer.status in ({200, 401} if expected is None else {200 if expected else 401})
        if answer.status == 200:
            assert answer.json() == {"user": access.login.subject}
            may_write = access.scope is None or "write" in access.scope
            answer = self.run(asking(process.app, "/write", headers=headers))
            assert answer.status == (200 if may_write else 403)

    def keep(self, login: Login, answer: dict[str, Any], scope: str | None) -> Pair:
        access = Access(login, answer, scope, self.clock(), self.keys)
        self.access.append(access)
        return Pair(Refresh(login, answer["refresh_token"]), access)


def test_exactly_the_tokens_of_logins_that_go_on_let_in(world: World) -> None:
    play(Logins, world)


@pytest.mark.parametrize(
    ("place", "mistake"),
    [
        ("nexios.stores.revoked.FRESH_FOR", 100.0),
        ("nexios.tokens.ring._LOOK", 1e6),
        ("nexios.tokens.refresh.RefreshTokens._is_forgiven", lambda self, after: True),
    ],
    ids=["revocations too late", "keys too late", "a second use"],
)
def test_the_machine_notices_a_mistake(monkeypatch: pytest.MonkeyPatch, place: str, mistake: Any) -> None:
    monkeypatch.setattr(place, mistake)
    assert finds_fault(Logins)
