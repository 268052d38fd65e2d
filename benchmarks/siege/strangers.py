"""wrk beside the visitors: what nobody was ever given, over and over, each answer looked at."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from pathlib import Path

from benchmarks.siege.town import Town

SCRIPT = Path(__file__).with_name("strangers.lua")
THREADS = 8
FORGED = 300
"""So many different credentials; nothing is kept of one that was refused."""


class Strangers:
    """Eight connections by wrk.

    Args:
        town: Forges what they show.
        folder: Where what they show is written.
        port: Where the workers listen.
    """

    def __init__(self, town: Town, folder: Path, port: int) -> None:
        self._town = town
        self._shown = folder / "strangers.txt"
        self._port = port
        lines = []
        for _ in range(FORGED):
            forged = town.forged()
            ((name, value),) = forged.headers.items()
            lines.append(f"/me\t{name}\t{value}")
            if len(lines) % 5 == 0:
                lines.append("/health\taccept\t*/*")
        self._shown.write_text("".join(f"{line}\n" for line in lines))

    async def come(self, seconds: float) -> dict[str, int] | None:
        """What they were answered, by `asked`, `well`, `refused`, `unavailable` and `wrong`.

        None: wrk is not installed.
        """
        wrk = shutil.which("wrk")
        if wrk is None:
            return None
        process = await asyncio.create_subprocess_exec(
            *(wrk, f"-t{THREADS}", f"-c{THREADS}", f"-d{max(1, round(seconds))}s", "--timeout", "20s"),
            *("-s", str(SCRIPT), f"http://127.0.0.1:{self._port}", "--", str(self._shown)),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            out, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        text = out.decode(errors="replace")
        found = {
            name: int(float(count)) for name, count in re.findall(r"^strangers (\w+) ([\d.]+)$", text, re.M)
        }
        if "asked" not in found:
            raise RuntimeError(f"wrk said nothing of the answers: {text}")
        said = re.search(r"^strangers said (.*)$", text, re.M)
        if said:
            self._town.ledger.wrong.append(f"a stranger, {found['wrong']} times and at last: {said[1]}")
        return found
