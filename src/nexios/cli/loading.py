"""From `module:app` on the command line to the application."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import logging
import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nexios.application import NexiosApp
from nexios.exceptions import NexiosError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LoadError", "load_app", "quietly", "users_code"]

# Their texts name a module, a variable or a line. The text of any other error may hold a value of the
# user's, and a value may be a secret.
_TELLING = (ImportError, SyntaxError, NameError, AttributeError, KeyError, RecursionError)


class LoadError(NexiosError):
    """The argument leads to no application; the message says how to mend it."""


def load_app(target: str) -> NexiosApp:
    """The application that `target` names, from the current folder or what is installed.

    Args:
        target: A module and a name in it, e.g. `"shop.main:app"`.

    Raises:
        LoadError: There is none.
        ConfigError: The application is put together wrongly.
    """
    module, name = _parts(target)
    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)
    with users_code(f"{module} cannot be imported", f'`python -c "import {module}"` shows all of it'):
        found, path = _import(module), module
        for part in name.split("."):
            if not hasattr(found, part):
                raise LoadError(_no_such_name(found, path, part))
            found, path = getattr(found, part), f"{path}{'.' if ':' in path else ':'}{part}"
    if not isinstance(found, NexiosApp):
        raise LoadError(_no_app(found, target))
    return found


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Keep what an application prints or warns of while it is loaded out of the command's own output."""
    logger = logging.getLogger("nexios.config")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        logger.setLevel(level)


@contextlib.contextmanager
def users_code(what: str, mend: str) -> Iterator[None]:
    """Run code of the user's; what it raises becomes one line that says where to look.

    Args:
        what: What failed, if it fails.
        mend: How to see more.

    Raises:
        LoadError: It failed.
    """
    try:
        yield
    except NexiosError:
        raise
    except (Exception, SystemExit) as error:
        raise LoadError(f"{what}: {_described(error)}; {mend}") from None


def _parts(target: str) -> tuple[str, str]:
    module, _, name = target.rpartition(":") if ":" in target else (target, "", "")
    if module.endswith(".py") or "/" in module or os.sep in module:
        path = Path(module)
        above = path.is_absolute() or ".." in path.parts
        dotted = path.stem if above else ".".join(path.with_suffix("").parts)
        where = ", in the folder that it is imported from" if above else ""
        raise LoadError(f"{module!r} is a file: name its module, {dotted}:{name or 'app'}{where}")
    if not name:
        raise LoadError(f"{target!r} names a module only: add the application's name, {module or 'main'}:app")
    if not all(part.isidentifier() for part in f"{module}.{name}".split(".")):
        raise LoadError(f"{target!r} is not of the form module:app, e.g. main:app")
    return module, name


def _import(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        # Else it is one that the module itself imports.
        if error.name is not None and f"{name}.".startswith(f"{error.name}."):
            raise LoadError(_no_such_module(name)) from None
        raise


def _no_such_module(name: str) -> str:
    here = [path.stem for path in Path().iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()]
    near = difflib.get_close_matches(name.partition(".")[0], here, n=1)
    if "." in name or not near:
        mend = "run the command in the folder that the module is imported from"
    else:
        mend = f"did you mean {near[0]!r}?"
    return f"there is no module {name!r} here: {mend}"


def _no_such_name(found: Any, path: str, name: str) -> str:
    known = vars(found) if hasattr(found, "__dict__") else {}
    apps = [known_name for known_name, value in known.items() if isinstance(value, NexiosApp)]
    near = apps if len(apps) == 1 else difflib.get_close_matches(name, apps or known, n=1)
    mend = f"did you mean {near[0]!r}?" if near else "make one there, app = NexiosApp(...)"
    return f"{path} has no {name!r}: {mend}"


def _no_app(found: Any, target: str) -> str:
    if isinstance(found, type) or hasattr(found, "__code__"):
        kind = "a class" if isinstance(found, type) else "a function"
        module, _, name = target.partition(":")
        return f"{target} is {kind}, not an application: write app = {name}(...) there and name {module}:app"
    return f"{target} is of type {type(found).__name__}: nexios takes a NexiosApp, uvicorn any other"


def _described(error: BaseException) -> str:
    """An error in a line: its type, its text where that can hold no secret, and where it was raised."""
    told = type(error).__name__
    if isinstance(error, SyntaxError):
        return f"{told}: {error.msg} ({_relative(error.filename or '?')}, line {error.lineno})"
    if isinstance(error, _TELLING):
        told = f"{told}: {error}"
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith("<frozen ") and frame.filename not in (__file__, importlib.__file__)
    ]
    # The user's own file says more than the library's that it called.
    own = [frame for frame in frames if not os.path.isabs(_relative(frame.filename))] or frames
    return f"{told} ({_relative(own[-1].filename)}, line {own[-1].lineno})" if own else told


def _relative(filename: str) -> str:
    """`filename` as seen from the current folder, if it is in it and not in an environment there."""
    here = Path.cwd()
    path = Path(filename)
    if path.is_relative_to(here) and "site-packages" not in path.parts:
        return str(path.relative_to(here))
    return filename
