"""An identity provider on a real socket, which behaves as a test wants it to."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from nexios.tokens import KeyRing
from nexios.tokens.jws import sign_compact
from tests.parts import Clock

OIDC = "/.well-known/openid-configuration"
OAUTH = "/.well-known/oauth-authorization-server"
JWKS = "/keys"


class Provider:
    """A provider with keys of its own.

    Attributes:
        ring: Its keys.
        answers: By path: a body as JSON or bytes, or what writes the answer itself.
        asked: The paths that were asked for.
        forms: The bodies that were posted, with their Authorization header.
        came: Set once anything was asked.
        hold: Clear it, and answers wait until it is set.
    """

    def __init__(self, address: str, clock: Clock, algorithm: str) -> None:
        self.url = address
        self.clock = clock
        self.ring = KeyRing.generate(algorithm, clock=clock)
        self.asked: list[str] = []
        self.forms: list[tuple[str, str | None]] = []
        self.came = threading.Event()
        self.hold = threading.Event()
        self.hold.set()
        self.answers: dict[str, Any] = {
            OIDC: {"issuer": self.url, "jwks_uri": self.url + JWKS},
            JWKS: lambda: self.ring.public_jwks(),
        }

    def claims(self, **changed: Any) -> dict[str, Any]:
        """Claims of a good token for the audience `api`; None takes one away."""
        good = {"iss": self.url, "aud": "api", "sub": "7", "exp": int(self.clock.now) + 600, **changed}
        return {name: value for name, value in good.items() if value is not None}

    def token(self, ring: KeyRing | None = None, kid: str | None = "", **changed: Any) -> str:
        """A token of the provider, or by the keys of somebody else."""
        key = (ring or self.ring).signing_key
        header = {"typ": "JWT", "kid": key.kid if kid == "" else kid}
        body = json.dumps(self.claims(**changed)).encode()
        return sign_compact(
            {name: value for name, value in header.items() if value}, body, key.key, key.algorithm
        )

    def rotate_without_notice(self) -> None:
        """New keys that nobody has seen before."""
        self.ring = KeyRing.generate(self.ring.signing_key.algorithm, clock=self.clock)


@contextmanager
def serving(clock: Clock, algorithm: str = "ES256", tls: ssl.SSLContext | None = None) -> Iterator[Provider]:
    """Run a provider on a free port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            provider.asked.append(self.path)
            provider.came.set()
            provider.hold.wait(30)
            self.answer()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            provider.forms.append((body, self.headers["Authorization"]))
            self.do_GET()

        def answer(self) -> None:
            found = provider.answers.get(self.path)
            if found is None:
                return self.reply(404, b"nothing here")
            if callable(found) and found.__code__.co_argcount:
                return found(self)  # type: ignore[no-any-return]
            value = found() if callable(found) else found
            self.reply(200, value if isinstance(value, bytes) else json.dumps(value).encode())

        def reply(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            for name, header in headers.items():
                self.send_header(name.replace("_", "-"), header)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:
                self.close_connection = True  # the client has read enough

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda request, address: None  # type: ignore[method-assign]
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    scheme = "http" if tls is None else "https"
    provider = Provider(f"{scheme}://127.0.0.1:{server.server_address[1]}", clock, algorithm)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield provider
    finally:
        provider.hold.set()
        server.shutdown()
        thread.join()
        server.server_close()


def redirecting(status: int, location: str) -> Callable[[Any], None]:
    return lambda handler: handler.reply(status, b"", Location=location)
