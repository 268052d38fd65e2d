"""Other people's key sets (RFC 7517 5): what is good in them, and the rest passed over."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from nexios.exceptions import ConfigError
from nexios.tokens.keys import TokenKey, load_jwk

__all__ = ["usable_keys"]

logger = logging.getLogger("nexios.tokens")

# An algorithm of somebody else's set may be one that we do not know; a log line each would be noise.
_SHOWN = 10


def usable_keys(members: Sequence[Any], algorithms: Sequence[str], whose: str) -> list[TokenKey]:
    """The keys that tokens of somebody else may be verified with.

    Passed over with a line in the log is what would be an error among our own: a secret, a key too short or
    for another use, one of a kind that nobody knows, and keys of which two have one name.

    Args:
        members: The JWKs.
        algorithms: The algorithms that are accepted.
        whose: Whose keys they are, for the log.
    """
    found: list[TokenKey] = []
    passed_over: list[str] = []
    for member in members:
        try:
            key = _read(member, algorithms)
        except ConfigError as error:
            passed_over.append(str(error))
            continue
        if key not in found:
            found.append(key)
    counts = Counter(key.kid for key in found if key.kid is not None)
    twice = {kid for kid, count in counts.items() if count > 1}
    if twice:
        # RFC 7517 4.5: a name is one key's; of two it names neither.
        passed_over.append(f"{len(twice)} names are those of several keys")
    for reason in passed_over[:_SHOWN]:
        logger.warning("%s: a key is passed over: %s", whose, reason)
    if len(passed_over) > _SHOWN:
        logger.warning("%s: %d more keys are passed over", whose, len(passed_over) - _SHOWN)
    return [key for key in found if key.kid not in twice]


def _read(member: Any, algorithms: Sequence[str]) -> TokenKey:
    if not isinstance(member, Mapping):
        raise ConfigError("it is no JSON object")
    if member.get("kty") == "oct":
        # Everybody has read it, so that anybody could sign with it.
        raise ConfigError("it is a secret, and it is published")
    if "alg" in member and member["alg"] not in algorithms:
        raise ConfigError(f"its algorithm {str(member['alg'])[:20]!r} is not one that is taken")
    public = {name: value for name, value in member.items() if name not in _PRIVATE}
    key = load_jwk(public, algorithms)
    if key is None:
        raise ConfigError("it fits no algorithm that is taken")
    return key


_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
