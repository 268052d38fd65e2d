"""One tree of errors, each with a message that says the mend.

```
NexiosError
├── ConfigError            the programmer's: raised at start-up wherever it can be known there
├── SessionDataError       the handler's: what it stored in the session cannot be kept
├── UnknownKey             there is no API key of that id to rotate, or it is over
├── StoreUnavailable       the store did not answer in time: 503, and nobody is let in
├── IssuerUnavailable      the provider whose tokens are taken did not answer in time: the same
└── AuthenticationError    the client's: who is asking could not be established
    └── InvalidToken       the token is not one of ours, or no longer
        ├── InvalidProof   the proof of a key is not good (RFC 9449)
        │   └── NonceWanted  it lacks a nonce of ours, which the answer gives
        ├── InvalidScope   it is asked for more than it was issued for
        └── TokenReused    a refresh token came a second time: all that came of its login is over
```

What a client causes is answered alike whatever the text says: the text is for the log.
"""

from __future__ import annotations

__all__ = [
    "AuthenticationError",
    "ConfigError",
    "InvalidProof",
    "InvalidScope",
    "InvalidToken",
    "IssuerUnavailable",
    "NexiosError",
    "NonceWanted",
    "SessionDataError",
    "StoreUnavailable",
    "TokenReused",
    "UnknownKey",
]


class NexiosError(Exception):
    """The root of every error that Nexios raises."""


class ConfigError(NexiosError):
    """The application is put together wrongly; the message says how to mend it."""


class SessionDataError(NexiosError):
    """What was stored in a session cannot be kept: not JSON, or too large for a cookie."""


class UnknownKey(NexiosError, LookupError):
    """There is no API key of that id, or it is expired, revoked or replaced already."""


class StoreUnavailable(NexiosError):
    """A store did not answer, or not within its time; nothing is known, so nobody is let in."""


class IssuerUnavailable(NexiosError):
    """A provider did not answer, or not what it should; nothing is known, so nobody is let in."""


class AuthenticationError(NexiosError):
    """A credential could not be accepted."""


class InvalidToken(AuthenticationError):
    """A token was refused; the message says why, for the log only (RFC 6750 3.1)."""


class InvalidProof(InvalidToken):
    """A proof of a key was refused; the message says why, for the log only (RFC 9449 4.3)."""


class NonceWanted(InvalidProof):
    """A proof has no nonce of ours: the client takes the one in the answer and asks again (RFC 9449 8)."""


class InvalidScope(InvalidToken):
    """A refresh asks for a scope that was not granted at the login (RFC 6749 6)."""


class TokenReused(InvalidToken):
    """A refresh token came twice, so that somebody else has it: its family is over (RFC 9700 4.14.2)."""
