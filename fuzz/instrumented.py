"""`python -m fuzz.instrumented TARGET [libFuzzer's options]`: one target under atheris."""

from __future__ import annotations

import sys

import atheris

__all__: list[str] = []

if __name__ == "__main__":
    name = sys.argv.pop(1)
    # Only what is imported here counts its branches: our own code.
    with atheris.instrument_imports(include=["nexios"]):
        from fuzz.targets import TARGETS
    from fuzz.findings import checked

    target = TARGETS[name]
    atheris.Setup(sys.argv, lambda data: checked(target, data) and None)
    atheris.Fuzz()
