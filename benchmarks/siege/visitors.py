"""Who comes while all of that happens, and what they ask."""

from __future__ import annotations

import asyncio

from benchmarks.siege.town import BOTH, Town
from benchmarks.siege.truth import Ledger
from benchmarks.siege.wire import Wire


class Visitors:
    """So many clients that each ask one thing after another until it is over.

    Args:
        town: Whose credentials they have.
        ledger: Where answers are entered.
        port: Where the workers listen.
        count: How many there are.
        pause: How long each waits between two requests, in seconds.
    """

    def __init__(self, town: Town, ledger: Ledger, port: int, count: int, pause: float) -> None:
        self._town = town
        self._ledger = ledger
        self._port = port
        self._count = count
        self._pause = pause
        self._over = False

    async def come(self) -> None:
        """Ask until `go`."""
        async with asyncio.TaskGroup() as group:
            for number in range(self._count):
                group.create_task(self._one(number))

    def go(self) -> None:
        """Ask nothing more."""
        self._over = True

    async def _one(self, number: int) -> None:
        wire = Wire(self._port)
        # A few see to it that there are always credentials, and that they end.
        act = self._churn if number % 8 == 0 else self._visit
        while not self._over:
            await act(wire)
            await asyncio.sleep(self._pause)
        await wire.close()

    async def _churn(self, wire: Wire) -> None:
        town, dice = self._town, self._town.dice
        await town.grow(wire)
        shown = town.pick()
        if shown is None or dice.random() < 0.7:
            return
        if shown.kind == "token" and dice.random() < 0.6:
            await town.refresh(wire, shown)
        else:
            await town.end(wire, shown)

    async def _visit(self, wire: Wire) -> None:
        town, ledger, dice = self._town, self._ledger, self._town.dice
        kind = dice.random()
        if kind < 0.1:
            ledger.expect("health", await wire.ask("GET", "/health"), {200})
        elif kind < 0.3:
            forged = town.forged()
            ledger.judge(f"forged {forged.kind}", forged, await wire.ask("GET", "/me", forged.headers))
        elif kind < 0.5 and town.over:
            # Of those that are over rather the latest, when somebody may not know of it yet.
            place = -min(int(dice.expovariate(0.1)) + 1, len(town.over))
            over = town.over[place]
            ledger.judge(f"earlier {over.kind}", over, await wire.ask("GET", "/me", over.headers))
        elif (shown := town.pick()) is not None:
            if kind < 0.6:
                answer = await wire.ask("GET", "/write", shown.headers)
                ledger.judge(f"{shown.kind} to write", shown, answer, write=True)
            elif kind < 0.65 and shown.kind == "session":
                answer = await wire.ask("POST", f"/keep/{dice.random()}", shown.headers)
                ledger.judge("session changed", shown, answer)
            else:
                answer = await wire.ask("GET", "/me", shown.headers)
                ledger.judge(shown.kind, shown, answer)
            if answer.done > shown.expires:
                town.lose(shown)
        else:
            ledger.expect("stranger", await wire.ask("GET", "/me"), {401}, BOTH)
