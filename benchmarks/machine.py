"""Where a run happened, as far as a reader needs it, and who computes where."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import version


@contextmanager
def pinned(place: int) -> Iterator[None]:
    """Keep this process, and what it starts meanwhile, on one of its cores; 0 is the last of them.

    Where the system has no such call, or there is no core to choose, nothing happens.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(allowed, reverse=True)[place % len(allowed)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def describe(packages: Iterable[str]) -> dict[str, object]:
    """The interpreter, the kind of machine and the versions of what was measured."""
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.machine()}",
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "packages": {name: version(name) for name in sorted(set(packages))},
    }
