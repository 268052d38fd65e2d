"""Which tests are about one source of sessions alone."""

from __future__ import annotations

import pytest

SOURCES = ["signed", "memory"]

signed_only = pytest.mark.parametrize("source", ["signed"], indirect=True)
"""What only a cookie that is signed can show."""

stored_only = pytest.mark.parametrize("source", ["memory"], indirect=True)
"""What only a session in a store can show."""
