"""Key rings: the key that signs, the one that comes next, and those that still verify."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Self

from nexios.exceptions import ConfigError
from nexios.tokens.encoding import encode_token
from nexios.tokens.ringfile import Source, Stamp, read_source, stamp_of, write_file
from nexios.tokens.ringkey import RingKey, Stage, new_key, read_keys

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from nexios.types import Clock

__all__ = ["ENVIRONMENT_VARIABLE", "KeyRing"]

ENVIRONMENT_VARIABLE = "NEXIOS_KEY_RING"

# How often a file that is followed is looked at, in seconds.
_LOOK = 1.0

logger = logging.getLogger("nexios.tokens")


class KeyRing:
    """The keys of one issuer. One signs, one is published to sign next, the others verify until retired.

    Make one by `generate`, `load`, `from_env` or `follow`.

    Args:
        keys: The keys.
        clock: The time now, in seconds since the epoch.

    Raises:
        ConfigError: There are none.
    """

    def __init__(self, keys: Sequence[RingKey], *, clock: Clock = time.time) -> None:
        if isinstance(keys, (str, Mapping)) or not keys or not all(isinstance(key, RingKey) for key in keys):
            raise ConfigError(
                "a KeyRing has a key or more: KeyRing.generate(), or KeyRing.load(...) of a file, a JWKS, "
                "PEM text or a secret"
            )
        self._keys = tuple(keys)
        self._clock = clock
        self._generation = 0
        self._algorithm: str | None = None
        self._path: Path | None = None
        self._stamp: Stamp | None = None
        self._looked_at = 0.0

    @classmethod
    def generate(cls, algorithm: str = "EdDSA", *, clock: Clock = time.time) -> Self:
        """A ring of two new keys: one signs, and the other is known to all before it does.

        Args:
            algorithm: HS256/384/512, RS256/384/512, PS256/384/512, ES256/384/512 or EdDSA (Ed25519).
            clock: The time now, in seconds since the epoch.

        Raises:
            ConfigError: There is no such algorithm.
        """
        return cls([new_key(algorithm, stage, clock()) for stage in (Stage.SIGNS, Stage.NEXT)], clock=clock)

    @classmethod
    def load(cls, source: Source, *, algorithm: str | None = None, clock: Clock = time.time) -> Self:
        """The ring that stands in a file or a text.

        Args:
            source: The path of a file, or a JWKS, a JWK, PEM text or a secret itself.
            algorithm: What a key is for that does not say so: RS256 of an RSA key and HS256 of a secret,
                unless it is named here.
            clock: The time now, in seconds since the epoch.

        Raises:
            ConfigError: It holds no key or a bad one; the message says the mend and never shows it.
        """
        return cls(read_keys(read_source(source), algorithm), clock=clock)

    @classmethod
    def from_env(
        cls,
        variable: str = ENVIRONMENT_VARIABLE,
        *,
        environ: Mapping[str, str] | None = None,
        algorithm: str | None = None,
        clock: Clock = time.time,
    ) -> Self:
        """The ring that an environment variable holds, or whose file it names.

        Args:
            variable: Its name.
            environ: Where it is looked for; the process's environment by default.
            algorithm: As for `load`.
            clock: As for `load`.

        Raises:
            ConfigError: It is not set, or holds no ring.
        """
        found = (os.environ if environ is None else environ).get(variable, "")
        if not found.strip():
            raise ConfigError(f"{variable} is not set: put a key ring into it, or the path of one")
        return cls.load(found, algorithm=algorithm, clock=clock)

    @classmethod
    def follow(
        cls, path: str | os.PathLike[str], *, algorithm: str | None = None, clock: Clock = time.time
    ) -> Self:
        """The ring in a file, and what becomes of it: a running application takes a changed file by itself.

        The file is looked at once a second at most, while tokens come. One that cannot be read changes
        nothing, and the log says so.

        Args:
            path: The file; replace it in one step, as `save` does.
            algorithm: As for `load`.
            clock: As for `load`.

        Raises:
            ConfigError: There is no ring in it now.
        """
        if not isinstance(path, (str, os.PathLike)):
            raise ConfigError(
                f"a ring follows the path of a file, not {type(path).__name__}: KeyRing.follow('ring.json')"
            )
        file = Path(path)
        stamp = stamp_of(file)
        ring = cls(read_keys(read_source(file), algorithm), clock=clock)
        ring._path, ring._stamp, ring._looked_at = file, stamp, clock()
        ring._algorithm = algorithm
        return ring

    @property
    def keys(self) -> tuple[RingKey, ...]:
        """Every key: the signing one first, then the next one, then those that verify, the latest first."""
        self._look()
        return self._keys

    @property
    def signing_key(self) -> RingKey:
        """The key that signs.

        Raises:
            ConfigError: There is none: the ring verifies only.
        """
        for key in self.keys:
            if key.stage is Stage.SIGNS:
                return key
        raise ConfigError("the ring has no key that signs: rotate it, or load one with its private key")

    @property
    def generation(self) -> int:
        """Another number whenever the keys have changed, and what was verified before may be so no longer."""
        self._look()
        return self._generation

    def sign(self, claims: Mapping[str, Any], *, expires_in: timedelta | float | None = None) -> str:
        """Sign `claims` as a JSON Web Token, under the `kid` of the signing key.

        Args:
            claims: The claims; copied, never changed.
            expires_in: Time until `exp`, as a timedelta or in minutes. None: no `exp` is added.

        Raises:
            ConfigError: The ring has no key that signs.
            TypeError: The claims or `expires_in` are of another kind.
            ValueError: `expires_in` is not positive, or the token would be too long.
        """
        key = self.signing_key
        return encode_token(claims, key.key, key.algorithm, expires_in=expires_in, now=self._clock())

    def rotate(self, algorithm: str | None = None) -> RingKey:
        """Let the next key sign, make another next one, and keep what signed so far to verify.

        The key that signs from now on was published since the last rotation: whoever verifies with a copy of
        `public_jwks` knows it already. Where none was waiting, as in a ring read from PEM text, a new one
        signs at once: `prepare` the ring and publish it before.

        Args:
            algorithm: What the new next key is for; by default the same as the key that signs from now on.

        Returns:
            The key that signs now.

        Raises:
            ConfigError: The ring follows a file, which is changed in its place.
        """
        self._check_own()
        old, now = self._keys, self._clock()
        signs = next((key for key in old if key.stage is Stage.NEXT), None) or new_key(
            algorithm or old[0].algorithm, Stage.SIGNS, now
        )
        # Not that of the key that signed so far, or each rotation would change the algorithm back.
        following = new_key(algorithm or signs.algorithm, Stage.NEXT, now)
        others = [key.at(Stage.VERIFIES) for key in old if key is not signs]
        self._change([signs.at(Stage.SIGNS), following, *others])
        return self.signing_key

    def prepare(self, algorithm: str | None = None) -> RingKey:
        """The key that signs after the next rotation, made now where there is none.

        Raises:
            ConfigError: The ring follows a file, which is changed in its place.
        """
        self._check_own()
        found = next((key for key in self._keys if key.stage is Stage.NEXT), None)
        if found is None:
            found = new_key(algorithm or self._keys[0].algorithm, Stage.NEXT, self._clock())
            signing = [key for key in self._keys if key.stage is Stage.SIGNS]
            self._change([*signing, found, *(key for key in self._keys if key.stage is Stage.VERIFIES)])
        return found

    def retire(self, kid: str) -> None:
        """Take nothing any longer that the key called `kid` signed. In place of the next key comes a new one.

        Args:
            kid: Its name.

        Raises:
            ConfigError: There is no such key, or it is the one that signs, or the ring follows a file.
        """
        self._check_own()
        found = next((key for key in self._keys if key.kid == kid), None)
        if found is None:
            raise ConfigError(
                f"the ring has no key {str(kid)[:100]!r}: choose from {', '.join(k.kid for k in self._keys)}"
            )
        if found.stage is Stage.SIGNS:
            raise ConfigError(f"{kid!r} is the key that signs: rotate the ring first, then retire it")
        self._change([key for key in self._keys if key is not found])
        if found.stage is Stage.NEXT:
            self.prepare(found.algorithm)

    def public_jwks(self) -> dict[str, list[dict[str, Any]]]:
        """What others verify with (RFC 7517 5), the next key included; no secret is in it."""
        found = [key.public_jwk() for key in self.keys]
        return {"keys": [jwk for jwk in found if jwk is not None]}

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the ring with its secrets, as a JWKS that its owner alone may read (0600).

        The file changes in one step: whoever follows it sees the old ring or the new one.

        Raises:
            ConfigError: It cannot be written.
        """
        keys = [key.secret_jwk() for key in self.keys]
        write_file(Path(path), json.dumps({"keys": keys}, indent=2) + "\n")

    def _change(self, keys: Sequence[RingKey]) -> None:
        self._keys = tuple(keys)
        self._generation += 1

    def _check_own(self) -> None:
        if self._path is not None:
            raise ConfigError(
                f"the ring follows {self._path}: change the file, by `nexios tokens keys` or "
                f"KeyRing.load(path), and this one takes it"
            )

    def _look(self) -> None:
        """Take the file that is followed, if it has changed."""
        path = self._path
        if path is None:
            return
        now = self._clock()
        # A clock that was set back must not stop it for as long.
        if 0 <= now - self._looked_at < _LOOK:
            return
        self._looked_at = now
        stamp = stamp_of(path)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._change(read_keys(read_source(path), self._algorithm))
        except ConfigError as error:
            logger.error("the key ring is left as it was: %s", error)
        else:
            logger.info("the key ring was read again: %s has changed", path)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a KeyRing holds secrets and is not pickled: save it, and load it again")

    def __repr__(self) -> str:
        return f"<KeyRing {', '.join(f'{key.kid} {key.algorithm} {key.stage}' for key in self._keys)}>"
