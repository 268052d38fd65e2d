"""The package as it is imported."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from types import ModuleType

import pytest

import nexios

OPTIONAL = ("nexios.cli", "nexios.demo", "nexios.integrations", "nexios.openapi", "nexios.testing")


def modules() -> list[str]:
    found = pkgutil.walk_packages(nexios.__path__, "nexios.")
    return [module.name for module in found if not module.name.startswith(OPTIONAL)]


@pytest.mark.parametrize("name", modules())
def test_every_module_has_what_it_says_it_has(name: str) -> None:
    module: ModuleType = importlib.import_module(name)
    assert module.__doc__
    public = getattr(module, "__all__", [])
    assert [word for word in public if not hasattr(module, word)] == []
    assert len(public) == len(set(public))


def test_the_first_line_of_everybodys_application() -> None:
    assert set(nexios.__all__) == {"MakeConfig", "NexiosApp", "Request", "Response"}


def test_what_nexios_auth_offers() -> None:
    import nexios.auth

    assert set(nexios.auth.__all__) == {
        *("auth", "has_permission", "public"),
        *("AuthResult", "AuthenticationMiddleware", "BaseUser", "SimpleUser", "UnauthenticatedUser"),
    }


EXTRAS = ["sqlalchemy", "redis", "limits", "httpx2", "typer", "rich", "uvicorn", "pwdlib", "opentelemetry"]


def test_importing_nexios_needs_no_extra() -> None:
    code = f"import sys, nexios.auth, nexios.session; print([n for n in {EXTRAS} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
