"""What thinks of inputs: atheris, which is led by the branches that are taken, or hypothesis."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from typing import NamedTuple

from fuzz.findings import LARGEST, Finding, checked
from fuzz.seeds import CORPUS, corpus

__all__ = ["Report", "by_atheris", "by_hypothesis", "has_atheris"]


class Report(NamedTuple):
    """What came of one target.

    Attributes:
        inputs: How many were tried.
        finding: What was found; empty: nothing.
    """

    inputs: int
    finding: str


def has_atheris() -> bool:
    """Whether it is installed: it is for Linux, and not for every version of Python."""
    return find_spec("atheris") is not None


def by_atheris(target: str, seconds: int) -> Report:
    """Fuzz in a process of its own, whose code counts its branches."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "fuzz.instrumented", target]
        command += [
            f"-max_total_time={seconds}",
            f"-max_len={LARGEST}",
            "-timeout=10",
            "-print_final_stats=1",
        ]
        command += [f"-artifact_prefix={folder}/", folder, str(CORPUS / target)]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    count = re.search(r"stat::number_of_executed_units:\s*(\d+)", done.stderr)
    if done.returncode == 0 and count is not None:
        return Report(int(count[1]), "")
    lines = [line for line in done.stderr.splitlines() if "Finding" in line or "ERROR" in line]
    return Report(int(count[1]) if count else 0, "\n".join(lines) or done.stderr[-2000:])


def by_hypothesis(target: str, seconds: int) -> Report:
    """Fuzz by changing what is in the corpus."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st

    from fuzz.targets import TARGETS

    known = corpus(target)
    tried = 0

    @st.composite
    def changed(draw: st.DrawFn) -> bytes:
        data = draw(st.sampled_from(known))
        for _ in range(draw(st.integers(0, 4))):
            start = draw(st.integers(0, len(data)))
            end = draw(st.integers(start, min(len(data), start + 40)))
            data = data[:start] + draw(st.binary(max_size=12) | st.just(data[start:end] * 2)) + data[end:]
        return data

    @settings(
        max_examples=500,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    @given(changed() | st.binary(max_size=LARGEST))
    def fuzz(data: bytes) -> None:
        nonlocal tried
        tried += 1
        checked(TARGETS[target], data)

    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            fuzz()
        except Finding as finding:
            return Report(tried, str(finding))
    return Report(tried, "")
