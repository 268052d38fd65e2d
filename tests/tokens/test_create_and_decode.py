"""create_jwt and decode_jwt: whose key, whose rules, and that nobody's payload is changed."""

from __future__ import annotations

import types
from collections import OrderedDict
from typing import Any

import jwt
import pytest

from nexios import MakeConfig, NexiosApp, running
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt, decode_jwt
from nexios.exceptions import AuthenticationError, ConfigError, InvalidToken, NexiosError
from nexios.tokens.claims import ClaimRules, Claims
from nexios.tokens.encoding import TokenVerifier
from nexios.tokens.keys import load_keys
from tests.attacks.asking import ask
from tests.attacks.forging import forge
from tests.attacks.keys import private_pem, rsa_key
from tests.attacks.targets import TokenTarget
from tests.parts import OTHER_SECRET, SECRET


def test_outside_of_a_request_the_app_made_last_signs() -> None:
    NexiosApp(config=MakeConfig(secret_key=SECRET))
    NexiosApp(config=MakeConfig(secret_key=OTHER_SECRET))
    token = create_jwt({"id": "7"})
    assert decode_jwt(token) == decode_jwt(token, OTHER_SECRET) == {"id": "7"}
    with pytest.raises(InvalidToken):
        decode_jwt(token, SECRET)


def test_without_an_app_a_secret_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "_made_last", [])
    with pytest.raises(ConfigError, match="needs a configuration"):
        create_jwt({"id": "7"})
    with pytest.raises(ConfigError, match="needs a configuration"):
        decode_jwt(forge())
    with pytest.raises(ConfigError, match="needs a configuration"):
        JWTAuthBackend().bind(None)
    assert decode_jwt(create_jwt({"id": "7"}, SECRET), SECRET) == {"id": "7"}


def test_the_first_algorithm_of_the_settings_signs() -> None:
    config = MakeConfig(
        secret_key=SECRET * 2, jwt_algorithms=["HS512", "RS256"], jwt_key=private_pem(rsa_key())
    )
    NexiosApp(config=config)
    assert jwt.get_unverified_header(create_jwt({"id": "7"}))["alg"] == "HS512"
    assert jwt.get_unverified_header(create_jwt({"id": "7"}, algorithm="RS256"))["alg"] == "RS256"
    assert jwt.get_unverified_header(create_jwt({"id": "7"}, SECRET * 2))["alg"] == "HS512"
    assert decode_jwt(create_jwt({"id": "7"}, algorithm="RS256")) == {"id": "7"}


@pytest.mark.parametrize("kind", [dict, OrderedDict, types.MappingProxyType, Claims])
def test_the_payload_is_copied_and_never_changed(kind: Any) -> None:
    inner = {"id": "7", "roles": ["user"]}
    payload = kind(inner)
    NexiosApp(config=MakeConfig(secret_key=SECRET, jwt_audience="api", jwt_issuer="https://idp"))
    assert decode_jwt(create_jwt(payload, expires_in=30))["roles"] == ["user"]
    assert inner == {"id": "7", "roles": ["user"]}


def test_the_settings_name_the_issuer_and_audience_unless_the_payload_does() -> None:
    NexiosApp(config=MakeConfig(secret_key=SECRET, jwt_audience=["api", "web"], jwt_issuer="https://idp"))
    own = jwt.decode(create_jwt({"id": "7"}), options={"verify_signature": False})
    assert own == {"id": "7", "iss": "https://idp"}
    given = create_jwt({"id": "7", "iss": "https://other", "aud": "web"})
    assert jwt.decode(given, options={"verify_signature": False})["iss"] == "https://other"
    with pytest.raises(InvalidToken, match="iss"):
        decode_jwt(given)
    assert decode_jwt(create_jwt({"id": "7", "aud": "web"}))["aud"] == "web"
    with pytest.raises(InvalidToken, match="aud is missing"):
        decode_jwt(create_jwt({"id": "7"}))


def test_what_is_decoded_belongs_to_the_caller() -> None:
    token = create_jwt({"id": "7", "roles": ["user"]}, SECRET)
    first = decode_jwt(token, SECRET)
    first["roles"].append("admin")
    first["id"] = "8"
    assert decode_jwt(token, SECRET) == {"id": "7", "roles": ["user"]}


@pytest.mark.parametrize("token", [None, b"a.b.c", 7, [forge()], forge().encode()], ids=repr)
def test_what_is_no_text_is_no_token(token: Any) -> None:
    with pytest.raises(InvalidToken, match="not text"):
        decode_jwt(token, SECRET)


PAYLOADS: dict[str, tuple[Any, type[Exception], str]] = {
    "a list": ([("id", "7")], TypeError, "the payload is a mapping"),
    "text": ("id", TypeError, "the payload is a mapping"),
    "a name that is no text": ({7: "id"}, TypeError, "the payload is a mapping"),
    "nothing": ({}, ValueError, "the payload is empty"),
    "a number for a subject": ({"sub": 7}, TypeError, "sub is text"),
    "a number for an id": ({"id": "7", "jti": 7}, TypeError, "jti is text"),
    "a number for an issuer": ({"id": "7", "iss": 7}, TypeError, "iss is text"),
    "a number for an audience": ({"id": "7", "aud": 7}, TypeError, "aud is text or a list"),
    "a number among audiences": ({"id": "7", "aud": ["api", 7]}, TypeError, "aud is text or a list"),
    "audiences by name": ({"id": "7", "aud": {"api": "web"}}, TypeError, "aud is text or a list"),
}


@pytest.mark.parametrize(("payload", "error", "mend"), PAYLOADS.values(), ids=PAYLOADS.keys())
def test_what_nobody_could_verify_is_not_signed(payload: Any, error: type[Exception], mend: str) -> None:
    with pytest.raises(error, match=mend):
        create_jwt(payload, SECRET)


def test_the_longest_token_that_is_read_is_the_longest_that_is_made() -> None:
    longest = create_jwt({"id": "7" * 12_218}, SECRET)
    assert len(longest) == 16 * 1024
    assert decode_jwt(longest, SECRET) == {"id": "7" * 12_218}
    with pytest.raises(ValueError, match="claim less"):
        create_jwt({"id": "7" * 12_219}, SECRET)


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"sub": 7}, "sub or jti is not text"),
        ({"jti": 7}, "sub or jti is not text"),
        ({"sub": None, "jti": "a"}, "sub or jti is not text"),
        ({"aud": 7}, "aud is neither text nor a list of texts"),
        ({"aud": {"api": 1}}, "aud is neither text nor a list of texts"),
        ({"aud": ["api", 7]}, "aud is neither text nor a list of texts"),
        ({"aud": ["web", "files"]}, "aud names somebody else"),
        ({"aud": []}, "aud names somebody else"),
    ],
    ids=str,
)
def test_claims_of_another_kind_are_not_believed(claims: dict[str, Any], reason: str) -> None:
    NexiosApp(config=MakeConfig(secret_key=SECRET, jwt_audience="api"))
    with pytest.raises(InvalidToken, match=reason):
        decode_jwt(forge(payload={"id": "7", "aud": "api", **claims}))


def test_a_refusal_is_an_authentication_error() -> None:
    with pytest.raises(AuthenticationError):
        decode_jwt("x", SECRET)
    assert issubclass(InvalidToken, AuthenticationError)
    assert issubclass(AuthenticationError, NexiosError)


def test_claims_are_a_mapping_that_nobody_changes() -> None:
    claims = Claims({"id": "7", "roles": ["user"]})
    assert claims == {"id": "7", "roles": ["user"]}
    assert (len(claims), list(claims), claims.get("x", 1), "id" in claims) == (2, ["id", "roles"], 1, True)
    assert repr(claims) == "<Claims id, roles>"
    claims["roles"].append("admin")
    assert claims["roles"] == ["user"]
    with pytest.raises(KeyError):
        claims["x"]


def test_a_verifier_wants_a_key_and_shows_none() -> None:
    with pytest.raises(ConfigError, match=r"secret_key=\.\.\."):
        TokenVerifier([], ["HS256"], ClaimRules())
    with pytest.raises(ConfigError, match=r"jwt_key=\.\.\."):
        TokenVerifier(load_keys(SECRET, ["RS256"]), ["RS256"], ClaimRules())
    assert repr(TokenVerifier(load_keys(SECRET, ["HS256"]), ["HS256"], ClaimRules())) == "<TokenVerifier>"
    assert repr(load_keys(SECRET, ["HS256"])[0]) == "<TokenKey HS256 kid=None>"


@pytest.mark.parametrize(
    ("claim", "identity"),
    [("7", "7"), (7, "7"), (0, "0"), (-1, "-1"), (2**64 - 1, str(2**64 - 1)), ("0", "0"), (" ", " ")],
)
def test_a_whole_number_reads_as_its_text(kept: int, claim: Any, identity: str) -> None:
    target = TokenTarget(kept=kept)
    token = forge(payload={"id": claim})
    for _ in range(2):
        answer = target.ask(headers=[("authorization", f"Bearer {token}")])
        assert answer.json() == {"identity": identity}


def test_the_identifier_is_the_claim_that_names_the_identity(kept: int) -> None:
    target = TokenTarget(kept=kept, identifier="sub")
    target.takes(forge(payload={"sub": "7", "id": "8"}))
    target.refuses(forge(payload={"id": "7"}))
    assert repr(JWTAuthBackend(identifier="sub")) == "JWTAuthBackend(identifier='sub')"


def test_a_handler_reads_the_claims_as_the_requests_credential() -> None:
    target = TokenTarget()

    @target.app.get("/claims")
    async def claims(request: Any, response: Any) -> dict[str, Any]:
        return {"claims": request.credential, "kind": type(request.credential).__name__}

    token = forge(payload={"id": "7", "scope": "read", "x": {"y": [1]}})
    for _ in range(2):
        answer = ask(target.app, "/claims", headers=[("authorization", f"Bearer {token}")])
        assert answer.json() == {"claims": {"id": "7", "scope": "read", "x": {"y": [1]}}, "kind": "Claims"}
    assert ask(target.app, "/claims").json()["claims"] is None


@pytest.mark.anyio
async def test_a_backend_may_be_asked_without_an_application() -> None:
    from nexios.http import Request, Response

    NexiosApp(config=MakeConfig(secret_key=SECRET))
    backend = JWTAuthBackend()

    def asking(*headers: tuple[bytes, bytes]) -> Request:
        return Request({"type": "http", "headers": list(headers)})

    bearer = (b"authorization", f"Bearer {forge()}".encode())
    result = await backend.authenticate(asking(bearer), Response())
    assert result is not None
    assert (result.success, result.identity, result.scope) == (True, "7", "jwt")
    assert await backend.authenticate(asking(), Response()) is None
    assert await backend.authenticate(asking((b"authorization", b"Basic YTpi")), Response()) is None
    for refused in (
        asking(bearer, bearer),
        asking((b"authorization", b"bearer")),
        asking((b"authorization", b"Bearer x")),
    ):
        result = await backend.authenticate(refused, Response())
        assert result is not None
        assert (result.success, result.identity) == (False, "")
