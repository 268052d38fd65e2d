"""Whoever has a credential: how they come by it, and how it is taken from them."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import secrets
import time
from collections import deque
from typing import Any
from urllib.parse import quote

from benchmarks.siege.place import USERS, Place
from benchmarks.siege.truth import Credential, Ends, Ledger
from benchmarks.siege.wire import Wire
from nexios.apikeys import create_api_key
from nexios.tokens import KeyRing

GRACE = 9.0
"""So long after its first use a refresh token may come again (ten seconds), less what an answer may take."""

UNKNOWN = 500
"""Keys that have the form of one, and that nobody was ever given."""

AGAIN = 0.1
"""So long one waits before one asks again, in seconds."""

BOTH = frozenset({"PostgreSQL", "Redis"})
DATABASE = frozenset({"PostgreSQL"})
NOTHING: frozenset[str] = frozenset()


class Town:
    """Everybody's credentials, good ones and those that are over.

    Args:
        place: Where they are kept.
        ledger: Where answers are entered.
        many: How many good ones of each kind there shall be.
        dice: What is random.
    """

    def __init__(self, place: Place, ledger: Ledger, many: int, dice: random.Random) -> None:
        self.place = place
        self.ledger = ledger
        self.many = many
        self.dice = dice
        self.good: dict[str, list[Credential]] = {"session": [], "key": [], "token": []}
        self.over: deque[Credential] = deque(maxlen=10 * many)
        self.ended = 0
        self.blocked: dict[str, Ends] = {}
        self.retired: dict[str, Ends] = {}
        self._other = KeyRing.generate()
        # That a key has the form of one is kept too, for ten thousand of them: with so few that is full soon,
        # and what its memory grows by then is something else.
        self._unknown = [create_api_key()[0] for _ in range(UNKNOWN)]

    def pick(self) -> Credential | None:
        """A good credential, of whatever kind."""
        there = self.good[self.dice.choice(list(self.good))]
        return self.dice.choice(there) if there else None

    def user(self) -> str:
        """Somebody who is not blocked."""
        while (user := self.dice.choice(USERS)) in self.blocked:
            pass
        return user

    async def grow(self, wire: Wire) -> None:
        """Get one more of the kind of which there are too few."""
        kind = min(self.good, key=lambda each: len(self.good[each]))
        if len(self.good[kind]) >= self.many:
            return
        user = self.user()
        # Whoever is blocked while he gets it may get it all the same, and it lets nobody in.
        made = await {"session": self._log_in, "key": self._make_key, "token": self._issue}[kind](wire, user)
        if made is not None:
            if user in self.blocked:
                made.also.append((self.blocked[user], 0.0))
            self.good[kind].append(made)

    def lose(self, shown: Credential) -> None:
        """Have it no longer among the good ones."""
        if shown in self.good[shown.kind]:
            self.good[shown.kind].remove(shown)
            self.over.append(shown)
            self.ended += 1

    async def _log_in(self, wire: Wire, user: str) -> Credential | None:
        answer = await wire.ask("POST", f"/login/{user}")
        if not self.ledger.expect("log in", answer, self._entering(user), BOTH) or answer.status != 200:
            return None
        cookie = answer.headers["set-cookie"].partition(";")[0]
        return Credential("session", {"cookie": cookie}, user, BOTH, lag=0.0, id=answer.json()["id"])

    async def _make_key(self, wire: Wire, user: str) -> Credential:
        may_write = self.dice.random() < 0.5
        key, record = await self.place.keys.create(user, "siege", permissions=None if may_write else {"read"})
        return Credential("key", {"x-api-key": key}, user, DATABASE, may_write=may_write, id=record.id)

    async def _issue(self, wire: Wire, user: str) -> Credential | None:
        answer = await wire.ask("POST", f"/tokens/{user}")
        if not self.ledger.expect("issue", answer, self._entering(user), DATABASE) or answer.status != 200:
            return None
        return self._token(answer.json(), user, Ends())

    def _entering(self, user: str) -> set[int]:
        return {200, 404} if user in self.blocked else {200}

    def _token(self, pair: dict[str, Any], user: str, family: Ends) -> Credential:
        head, body, _ = pair["access_token"].split(".")
        claims = _decoded(body)
        made = Credential(
            "token",
            {"authorization": f"Bearer {pair['access_token']}"},
            user,
            DATABASE,
            expires=time.monotonic() + claims["exp"] - time.time(),
            id=claims["jti"],
            refresh=pair["refresh_token"],
        )
        made.also.append((family, 1.0))
        made.also.append((self.retired.setdefault(_decoded(head)["kid"], Ends()), 1.0))
        return made

    async def refresh(self, wire: Wire, shown: Credential) -> None:
        """Get the next pair for a token; the old access token is good until it expires."""
        family = shown.also[0][0]
        first: float | None = None
        form = f"grant_type=refresh_token&refresh_token={quote(shown.refresh)}"
        while True:
            answer = await wire.ask("POST", "/token", form=form)
            first = answer.sent if first is None else first
            # Somebody may have ended the login meanwhile, or it came too late a second time.
            lost = answer.done >= family.begun or answer.done > first + GRACE
            if not self.ledger.expect("refresh", answer, {200, 400} if lost else {200}, DATABASE):
                if answer.done > first + 4 * GRACE or family.known < answer.sent:
                    family.begin()
                    return self.lose(shown)
                await asyncio.sleep(AGAIN)
                continue
            if answer.status == 400:
                family.begin()
                family.acknowledge()
                return self.lose(shown)
            made = self._token(answer.json(), str(shown.identity), family)
            made.also += shown.also[2:]
            self.lose(shown)
            self.good["token"].append(made)
            return None

    async def end(self, wire: Wire, shown: Credential) -> None:
        """Take a credential from its owner: by a request, or from elsewhere."""
        self.lose(shown)
        if self.dice.random() < 0.5:
            return await self._end_elsewhere(shown)
        if shown.kind == "session":
            await self._ask_to_end(wire, shown, shown.ends, "log out", "/logout", shown.headers, None, BOTH)
        elif shown.kind == "token":
            token = shown.headers["authorization"].removeprefix("Bearer ")
            whole = self.dice.random() < 0.5
            form = f"token={quote(shown.refresh if whole else token)}"
            ends = shown.also[0][0] if whole else shown.ends
            await self._ask_to_end(wire, shown, ends, "revoke", "/revoke", {}, form, DATABASE)
        else:
            await self._end_elsewhere(shown)

    async def _ask_to_end(
        self,
        wire: Wire,
        shown: Credential,
        ends: Ends,
        what: str,
        path: str,
        headers: dict[str, str],
        form: str | None,
        needs: frozenset[str],
    ) -> None:
        ends.begin()
        # Until it is acknowledged nothing is certain, and one asks again.
        while True:
            answer = await wire.ask("POST", path, headers, form)
            if self.ledger.expect(what, answer, {200, 204}, needs):
                return ends.acknowledge()
            if answer.status not in (0, 503):
                return
            await asyncio.sleep(AGAIN)

    async def _end_elsewhere(self, shown: Credential) -> None:
        shown.ends.begin()
        if shown.kind == "session":
            await self.place.sessions.revoke(shown.id)
        elif shown.kind == "key":
            await self.place.keys.revoke(shown.id)
        else:
            family = shown.also[0][0]
            family.begin()
            if await self.place.tokens.revoke(shown.refresh):
                family.acknowledge()
            return
        shown.ends.acknowledge()

    async def block(self) -> None:
        """Block a user: all that he has lets nobody in from now on."""
        user = self.user()
        ends = self.blocked[user] = Ends()
        theirs = [each for there in self.good.values() for each in there if each.identity == user]
        # Also what was replaced and is good until it expires
        for each in (*theirs, *(each for each in self.over if each.identity == user)):
            each.also.append((ends, 0.0))
        ends.begin()
        await self.place.block(user)
        ends.acknowledge()
        for each in theirs:
            self.lose(each)

    def forged(self) -> Credential:
        """Something that nobody gave to anybody."""
        user = self.user()
        kind = self.dice.choice(["session", "key", "typo", "token", "unsigned", "changed"])
        if kind == "session":
            return Credential("session", {"cookie": f"session={secrets.token_urlsafe(32)}"}, None, BOTH)
        if kind == "key":
            return Credential("key", {"x-api-key": self.dice.choice(self._unknown)}, None, DATABASE)
        if kind == "typo":
            key = create_api_key()[0]
            return Credential(
                "key", {"x-api-key": key[:-1] + ("0" if key[-1] != "0" else "1")}, None, NOTHING
            )
        claims = {"sub": user, "iss": "https://siege.example", "aud": "siege", "exp": int(time.time()) + 600}
        token = self._other.sign(claims)
        if kind == "unsigned":
            token = f"{_encoded({'alg': 'none', 'typ': 'at+jwt'})}.{token.split('.')[1]}."
        elif kind == "changed" and self.good["token"]:
            real = self.dice.choice(self.good["token"]).headers["authorization"].removeprefix("Bearer ")
            head, body, signature = real.split(".")
            token = f"{head}.{_encoded(_decoded(body) | {'sub': user + 'x'})}.{signature}"
        return Credential("token", {"authorization": f"Bearer {token}"}, None, NOTHING)


def _decoded(part: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def _encoded(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
