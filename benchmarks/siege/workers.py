"""Four workers under uvicorn's own supervisor, which starts another one for each that is killed."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

WORKERS = 4


class Workers:
    """The processes that serve.

    Attributes:
        port: Where they listen.
        supervisor: The process that starts them.
    """

    def __init__(self, port: int, supervisor: subprocess.Popen[bytes]) -> None:
        self.port = port
        self.supervisor = supervisor

    def pids(self) -> list[int]:
        """Who they are at the moment, the eldest first."""
        found = []
        for child in _children(self.supervisor.pid):
            command = _read(f"/proc/{child}/cmdline")
            # Beside them runs what multiprocessing keeps to clean up.
            if "spawn_main" in command:
                found.append(child)
        return found

    def kill(self, pid: int) -> None:
        """Kill one as the system does that has no memory left."""
        os.kill(pid, signal.SIGKILL)

    def memory(self, pid: int) -> int:
        """How much memory it has that is its own, in bytes; 0: it is gone."""
        fields = _read(f"/proc/{pid}/statm").split()
        return (int(fields[1]) - int(fields[2])) * os.sysconf("SC_PAGE_SIZE") if fields else 0


@asynccontextmanager
async def workers(environment: Mapping[str, str], log: Path) -> AsyncIterator[Workers]:
    """The application behind four workers, for the time of the block.

    Args:
        environment: What they are told besides the environment that is.
        log: The file that takes what they say.
    """
    port = _free_port()
    command = [sys.executable, "-m", "uvicorn", "--factory", "benchmarks.siege.app:create_app"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", str(WORKERS)]
    command += ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "info"]
    # A machine that is slow is not one whose workers hang.
    command += ["--timeout-worker-healthcheck", "60", "--timeout-keep-alive", "600"]
    # In threads, since the proxies must go on meanwhile.
    process = await asyncio.to_thread(_start, command, {**os.environ, **environment}, log)
    try:
        yield Workers(port, process)
    finally:
        await asyncio.to_thread(_stop, process)


def _start(command: Sequence[str], environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """The supervisor, once every worker has started."""
    with log.open("wb") as said:
        process = subprocess.Popen(command, env=environment, stdout=said, stderr=said)
    deadline = time.monotonic() + 90
    while log.read_bytes().count(b"Application startup complete") < WORKERS:
        if process.poll() is not None or time.monotonic() > deadline:
            _stop(process)
            raise RuntimeError(f"the workers did not start:\n{log.read_text()}")
        time.sleep(0.1)
    return process


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        for pid in _children(process.pid):
            os.kill(pid, signal.SIGKILL)
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _children(pid: int) -> list[int]:
    return [int(child) for child in _read(f"/proc/{pid}/task/{pid}/children").split()]


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""
