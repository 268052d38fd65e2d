"""The tour of API keys: narrowed, rotated and revoked by their owner, and by nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nexios.demo.asking import member, named

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx2

    from nexios.demo.asking import Asking
    from nexios.demo.database import Person

__all__ = ["manage_keys"]

_ONE = "/api/keys/{id}"
_ROTATE = "/api/keys/{id}/rotate"


def manage_keys(server: Asking, person: Person, got: Mapping[str, Mapping[str, dict[str, str]]]) -> None:
    """Make a key that may little, replace it, replace it at once, and revoke all.

    Args:
        server: Who is asked.
        person: Whose keys they are.
        got: The credentials of everybody, by name and kind.
    """
    name, session = person.name, got[person.name]["session"]
    by = f"{name}'s session"
    for kind in ("JWT", "API key"):
        body, header = {"name": "another"}, got[name][kind]
        server.ask(
            f"{name}'s {kind}", "POST", "/api/keys", 401, credential=header, json=body, challenge="Cookie"
        )
    wide = {"name": "wide", "permissions": ["admin"]}
    made = 201 if "admin" in person.permissions.split() else 403
    server.ask(f'{by}, for a key with "admin"', "POST", "/api/keys", made, credential=session, json=wide)
    narrow = {"name": "narrow", "permissions": [], "expires_in": 3600}
    first = server.ask(f"{by}, for a narrow key", "POST", "/api/keys", 201, credential=session, json=narrow)
    server.ask(f"{name}'s narrow key", "GET", "/api/data", 200, credential=_header(first))
    server.ask(f"{name}'s narrow key", "GET", "/admin", 403, credential=_header(first))

    path = f"/api/keys/{member(first, 'id')}"
    for other, credentials in got.items():
        if other != name:
            theirs = credentials["session"]
            server.ask(f"{other}'s session", "POST", f"{path}/rotate", 404, credential=theirs, shown=_ROTATE)
            server.ask(f"{other}'s session", "DELETE", path, 404, credential=theirs, shown=_ONE)
    second = server.ask(by, "POST", f"{path}/rotate", 201, credential=session, shown=_ROTATE)
    server.ask(f"{name}'s replaced key, for a while", "GET", "/api/data", 200, credential=_header(first))
    server.ask(f"{name}'s new key", "GET", "/api/data", 200, credential=_header(second))
    server.ask(f"{name}'s new key", "GET", "/admin", 403, credential=_header(second))
    path = f"/api/keys/{member(second, 'id')}/rotate"
    at_once = {"overlap": 0}
    third = server.ask(f"{by}, at once", "POST", path, 201, credential=session, json=at_once, shown=_ROTATE)
    by_old = f"{name}'s key, replaced at once"
    server.ask(by_old, "GET", "/api/data", 401, credential=_header(second), challenge="ApiKey")
    server.ask(f"{name}'s newest key", "GET", "/api/data", 200, credential=_header(third))

    listed = server.ask(by, "GET", "/api/keys", 200, credential=session)
    for key in named(listed, "keys"):
        server.ask(by, "DELETE", f"/api/keys/{key.get('id')}", 204, credential=session, shown=_ONE)
    by = f"{name}'s revoked API key"
    for header in (got[name]["API key"], _header(first), _header(third)):
        server.ask(by, "GET", "/api/data", 401, credential=header, challenge="ApiKey")


def _header(made: httpx2.Response) -> dict[str, str]:
    return {"X-API-Key": member(made, "key")}
