"""What an issuer may be set to, and what is an error at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from nexios.exceptions import ConfigError
from nexios.tokens import Issuer


@pytest.mark.parametrize(
    ("url", "options", "says"),
    [
        ("accounts.example", {}, "https://"),
        ("http://accounts.example", {}, "https://"),
        ("http://127.0.0.1.forger.example", {}, "https://"),
        ("http://localhost@forger.example", {}, "name or password"),
        ("https://:secret@accounts.example", {}, "name or password"),
        ("ftp://localhost", {}, "https://"),
        ("ws://localhost", {}, "https://"),
        ("wss://accounts.example", {}, "https://"),
        ("https://", {}, "names no host"),
        ("https://accounts.example:0", {}, "names no host"),
        ("https://accounts.exa\tmple", {}, "ASCII"),
        ("https://accounts.example/a b", {}, "ASCII"),
        ("https://accounts.example\\x", {}, "ASCII"),
        ("https://accounts.example/#x", {}, "#"),
        ("https://accounts.example:x", {}, "no address"),
        ("https://accounts.example/ä", {}, "ASCII"),
        (7, {}, "address"),
        ("https://accounts.example", {"audience": ""}, "audience"),
        ("https://accounts.example", {"audience": []}, "audience"),
        ("https://accounts.example", {"audience": None}, "audience"),
        ("https://accounts.example", {"audience": [7]}, "audience"),
        ("https://accounts.example", {"jwks_uri": "http://accounts.example/keys"}, "https://"),
        ("https://accounts.example", {"algorithms": ["RS256", "HS256", "HS512"]}, "HS256 wants a shared"),
        ("https://accounts.example", {"algorithms": ["none"]}, "none"),
        ("https://accounts.example", {"algorithms": []}, "empty"),
        ("https://accounts.example", {"permissions": {"read"}}, "function"),
        ("https://accounts.example", {"identity": "sub"}, "function"),
        ("https://accounts.example", {"http": object()}, "AsyncClient"),
        ("https://accounts.example", {"leeway": timedelta(microseconds=-1)}, "leeway"),
        ("https://accounts.example", {"refresh_every": timedelta(microseconds=999_999)}, "refresh_every"),
        ("https://accounts.example", {"audience": 7}, "audience"),
        ("https://accounts.example", {"leeway": 30}, "timedelta"),
        ("https://accounts.example", {"refresh_every": None}, "timedelta"),
    ],
    ids=repr,
)
def test_what_cannot_be_is_an_error_at_once(url: Any, options: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        Issuer(url, **{"audience": "api", **options})


def test_a_missing_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "httpx2", None)
    with pytest.raises(ConfigError, match=r'pip install "nexios\[oidc\]"'):
        Issuer("https://accounts.example", audience="api")


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("https://accounts.example:1", {}),
        ("http://127.0.0.1", {}),
        ("http://[::1]:8000/realm", {}),
        ("https://accounts.example", {"refresh_every": timedelta(seconds=1)}),
    ],
    ids=repr,
)
def test_the_least_that_can_be_is_taken(url: str, options: dict[str, Any]) -> None:
    assert Issuer(url, audience="api", **options).url == url


def test_all_but_the_address_is_given_by_name() -> None:
    wrong: Any = Issuer
    with pytest.raises(TypeError):
        wrong("https://accounts.example", "api")
