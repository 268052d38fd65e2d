"""The command line: `nexios`."""

from __future__ import annotations

import sys
from importlib.util import find_spec

__all__ = ["main"]


def main() -> None:
    """Run the command that the arguments name."""
    missing = [name for name in ("typer", "rich", "uvicorn") if find_spec(name) is None]
    if missing:
        sys.stderr.write(f'nexios needs {" and ".join(missing)}: pip install "nexios[cli]"\n')
        raise SystemExit(1)
    from nexios.cli.app import app

    app(prog_name="nexios")
