"""Requests all at once from several processes, which share one Redis; run as a process, it is one of them.

Its arguments: the URL, the prefix, the limit and how many requests there are.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter

import httpx2

from nexios import NexiosApp, Request, Response
from nexios.ratelimit import RateLimits, rate_limit


def flood(url: str, prefix: str, limit: str, *, processes: int, requests: int) -> Counter[int]:
    """How often each status was answered, once every process was ready and all began."""
    each = str(requests // processes)
    command = [sys.executable, "-m", "tests.ratelimit.flood", url, prefix, limit, each]
    running = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    try:
        for process in running:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in running:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        answered: Counter[int] = Counter()
        for process in running:
            out, _ = process.communicate(timeout=60)
            answered.update({int(status): number for status, number in json.loads(out).items()})
        return answered
    finally:
        for process in running:
            process.kill()
            process.communicate()


async def _ask(url: str, prefix: str, limit: str, requests: int) -> dict[int, int]:
    app = NexiosApp()
    # A machine that is busy with other things may answer late; what counts here is how many pass.
    app.state.rate_limits = RateLimits(url, prefix=prefix, timeout=30)

    @app.get("/")
    @rate_limit(limit, by="ip")
    async def index(request: Request, response: Response) -> dict[str, bool]:
        return {"in": True}

    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test") as client:
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        answers = await asyncio.gather(*(client.get("/") for _ in range(requests)))
    return Counter(answer.status_code for answer in answers)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_ask(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))))
