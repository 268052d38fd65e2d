"""What a client sees: requests per second through uvicorn with one worker, uvloop and httptools."""

from __future__ import annotations

import http.client
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.asgi import CLIENT_HEADERS
from benchmarks.candidates import Candidate
from benchmarks.credentials import cookie_value
from benchmarks.figures import Figure, figures
from benchmarks.machine import pinned
from benchmarks.progress import console, steps
from benchmarks.requests import REQUESTS, Request, credential_headers
from benchmarks.world import IDENTITY

CONNECTIONS = 32
BUSY = 0.85
"""A server under load that gets less of its core than this shares it with somebody."""

SERVED = [REQUESTS[name] for name in ("plain", "jwt", "session", "apikey", "refused")]
"""Every request but the one with a new token each time: wrk repeats what it is given."""


class Server:
    """One application behind uvicorn, in a process and on a port of its own."""

    def __init__(self, candidate: Candidate, port: int, requests: Sequence[Request]) -> None:
        self.name = candidate.name
        self.label = candidate.label
        self.port = port
        self._requests = requests
        self.pid = 0
        self._cookie = b""

    def headers(self, request: Request) -> list[tuple[str, str]]:
        """What the client sends, `Host` aside."""
        wanted = (*CLIENT_HEADERS[1:], *credential_headers(request.name, self._cookie))
        return [(name.decode(), value.decode()) for name, value in wanted]

    def log_in(self) -> None:
        """Get the session cookie, and see that each request is answered as it should be."""
        status, cookie = self._ask("POST", f"/login?identity={IDENTITY}", [])
        self._cookie = cookie_value(cookie.encode() if cookie else None, status)
        for request in self._requests:
            status, _ = self._ask("GET", request.path, self.headers(request))
            if status != request.status:
                raise RuntimeError(f"{self.label} answers {request.name} with {status}, not {request.status}")

    def _ask(self, method: str, path: str, headers: list[tuple[str, str]]) -> tuple[int, str | None]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, headers=dict(headers))
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.getheader("set-cookie")
        finally:
            connection.close()

    def core_seconds(self) -> float:
        """How long the process has computed, in seconds; 0 where the system does not say."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def served(candidate: Candidate, requests: Sequence[Request] = SERVED) -> Iterator[Server]:
    """`candidate` under uvicorn for the time of the block, on the last core; it answers `requests`."""
    server = Server(candidate, _free_port(), requests)
    command = [sys.executable, "-m", "uvicorn", candidate.target, "--host", "127.0.0.1"]
    command += ["--port", str(server.port), "--workers", "1", "--loop", "uvloop", "--http", "httptools"]
    command += ["--no-access-log", "--log-level", "warning"]
    with pinned(0):
        process = subprocess.Popen(command)
    server.pid = process.pid
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{candidate.label} did not start under uvicorn") from None
                time.sleep(0.05)
        server.log_in()
        yield server
    finally:
        process.terminate()
        process.wait()


def wrk(server: Server, request: Request, seconds: int) -> float:
    """Requests per second that the server answered.

    Raises:
        RuntimeError: Some were not answered, or not as they should be.
    """
    command = ["wrk", f"-c{CONNECTIONS}", "-t1", f"-d{seconds}s"]
    for name, value in server.headers(request):
        command += ["-H", f"{name}: {value}"]
    command.append(f"http://127.0.0.1:{server.port}{request.path}")
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    total = re.search(r"(\d+) requests in", text)
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    if rate is None or total is None or "Socket errors" in text:
        raise RuntimeError(f"wrk against {server.label}: {text}")
    expected = 0 if request.status == 200 else int(total[1])
    if int(failed[1] if failed else 0) != expected:
        raise RuntimeError(f"{server.label} answered {request.name} wrongly under load: {text}")
    return float(rate[1])


@dataclass(frozen=True, slots=True)
class Served:
    """Request to application to requests per second: as the client counts, and of the server's core time.

    The two are the same on an idle machine. On a busy one the second still tells what the server can do.
    """

    by_client: dict[str, dict[str, Figure]]
    by_core: dict[str, dict[str, Figure]]


def measure(candidates: Sequence[Candidate], rounds: int, seconds: int) -> Served | None:
    """Requests per second, and times the hand-written application of the same round.

    All servers run at once and have their turns in shuffled order; only one of them has work at a time.
    None: wrk is missing, and that was said.
    """
    if shutil.which("wrk") is None:
        console.print("[yellow]served: skipped, wrk is not installed")
        return None
    by_client: dict[str, dict[str, list[float]]] = {request.name: defaultdict(list) for request in SERVED}
    by_core: dict[str, dict[str, list[float]]] = {request.name: defaultdict(list) for request in SERVED}
    shares = []
    with ExitStack() as stack:
        with console.status("starting the servers"):
            servers = [stack.enter_context(served(candidate)) for candidate in candidates]
        stack.enter_context(pinned(1))
        with steps("served", len(servers) * (1 + rounds * len(SERVED))) as step:
            for server in servers:
                step(f"warming up: {server.label}")
                wrk(server, REQUESTS["jwt"], 1)
            for number in range(1, rounds + 1):
                for request in random.sample(SERVED, len(SERVED)):
                    for server in random.sample(servers, len(servers)):
                        step(f"round {number}: {request.title}, {server.label}")
                        before = server.core_seconds()
                        rate = wrk(server, request, seconds)
                        share = (server.core_seconds() - before) / seconds or 1.0
                        by_client[request.name][server.name].append(rate)
                        by_core[request.name][server.name].append(rate / share)
                        shares.append(share)
    if median(shares) < BUSY:
        console.print(
            f"[yellow]served: the servers had only {median(shares):.0%} of their core, others use it too: "
            "read the requests per second of core time, or measure again on an idle machine"
        )
    names = [server.name for server in servers]
    return Served(_figures(by_client, names), _figures(by_core, names))


def _figures(
    found: Mapping[str, Mapping[str, Sequence[float]]], names: Sequence[str]
) -> dict[str, dict[str, Figure]]:
    return {
        request: figures({name: values[name] for name in names}, "raw") for request, values in found.items()
    }
