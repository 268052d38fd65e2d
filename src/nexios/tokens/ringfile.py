"""Where keys are read from and kept: a file that its owner alone may read, a text, a variable."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from nexios.exceptions import ConfigError

__all__ = ["Source", "Stamp", "read_source", "stamp_of", "write_file"]

Source: TypeAlias = "str | os.PathLike[str] | Mapping[str, Any]"
Stamp: TypeAlias = tuple[int, int, int]

# More keys than anybody has: a file beyond it is another one.
_LARGEST = 4 * 1024 * 1024

logger = logging.getLogger("nexios.tokens")


def read_source(source: Source) -> str | Mapping[str, Any]:
    """What stands in `source`, as `read_keys` takes it.

    Args:
        source: A path, or a JWKS, JWK, PEM text or secret itself.

    Raises:
        ConfigError: It cannot be read, or is text of which nobody can tell what it is.
    """
    if isinstance(source, Mapping):
        return source
    if isinstance(source, os.PathLike):
        return _parsed(_text_of(Path(source)))
    if not isinstance(source, str):
        raise ConfigError(
            f"keys must come from a path, a JWKS, a JWK, PEM text or a secret, not {type(source).__name__}"
        )
    if source.lstrip().startswith("{") or "-----BEGIN " in source:
        return _parsed(source)
    if _is_file(source):
        return _parsed(_text_of(Path(source)))
    if "/" in source or "\\" in source or "." in source:
        # Whoever mistypes a path must not get a ring whose secret is that path.
        raise ConfigError(
            "keys: the text names no file that is there, and is no secret as `nexios secret` makes them, "
            "which has no slash, backslash or point"
        )
    return _secret(source)


def write_file(path: Path, text: str) -> None:
    """Put `text` into the file in one step, readable by its owner alone; a reader sees the old or the new.

    Raises:
        ConfigError: The folder cannot be written to.
    """
    # Not the link in place of the file that it leads to.
    path = Path(os.path.realpath(path))
    try:
        # mkstemp makes it for the owner alone (0600) from the first moment on.
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                _keep_owner(path, descriptor)
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                Path(name).unlink()
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written ({error.strerror}): choose a folder that is this process's"
        ) from None


def stamp_of(path: Path) -> Stamp | None:
    """What changes with the file at `path`; None: it cannot be seen."""
    try:
        seen = path.stat()
    except OSError:
        return None
    return seen.st_mtime_ns, seen.st_size, seen.st_ino


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            seen = os.fstat(file.fileno())
            raw = file.read(_LARGEST + 1)
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read ({error.strerror}): make one with `nexios tokens keys generate`"
        ) from None
    if len(raw) > _LARGEST:
        raise ConfigError(f"{path} has more than {_LARGEST} bytes and is no key ring: name another file")
    if os.name == "posix" and seen.st_mode & (stat.S_IRWXG | stat.S_IRWXO) and _holds_secret(raw):
        logger.warning("%s can be read by others than its owner: chmod 600 it", path)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not text: it must hold a JWKS, a JWK, PEM text or a secret") from None


def _holds_secret(raw: bytes) -> bool:
    """Whether there is more in it than public keys, as far as that can be told cheaply."""
    return b"PUBLIC KEY" not in raw and (b'"d"' in raw or b'"k"' in raw or not raw.lstrip().startswith(b"{"))


def _parsed(text: str) -> str | Mapping[str, Any]:
    if not text.strip():
        raise ConfigError("it is empty, where a key ring should stand: nexios tokens keys generate")
    if "-----BEGIN " in text:
        return text
    if not text.lstrip().startswith("{"):
        return _secret(text)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise ConfigError("it begins like JSON and is none: a key ring must be a JWKS (RFC 7517 5)") from None
    return found if isinstance(found, Mapping) else text


def _secret(text: str) -> str:
    secret = text.strip()
    if not secret.isprintable() or " " in secret or secret.startswith(("[", "<", '"')):
        # Whatever else it is, a page or a list, it is not secret.
        raise ConfigError("it is no JWKS, no JWK, no PEM text, and no secret as `nexios secret` makes them")
    return secret


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except OSError:
        return False  # longer than a name may be


def _keep_owner(path: Path, descriptor: int) -> None:
    """Leave the file to whom it belongs, where an administrator writes it for an application."""
    with contextlib.suppress(OSError, AttributeError):
        seen = path.stat()
        os.fchown(descriptor, seen.st_uid, seen.st_gid)


def _sync_folder(folder: Path) -> None:
    """Have the new name itself outlive a power cut, where the system knows how to."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
