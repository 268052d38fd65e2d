"""What the right answers are: who is in at which moment, and when a store was away."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

import msgspec

from benchmarks.siege.wire import Answer

WITHIN = 1.0
"""In so many seconds every process knows of a revocation."""

WELL_AGAIN = 2.0
"""So many seconds after a store is there again it is used again."""


class Ends:
    """When something ended: not before `begun`, and certainly by `known`.

    Between the two, as while a revocation is on its way, nobody can say.
    """

    def __init__(self) -> None:
        self.begun = math.inf
        self.known = math.inf

    def begin(self) -> None:
        """It is about to be ended."""
        self.begun = min(self.begun, time.monotonic())

    def acknowledge(self) -> None:
        """It was said that it is ended."""
        self.known = min(self.known, time.monotonic())


@dataclass(slots=True, eq=False)
class Credential:
    """Something that a client shows.

    Attributes:
        kind: `session`, `key`, `token`, or what is no credential at all.
        headers: How it is shown.
        identity: Whom it lets in; None: nobody, ever.
        needs: The stores without which nobody can say whether it is good.
        lag: How long after its end it may still be taken somewhere, in seconds.
        may_write: Whether what needs the permission to write may be done with it.
        ends: Its own end.
        also: Other ends that end it: its user's, its signing key's.
        expires: When it is over anyway, by the monotonic clock.
        id: What it is ended by.
        refresh: What comes with it to get the next one by.
    """

    kind: str
    headers: dict[str, str] = field(repr=False)
    identity: str | None
    needs: frozenset[str]
    lag: float = WITHIN
    may_write: bool = True
    ends: Ends = field(default_factory=Ends)
    also: list[tuple[Ends, float]] = field(default_factory=list)
    expires: float = math.inf
    id: str = ""
    refresh: str = field(default="", repr=False)

    def may_be_in(self, answer: Answer) -> bool:
        """Whether the answer may be that of somebody who is in."""
        known = [(self.ends, self.lag), *self.also]
        return (
            self.identity is not None
            and all(answer.sent <= end.known + lag for end, lag in known)
            # The workers' clock has another origin than ours: a tenth of a second of doubt.
            and answer.sent <= self.expires + 0.1
        )

    def may_be_out(self, answer: Answer) -> bool:
        """Whether the answer may be that of somebody who is not."""
        return (
            self.identity is None
            or answer.done >= min(self.ends.begun, *(end.begun for end, _ in self.also), math.inf)
            or answer.done >= self.expires - 0.1
        )


class Window(msgspec.Struct):
    """When something was wrong.

    Attributes:
        what: A fault by its name, or `killed`.
        store: The store that it is with; of a killed worker nothing.
        began: By the monotonic clock.
        healed: When it was well again; infinite: it is not yet.
    """

    what: str
    store: str
    began: float
    healed: float = math.inf

    def touches(self, answer: Answer, well_again: float) -> bool:
        """Whether the answer was under way during it, or within so many seconds after it."""
        return answer.sent <= self.healed + well_again and answer.done >= self.began


@dataclass(slots=True)
class Ledger:
    """Every answer, judged.

    Attributes:
        faults: When stores were away.
        kills: When workers were killed.
        outcomes: How often which kind of request had which status.
        wrong: Each answer that was wrong, in words.
        asked: When each was answered, its status and how long it took.
        late: Each 503 since a store that nobody had touched did not answer in time: the machine is busy.
        store_timeout: How long a worker waits for a store, in seconds.
        well_again: How long after its return a store may still be refused, in seconds.
    """

    faults: list[Window] = field(default_factory=list)
    kills: list[Window] = field(default_factory=list)
    outcomes: Counter[tuple[str, int]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    asked: list[tuple[float, int, float]] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    store_timeout: float = 1.0
    well_again: float = WELL_AGAIN

    def judge(self, what: str, shown: Credential, answer: Answer, *, write: bool = False) -> bool:
        """Enter the answer to a guarded request.

        Returns:
            Whether the client was let in.
        """
        right = set()
        if shown.may_be_in(answer):
            right.add(403 if write and not shown.may_write else 200)
        if shown.may_be_out(answer):
            right.add(401)
        self._enter(what, answer, right, shown.needs)
        if answer.status in right - {401, 403} and answer.json().get("identity") != shown.identity:
            self.wrong.append(f"{what}: let in as somebody else")
        return answer.status == 200

    def expect(self, what: str, answer: Answer, right: Collection[int], needs: Collection[str] = ()) -> bool:
        """Enter the answer to any other request.

        Returns:
            Whether it was one of those that are right, and no 503.
        """
        self._enter(what, answer, right, needs)
        return answer.status in right

    def _enter(self, what: str, answer: Answer, right: Collection[int], needs: Collection[str]) -> None:
        self.outcomes[what, answer.status] += 1
        self.asked.append((answer.done, answer.status, answer.done - answer.sent))
        if answer.status == 0:
            if not any(window.touches(answer, WELL_AGAIN) for window in self.kills):
                self._mark(what, answer, "no answer, and no worker was killed")
        elif answer.status == 503:
            if not any(
                window.store in needs and window.touches(answer, self.well_again) for window in self.faults
            ):
                # Somebody may have asked the same a little before, and their answer was waited for.
                waited = answer.done - answer.sent >= 0.8 * self.store_timeout
                self._mark(what, answer, "503, and no store that it needs was away", late=waited)
        elif answer.status not in right:
            self._mark(what, answer, f"{answer.status}, not {' or '.join(map(str, sorted(right)))}")

    def _mark(self, what: str, answer: Answer, how: str, *, late: bool = False) -> None:
        took = answer.done - answer.sent
        now = ", ".join(
            f"{window.what} {window.store} {answer.sent - window.began:.2f} s before"
            for window in [*self.faults, *self.kills]
            if answer.sent - 15 <= window.began <= answer.done
        )
        (self.late if late else self.wrong).append(f"{what}: {how} ({took:.2f} s; {now or 'nothing before'})")
