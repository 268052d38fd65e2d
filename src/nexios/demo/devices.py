"""The tour's second device: sessions are listed and ended from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nexios.demo.app import COOKIE_NAME
from nexios.demo.asking import named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nexios.demo.asking import Asking
    from nexios.demo.database import Person

__all__ = ["end_devices"]

_ANY = "Cookie, Bearer, ApiKey"


def end_devices(server: Asking, person: Person, got: Mapping[str, Mapping[str, dict[str, str]]]) -> None:
    """Log in on a phone and on a tablet, and end both from the session that was there before.

    Args:
        server: Who is asked.
        person: Who logs in.
        got: The credentials of everybody, by name and kind.
    """
    here = got[person.name]["session"]
    phone, tablet = (_log_in(server, person, device) for device in ("phone", "tablet"))
    server.ask(f"{person.name}'s phone", "GET", "/profile", 200, credential=phone)

    answer = server.ask(f"{person.name}'s phone", "GET", "/sessions", 200, credential=phone)
    found = {each.get("user_agent"): each for each in named(answer, "sessions")}
    this = [agent for agent, each in found.items() if each.get("current") is True]
    server.note(
        "GET /sessions", f"{person.name}'s phone: which is this one", "phone", ", ".join(map(str, this))
    )
    path = f"/sessions/{found.get('phone', {}).get('id', 'missing')}"

    for name, credentials in got.items():
        if name != person.name:
            server.ask(
                f"{name}'s session", "DELETE", path, 404, credential=credentials["session"], shown=_ONE
            )
    for kind in ("JWT", "API key"):
        by, header = f"{person.name}'s {kind}", got[person.name][kind]
        server.ask(by, "DELETE", path, 401, credential=header, challenge="Cookie", shown=_ONE)
    server.ask(f"{person.name}'s session", "DELETE", path, 204, credential=here, shown=_ONE)
    by = f"{person.name}'s phone, ended from elsewhere"
    server.ask(by, "GET", "/profile", 401, credential=phone, challenge=_ANY)
    server.ask(f"{person.name}'s tablet", "GET", "/profile", 200, credential=tablet)
    server.ask(f"{person.name}'s session, all others", "DELETE", "/sessions", 200, credential=here)
    by = f"{person.name}'s tablet, ended from elsewhere"
    server.ask(by, "GET", "/profile", 401, credential=tablet, challenge=_ANY)
    server.ask(f"{person.name}'s session", "GET", "/profile", 200, credential=here)


_ONE = "/sessions/{id}"


def _log_in(server: Asking, person: Person, device: str) -> dict[str, str]:
    """Log in; the header that presents the session."""
    right = {"username": person.username, "password": person.password}
    agent = {"User-Agent": device}
    answer = server.ask(
        f"{person.name}'s {device}", "POST", "/login", 303, credential=agent, json=right, location="/"
    )
    return {**agent, "Cookie": f"{COOKIE_NAME}={answer.cookies.get(COOKIE_NAME, '')}"}
