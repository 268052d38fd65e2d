"""Keys: what signs and verifies, and for which algorithms each is good."""

from __future__ import annotations

import hmac
import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from nexios.config import JWT_ALGORITHMS
from nexios.exceptions import ConfigError
from nexios.strength import MINIMUM_BYTES, is_public_key

__all__ = ["TokenKey", "generate_jwk", "load_jwk", "load_keys"]

_BY_CURVE = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "Ed25519": "EdDSA"}
_CURVE_OF = {algorithm: curve for curve, algorithm in _BY_CURVE.items()}
_KEY_MEMBERS = ("kty", "crv", "x", "y", "n", "e", "d", "p", "q", "dp", "dq", "qi", "k")
_RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_HMAC = ("HS256", "HS384", "HS512")
# RFC 7518 3.3
_RSA_BITS = 2048


@dataclass(frozen=True, slots=True, repr=False)
class TokenKey:
    """A key and the algorithms that it is good for; no token chooses another (RFC 8725 3.1).

    Attributes:
        algorithms: The names of the algorithms.
        kid: The id by which a token may name it.
        key: joserfc's key.
        can_sign: Whether it is a secret or private key, and may sign.
    """

    algorithms: tuple[str, ...]
    kid: str | None
    key: Any
    can_sign: bool

    def signer(self, algorithm: str) -> partial[bytes]:
        """A function from the signing input to the signature."""
        return partial(JWSRegistry.algorithms[algorithm].sign, key=self.key)

    def verifier(self, algorithm: str) -> Callable[[bytes, bytes], bool]:
        """A function from the signing input and a signature to whether it is this key's, in constant time."""
        if algorithm in _HMAC:
            keyed = hmac.new(self.key.get_op_key("verify"), digestmod=f"sha{algorithm[2:]}")

            def verify(message: bytes, signature: bytes) -> bool:
                # Keyed once and copied: about half of what keying anew costs.
                mac = keyed.copy()
                mac.update(message)
                return hmac.compare_digest(mac.digest(), signature)

            return verify
        return partial(_verify, JWSRegistry.algorithms[algorithm].verify, self.key)

    @property
    def is_secret(self) -> bool:
        """Whether it is a secret, of which nothing is public."""
        return isinstance(self.key, OctKey)

    def public_jwk(self) -> dict[str, Any] | None:
        """The public key as a JWK (RFC 7517); None for a secret."""
        if self.is_secret:
            return None
        return _members(self.key.as_dict(private=False))

    def secret_jwk(self) -> dict[str, Any]:
        """The key as a JWK with all that is secret in it."""
        return _members(self.key.as_dict(private=bool(self.key.is_private)))

    def thumbprint(self) -> str:
        """What names the key by itself (RFC 7638); of a secret it would be its hash."""
        return str(self.key.thumbprint())

    def __reduce__(self) -> NoReturn:
        raise TypeError("a TokenKey is not pickled, since it may hold a secret: load it again")

    def __repr__(self) -> str:
        return f"<TokenKey {'/'.join(self.algorithms)} kid={self.kid!r}>"


def _verify(verify: Callable[..., bool], key: Any, message: bytes, signature: bytes) -> bool:
    return verify(message, signature, key)


def _members(jwk: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a JWK that are the key itself (RFC 7518 6, RFC 8037 2)."""
    return {name: jwk[name] for name in _KEY_MEMBERS if name in jwk}


def generate_jwk(algorithm: str) -> dict[str, Any]:
    """A new key for `algorithm`, as a JWK with all that is secret in it.

    Raises:
        ConfigError: It is no algorithm that tokens are signed with.
    """
    key: Any
    if algorithm in _HMAC:
        key = OctKey.generate_key(8 * MINIMUM_BYTES[algorithm])
    elif algorithm in _RSA:
        key = RSAKey.generate_key(_RSA_BITS)
    elif algorithm == "EdDSA":
        key = OKPKey.generate_key("Ed25519")
    elif algorithm in _CURVE_OF:
        key = ECKey.generate_key(_CURVE_OF[algorithm])
    else:
        raise ConfigError(f"{algorithm!r} signs no token; choose from {', '.join(JWT_ALGORITHMS)}")
    return _members(key.as_dict(private=True))


def load_keys(material: str | Mapping[str, Any], allowed: Sequence[str]) -> list[TokenKey]:
    """Read a secret, PEM text, a JWK or a JWKS (RFC 7517).

    Args:
        material: What the key is made of. Text that is no PEM and no JSON is a secret.
        allowed: The algorithms that may be used; each key gets those of them that fit it.

    Raises:
        ConfigError: It is no key, or one too short; the message never shows it.
    """
    if not isinstance(material, (str, Mapping)):
        raise ConfigError(f"a key must be text, a JWK or a JWKS, not {type(material).__name__}")
    if isinstance(material, str) and material.lstrip().startswith("{"):
        try:
            material = json.loads(material)
        except ValueError:
            raise ConfigError(
                "the key begins like JSON and is none: give PEM text, a JWK or a JWKS"
            ) from None
    if isinstance(material, Mapping):
        members = material.get("keys")
        if members is None:
            found = [_from_jwk(material, allowed)]
        elif isinstance(members, Sequence) and all(isinstance(member, Mapping) for member in members):
            # RFC 7517 5: keys for another use may stand among ours
            found = [_from_jwk(member, allowed) for member in members if member.get("use", "sig") == "sig"]
        else:
            raise ConfigError("a JWKS must hold its keys as a list under the name keys (RFC 7517 5)")
    elif "-----BEGIN " in material:
        # RFC 7468 2: words may stand before it, and must not make a secret of a public key
        found = [_bound(_from_pem(material[material.index("-----BEGIN ") :]), None, allowed)]
    elif is_public_key(material):
        # Such text is public: as an HMAC secret anybody could sign with it (CVE-2024-33663).
        raise ConfigError("the key is an SSH public key: give it as PEM, in jwt_key")
    else:
        found = [_bound(_secret(material), None, allowed)]
    return [key for key in found if key.algorithms]


def load_jwk(jwk: Mapping[str, Any], allowed: Sequence[str]) -> TokenKey | None:
    """Read one key, which a set of them is not (RFC 7517 4).

    Args:
        jwk: The JWK.
        allowed: The algorithms that may be used; the key gets those of them that fit it.

    Returns:
        None: none of them fits it.

    Raises:
        ConfigError: It is no key, or one too short; the message never shows it.
    """
    key = _from_jwk(jwk, allowed)
    return key if key.algorithms else None


def _from_jwk(jwk: Mapping[str, Any], allowed: Sequence[str]) -> TokenKey:
    if jwk.get("use", "sig") != "sig":
        raise ConfigError('the JWK is not for signatures: its use must be "sig" (RFC 7517 4.2)')
    operations = jwk.get("key_ops", ["sign", "verify"])
    if not isinstance(operations, list) or not ("sign" in operations or "verify" in operations):
        raise ConfigError(
            "the JWK is not for signatures: its key_ops must have verify or sign (RFC 7517 4.3)"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # joserfc warns of what is refused below
            # Without key_ops, which a private key has for its private half alone.
            key = JWKRegistry.import_key({name: jwk[name] for name in jwk if name != "key_ops"})
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise ConfigError(
            f"the JWK cannot be read ({type(error).__name__}): give all members of its kty (RFC 7518 6)"
        ) from None
    if isinstance(key, OctKey):
        size = len(key.raw_value)
        if size < MINIMUM_BYTES.get(str(jwk.get("alg")), 32):
            raise ConfigError(
                f"the JWK's secret has {size} bytes, fewer than its algorithm wants (RFC 7518 3.2): "
                "make one with `nexios secret`"
            )
        allowed = [name for name in allowed if size >= MINIMUM_BYTES.get(name, 0)]
    return _bound(key, jwk.get("alg"), allowed, may_sign="sign" in operations)


def _from_pem(text: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # joserfc warns of what is refused below
        for kind in (RSAKey, ECKey, OKPKey):
            try:
                return kind.import_key(text)
            except (JoseError, ValueError, TypeError, AttributeError):
                continue
    raise ConfigError(
        "the PEM text cannot be read as an RSA, EC or Ed25519 key; encrypted keys must be opened first"
    )


def _secret(text: str) -> Any:
    if not text.strip():
        raise ConfigError("the secret is empty: make one with `nexios secret`")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MakeConfig says which secrets are weak
        return OctKey.import_key(text)


def _bound(key: Any, algorithm: object, allowed: Sequence[str], *, may_sign: bool = True) -> TokenKey:
    fitting = _fitting(key)
    if algorithm is not None:
        if algorithm not in fitting:
            raise ConfigError(
                f"the JWK's alg {str(algorithm)[:20]!r} does not fit its key (RFC 7517 4.4): "
                f"choose from {', '.join(fitting)}"
            )
        fitting = (str(algorithm),)
    kid = key.kid if isinstance(key.kid, str) else None
    algorithms = tuple(name for name in allowed if name in fitting)
    return TokenKey(algorithms, kid, key, may_sign and bool(key.is_private))


def _fitting(key: Any) -> tuple[str, ...]:
    if isinstance(key, OctKey):
        return _HMAC
    if isinstance(key, RSAKey):
        bits = key.raw_value.key_size
        if bits < _RSA_BITS:
            raise ConfigError(
                f"the RSA key has {bits} bits where {_RSA_BITS} are needed (RFC 7518 3.3): make a longer one"
            )
        return _RSA
    name = _BY_CURVE.get(key.curve_name)
    if name is None:
        raise ConfigError(
            f"keys of the curve {key.curve_name} sign no token: use P-256, P-384, P-521 or Ed25519"
        )
    return (name,)
