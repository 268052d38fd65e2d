"""Where the demo keeps its data: a folder of the person's own, with a database and a secret."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from nexios.exceptions import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["default_folder", "open_folder"]

# token_urlsafe(32): as long as HS256 wants it (RFC 7518 3.2), and some more
_SECRET_LETTERS = 43


def default_folder(platform: str = sys.platform, environ: Mapping[str, str] = os.environ) -> Path:
    """The folder in which the system keeps what a person's programs know.

    A folder of the person's own, so that the demo remembers its keys wherever it is started, and leaves
    nothing behind in the folder where it is.

    Args:
        platform: The system, as `sys.platform` names it.
        environ: The environment's variables.

    Raises:
        ConfigError: The person has no home.
    """
    try:
        home = Path.home()
    except RuntimeError:
        raise ConfigError("there is no home folder for the demo's data: choose one with --data") from None
    if platform == "win32":
        base = Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        base = Path(environ.get("XDG_DATA_HOME") or "")
        # XDG Base Directory Specification: a relative path is invalid and ignored
        base = base if base.is_absolute() else home / ".local" / "share"
    return base / "nexios-demo"


def open_folder(folder: Path) -> tuple[Path, str]:
    """Make `folder` where it is missing, readable by its owner alone.

    Returns:
        The path of its database, and its secret.

    Raises:
        ConfigError: It cannot be read or written, or its secret is none.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        database = folder / "demo.db"
        database.touch(mode=0o600)
        return database, _secret(folder / "secret")
    except OSError as error:
        raise ConfigError(
            f"the demo cannot keep its data in {folder} ({error.strerror}): choose a folder with --data"
        ) from None


def _secret(path: Path) -> str:
    try:
        # Exclusively: of two demos that start at once, one writes the secret and both use it.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        path.chmod(0o600)
        secret = path.read_text("ascii", errors="replace").strip()
        if len(secret) < _SECRET_LETTERS:
            raise ConfigError(f"{path} holds no secret: delete it, and the demo makes a new one") from None
        return secret
    secret = secrets.token_urlsafe(32)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secret)
    return secret
