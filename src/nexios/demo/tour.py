"""The demo's tour: what a person can do on the page, asked over HTTP, with what should come."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from nexios.demo.app import COOKIE_NAME
from nexios.demo.asking import Asking, Step, member
from nexios.demo.database import PEOPLE
from nexios.demo.devices import end_devices
from nexios.demo.managing import manage_keys
from nexios.demo.thieving import steal_refresh_token

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from nexios.demo.database import Person

__all__ = ["take_tour"]

Header = dict[str, str]

_ANY = "Cookie, Bearer, ApiKey"
_ANY_BAD_JWT = "Cookie, Bearer (invalid_token), ApiKey"


def take_tour(start: Callable[[], AbstractContextManager[str]]) -> list[Step]:
    """Ask everything, with a restart in between.

    Args:
        start: Starts the demo, with the same data each time; gives its URL.
    """
    steps: list[Step] = []
    got: dict[str, dict[str, Header]] = {}
    with start() as url, Asking(url, steps) as server:
        _as_a_stranger(server)
        for person in PEOPLE:
            _log_in_wrongly(server, person)
            got[person.name] = _credentials(server, person)
            _call_all(server, person, got[person.name])
            _call_tampered(server, person, got[person.name])
    with start() as url, Asking(url, steps) as server:
        for name, credentials in got.items():
            for kind, header in credentials.items():
                by = f"{name}'s {kind} from before a restart"
                server.ask(by, "GET", "/profile", 200, credential=header)
        for person in PEOPLE:
            end_devices(server, person, got)
            manage_keys(server, person, got)
            steal_refresh_token(server, person.name, got[person.name]["session"], _ANY_BAD_JWT)
        for name, credentials in got.items():
            _give_back(server, name, credentials)
    return steps


def _as_a_stranger(server: Asking) -> None:
    server.ask("a stranger", "GET", "/", 200)
    server.ask("a stranger", "GET", "/profile", 401, challenge=_ANY)
    server.ask("a stranger", "GET", "/api/data", 401, challenge="ApiKey")
    server.ask("a stranger", "GET", "/admin", 401, challenge=_ANY)
    server.ask("a stranger", "POST", "/token", 401, challenge="Cookie")
    server.ask("a stranger", "POST", "/api/keys", 401, challenge="Cookie")
    server.ask("a stranger", "GET", "/sessions", 401, challenge="Cookie")


def _log_in_wrongly(server: Asking, person: Person) -> None:
    right = {"username": person.username, "password": person.password}
    wrong = {**right, "password": person.password + "!"}
    server.ask(f"{person.name}, wrong password", "POST", "/login", 401, json=wrong, challenge="Cookie")
    unknown = {**right, "username": person.username + "!"}
    server.ask("a user who is not there", "POST", "/login", 401, json=unknown, challenge="Cookie")
    for elsewhere in ("//evil.example", "https://evil.example", "/%5Cevil.example"):
        path = f"/login?next={elsewhere}"
        server.ask(f"{person.name}", "POST", path, 303, json=right, location="/")


def _credentials(server: Asking, person: Person) -> dict[str, Header]:
    """Log in, and make one credential of each kind; each as the header that presents it."""
    right = {"username": person.username, "password": person.password}
    path = "/login?next=/profile"
    answer = server.ask(f"{person.name}", "POST", path, 303, json=right, location="/profile")
    session = {"Cookie": f"{COOKIE_NAME}={answer.cookies.get(COOKIE_NAME, '')}"}
    by = f"{person.name}'s session"
    token = server.ask(by, "POST", "/token?seconds=300", 200, credential=session)
    key = server.ask(by, "POST", "/api/keys", 201, credential=session, json={"name": "tour"})
    foreign = {**session, "Sec-Fetch-Site": "cross-site"}
    server.ask(f"{by}, from another site", "POST", "/api/keys", 403, credential=foreign)
    return {
        "session": session,
        "JWT": {"Authorization": f"Bearer {member(token, 'token')}"},
        "API key": {"X-API-Key": member(key, "key")},
    }


def _call_all(server: Asking, person: Person, credentials: Mapping[str, Header]) -> None:
    permitted = 200 if "admin" in person.permissions.split() else 403
    for kind, header in credentials.items():
        by = f"{person.name}'s {kind}"
        answer = server.ask(by, "GET", "/profile", 200, credential=header)
        server.note("GET /profile", f"{by}: the user's id", person.id, member(answer, "user_id"))
        if kind == "API key":
            server.ask(by, "GET", "/api/data", 200, credential=header)
        else:
            server.ask(by, "GET", "/api/data", 401, credential=header, challenge="ApiKey")
        server.ask(by, "GET", "/admin", permitted, credential=header)


def _call_tampered(server: Asking, person: Person, credentials: Mapping[str, Header]) -> None:
    other = next(other for other in PEOPLE if other is not person)
    token = credentials["JWT"]["Authorization"]
    tampered = {
        "tampered session": {"Cookie": _changed(credentials["session"]["Cookie"])},
        f"JWT, tampered to name {other.name}": {"Authorization": _renamed(token, other)},
        "tampered API key": {"X-API-Key": _changed(credentials["API key"]["X-API-Key"])},
    }
    for kind, header in tampered.items():
        by = f"{person.name}'s {kind}"
        challenge = _ANY_BAD_JWT if "Authorization" in header else _ANY
        server.ask(by, "GET", "/profile", 401, credential=header, challenge=challenge)
        server.ask(by, "GET", "/api/data", 401, credential=header, challenge="ApiKey")
        server.ask(by, "GET", "/admin", 401, credential=header, challenge=challenge)


def _give_back(server: Asking, name: str, credentials: Mapping[str, Header]) -> None:
    session = credentials["session"]
    server.ask(f"{name}'s session", "POST", "/logout", 204, credential=session)
    by = f"{name}'s session from before the logout"
    server.ask(by, "GET", "/profile", 401, credential=session, challenge=_ANY)


def _changed(credential: str) -> str:
    """`credential` with a letter in its middle changed."""
    middle = len(credential) // 2
    letter = "B" if credential[middle : middle + 1] == "A" else "A"
    return credential[:middle] + letter + credential[middle + 1 :]


def _renamed(authorization: str, other: Person) -> str:
    """A bearer token whose payload names `other`, under the signature that it had."""
    head, _, rest = authorization.partition(".")
    payload, _, signature = rest.partition(".")
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except ValueError:
        claims = {}
    renamed = json.dumps({**claims, "id": other.id, "name": other.name}).encode()
    return f"{head}.{base64.urlsafe_b64encode(renamed).rstrip(b'=').decode()}.{signature}"
