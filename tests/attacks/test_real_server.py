"""Requests that a test client refuses to write, through a real socket: what a server lets through to us."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn

from tests.attacks.forging import forge
from tests.attacks.targets import TokenTarget


class Server(uvicorn.Server):
    """uvicorn, which says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()


class Served:
    """The target behind uvicorn."""

    def __init__(self, http: str) -> None:
        self.target = TokenTarget()
        config = uvicorn.Config(
            self.target.app,
            host="127.0.0.1",
            port=0,
            http=http,
            ws="none",
            lifespan="off",
            log_level="critical",
        )
        self.server = Server(config)
        self.listening = config.bind_socket()
        self.port = self.listening.getsockname()[1]
        self._thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.listening]})
        self._thread.start()
        self.server.listens.wait()

    def say(self, text: bytes, *, hang_up: bool = True) -> bytes:
        """Everything that the server answers to `text`, until it closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(text)
            if hang_up:
                connection.shutdown(socket.SHUT_WR)
            answer = b""
            while chunk := connection.recv(65_536):
                answer += chunk
        return answer

    def stop(self) -> None:
        self.server.should_exit = True
        self._thread.join()
        self.listening.close()


@pytest.fixture(scope="module", params=["h11", "httptools"])
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    served = Served(request.param)
    yield served
    served.stop()


TOKEN = forge().encode()
GOOD = b"Authorization: Bearer " + TOKEN
HOST = b"Host: testserver\r\nConnection: close"


def statuses(answer: bytes) -> list[int]:
    """The status of each answer in what came."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


def test_the_good_request_gets_in(served: Served) -> None:
    answer = served.say(b"GET /guarded HTTP/1.1\r\n" + HOST + b"\r\n" + GOOD + b"\r\n\r\n")
    assert statuses(answer) == [200]
    assert answer.endswith(b'{"identity":"7"}')


REFUSED = {
    "no credential": [],
    "twice": [GOOD, GOOD],
    "twice, one bad": [GOOD, b"Authorization: Bearer x"],
    "twice, in other cases": [b"AUTHORIZATION: Bearer x", GOOD],
    "an underline for a dash": [b"X_Authorization: Bearer " + TOKEN],
    "a NUL in the name": [b"Authorization\0: Bearer " + TOKEN],
    "a NUL in the value": [b"Authorization: Bearer \0" + TOKEN],
    "a blank inside": [b"Authorization: Bearer " + TOKEN[:20] + b" " + TOKEN[20:]],
    "a tab for the blank": [b"Authorization: Bearer\t" + TOKEN],
    "folded": [b"Authorization: Bearer", b" " + TOKEN[:30], b"\t" + TOKEN[30:]],
    "a bare CR": [b"X-A: b\rAuthorization: Bearer " + TOKEN],
    "bytes beyond ASCII": [b"Authorization: Bearer \xff\xfe"],
    "in an extension of a chunk": [
        b"Transfer-Encoding: chunked",
        b"",
        b"0;Authorization: Bearer " + TOKEN,
    ],
    "in the body": [b"Content-Length: 300", b"", GOOD],
}


@pytest.mark.parametrize("lines", REFUSED.values(), ids=REFUSED.keys())
def test_whatever_a_client_writes_it_is_refused(served: Served, lines: list[bytes]) -> None:
    before = len(served.target.ran)
    request = b"\r\n".join([b"POST /guarded HTTP/1.1", HOST, *lines, b"", b""])
    answers = statuses(served.say(request))
    assert set(answers) <= {400, 401}
    assert len(served.target.ran) == before


SMUGGLED = b"POST /guarded HTTP/1.1\r\nHost: testserver\r\nX: "
SMUGGLERS = {
    "length and chunks": b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    % (5 + len(SMUGGLED)),
    "chunks, misspelt": b"Content-Length: 5\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunks with a blank": b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(SMUGGLED),
    "a length with a sign": b"Content-Length: +0\r\n\r\n",
    "a negative length": b"Content-Length: -1\r\n\r\n",
    "a length in hexadecimal": b"Content-Length: 0x0\r\n\r\n",
}


@pytest.mark.parametrize("how", SMUGGLERS.values(), ids=SMUGGLERS.keys())
def test_a_request_smuggled_behind_another_borrows_no_credential(served: Served, how: bytes) -> None:
    first = b"POST /nothing HTTP/1.1\r\nHost: testserver\r\n" + how + SMUGGLED
    # Whoever owns the connection may send what he likes in his own name.
    assert 500 not in statuses(served.say(first + b"y\r\n" + GOOD + b"\r\n\r\n"))
    before = len(served.target.ran)
    for _ in range(2):
        assert not {200, 500} & set(statuses(served.say(first + b"y\r\n\r\n")))
    assert len(served.target.ran) == before


def test_each_request_of_a_connection_brings_its_own_credential(served: Served) -> None:
    before = len(served.target.ran)
    request = b"GET /guarded HTTP/1.1\r\nHost: testserver\r\n"
    with_token, without = request + GOOD + b"\r\n\r\n", request + b"\r\n"
    last = request + b"Connection: close\r\n\r\n"
    answer = served.say(with_token + without + with_token + last, hang_up=False)
    assert statuses(answer) == [200, 401, 200, 401]
    assert len(served.target.ran) == before + 2


@pytest.mark.parametrize("size", [16_000, 60_000, 1_000_000])
def test_a_huge_header_is_refused(served: Served, size: int) -> None:
    before = len(served.target.ran)
    try:
        answers = statuses(
            served.say(
                b"GET /guarded HTTP/1.1\r\n"
                + HOST
                + b"\r\nAuthorization: Bearer "
                + b"A" * size
                + b"\r\n\r\n"
            )
        )
    except OSError:  # the server hung up before all was said
        answers = []
    assert set(answers) <= {400, 401, 431}
    assert len(served.target.ran) == before
