"""Schemathesis, an independent tool: it asks a server everything that its description says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

EXAMPLES = 10
SECONDS = 120

# That a body is too large is a reason to refuse it as well.
_CHECKS = """\
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429, "5xx"]

# A form of OAuth may be as it should be and its token still be none of ours; unknown hints are ignored
# (RFC 7009 2.1).
[[operations]]
include-tag = "Tokens"
checks.positive_data_acceptance.enabled = false
checks.negative_data_rejection.enabled = false
"""


def schemathesis(url: str, folder: Path, credentials: dict[str, str], *arguments: str) -> str:
    """Ask everything of the description at `url`; what it says that is not true is a failure.

    Args:
        url: The server's.
        folder: Where the tool may leave files.
        credentials: Lines of its settings, by scheme.
        arguments: More arguments of its command line.
    """
    settings = "".join(f"[auth.openapi.{scheme}]\n{line}\n" for scheme, line in credentials.items())
    (folder / "schemathesis.toml").write_text(_CHECKS + settings, encoding="utf-8")
    command = [
        *(sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"),
        *("--config-file", "schemathesis.toml", "run", f"{url}/openapi.json", *arguments),
        *("--max-examples", str(EXAMPLES), "--no-color"),
    ]
    if os.environ.get("CI") == "true":
        command.append("--generation-deterministic")
    # It asks this machine only, whatever proxy is set.
    environment = {**os.environ, "NO_PROXY": "127.0.0.1", "PYTHONWARNINGS": "default"}
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=SECONDS, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
