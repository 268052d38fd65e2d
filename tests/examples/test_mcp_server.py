"""The guarded MCP server, called by the client of the `mcp` package itself."""

from __future__ import annotations

import asyncio
import importlib
import socket
import sys
import threading
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import httpx2
import pytest
import uvicorn
from mcp import Client
from mcp.client.auth.extensions.client_credentials import ClientCredentialsOAuthProvider
from mcp.client.streamable_http import streamable_http_client

SECRET = "nine-blue-herons"


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The example on a real socket, whose address it knows."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        monkeypatch.setenv("SERVER", f"http://127.0.0.1:{listening.getsockname()[1]}")
        sys.modules.pop("examples.mcp_server", None)
        example = importlib.import_module("examples.mcp_server")
        server = uvicorn.Server(uvicorn.Config(example.app, log_config=None, ws="none", timeout_keep_alive=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield example
        finally:
            server.should_exit = True
            thread.join()
            sys.modules.pop("examples.mcp_server", None)


class Kept:
    """What an MCP client remembers of its tokens."""

    def __init__(self) -> None:
        self.tokens: Any = None
        self.client: Any = None

    async def get_tokens(self) -> Any:
        return self.tokens

    async def set_tokens(self, tokens: Any) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> Any:
        return self.client

    async def set_client_info(self, client_info: Any) -> None:
        self.client = client_info


def robot(example: ModuleType, secret: str = SECRET) -> ClientCredentialsOAuthProvider:
    return ClientCredentialsOAuthProvider(
        server_url=example.RESOURCE,
        storage=Kept(),
        client_id="robot",
        client_secret=secret,
        token_endpoint_auth_method="client_secret_post",
        issuer=example.SERVER,
    )


async def ask_for_the_weather(example: ModuleType, **how: Any) -> str:
    async with (
        httpx2.AsyncClient(**how) as http,
        Client(streamable_http_client(example.RESOURCE, http_client=http)) as client,
    ):
        assert [tool.name for tool in (await client.list_tools()).tools] == ["weather"]
        answer = await client.call_tool("weather", {"place": "Oslo"})
        return str(answer.content[0].text)  # type: ignore[union-attr]


def refused(error: BaseException) -> bool:
    """Whether all that went wrong is that the server refused."""
    if isinstance(error, BaseExceptionGroup):
        return all(map(refused, error.exceptions))
    return "error response" in str(error) or "Token exchange failed" in str(error)


def test_the_client_finds_out_who_issues_tokens_gets_one_and_calls_the_tool(example: ModuleType) -> None:
    said = asyncio.run(ask_for_the_weather(example, auth=robot(example)))
    assert said == "In Oslo it is sunny, robot."


def test_the_client_calls_the_tool_with_a_token_that_it_has(example: ModuleType) -> None:
    token = example.ring.sign(
        {"iss": example.SERVER, "aud": example.RESOURCE, "sub": "7", "scope": "weather"}, expires_in=5
    )
    headers = {"Authorization": f"Bearer {token}"}
    assert asyncio.run(ask_for_the_weather(example, headers=headers)) == "In Oslo it is sunny, 7."


@pytest.mark.parametrize(
    "claims",
    [
        None,
        {"aud": "https://elsewhere.example"},
        {"iss": "https://forger.example"},
        {"exp": 1},
        {"scope": "x"},
    ],
    ids=repr,
)
def test_the_client_is_refused_without_a_token_that_is_good(
    claims: dict[str, Any] | None, example: ModuleType
) -> None:
    headers = {}
    if claims is not None:
        good = {"iss": example.SERVER, "aud": example.RESOURCE, "sub": "7", "scope": "weather"}
        headers = {"Authorization": f"Bearer {example.ring.sign(good | claims)}"}
    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(ask_for_the_weather(example, headers=headers))
    assert refused(caught.value)


def test_the_client_is_refused_with_the_secret_of_another(example: ModuleType) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(ask_for_the_weather(example, auth=robot(example, "a guess")))
    assert refused(caught.value)


def test_a_token_of_too_few_scopes_is_told_so(example: ModuleType) -> None:
    claims = {"iss": example.SERVER, "aud": example.RESOURCE, "sub": "7", "scope": "news"}
    headers = {"Authorization": f"Bearer {example.ring.sign(claims)}"}
    answer = httpx2.post(example.RESOURCE, json={}, headers=headers)
    assert answer.status_code == 403
    assert 'error="insufficient_scope", scope="weather"' in answer.headers["www-authenticate"]
