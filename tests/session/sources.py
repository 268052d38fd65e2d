"""The sources of sessions, and which tests are about one alone."""

from __future__ import annotations

from typing import Any

import pytest

SOURCES = ["signed", "shared", "memory"]
"""A signed cookie; one whose end a store remembers; a store in memory."""

SERVED: list[Any] = [
    "sqlite",
    pytest.param("postgresql", marks=pytest.mark.service),
    pytest.param("redis", marks=pytest.mark.service),
]
"""Stores that other processes share."""


def sources(*names: Any) -> pytest.MarkDecorator:
    """The sources that a test, or a module of tests, is held against in place of the usual ones."""
    return pytest.mark.parametrize("source", names, indirect=True)


signed_only = sources("signed")
"""What only a cookie that is signed can show."""

cookies_only = sources("signed", "shared")
"""What is so as long as the data is in the cookie."""

stored_only = sources("memory")
"""What only a session in a store can show."""

every_source = sources(*SOURCES, *SERVED)
"""What matters most, on real servers too."""
