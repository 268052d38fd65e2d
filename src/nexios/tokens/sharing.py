"""One question for all who wait for its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

import anyio
from anyio.lowlevel import current_token

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["Shared"]

Answer = TypeVar("Answer")


class Shared(Generic[Answer]):
    """Asks once for all who want to know the same at the same time."""

    def __init__(self) -> None:
        # By event loop as well: whoever waits in another one could not be woken from here.
        self._asking: dict[tuple[object, bytes], _Question[Answer]] = {}

    async def ask(self, about: bytes, question: Callable[[], Awaitable[Answer]]) -> Answer:
        """The answer to `question`, or that to the same one which somebody asks already.

        Args:
            about: What the question is about.
            question: Asks.
        """
        place = (current_token(), about)
        while (asked := self._asking.get(place)) is not None:
            await asked.over.wait()
            if asked.answers:
                return asked.answers[0]
            if asked.error is not None:
                raise asked.error
            # Whoever asked has given up: the next one asks.
        mine: _Question[Answer] = _Question()
        self._asking[place] = mine
        try:
            answer = await question()
            mine.answers.append(answer)
        except Exception as error:
            mine.error = error
            raise
        finally:
            del self._asking[place]
            mine.over.set()
        return answer


class _Question(Generic[Answer]):
    def __init__(self) -> None:
        self.over = anyio.Event()
        self.answers: list[Answer] = []
        self.error: Exception | None = None
