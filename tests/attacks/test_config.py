"""Attacks by mistake: weak secrets, misspelt settings, secrets in what is printed, misuse."""

from __future__ import annotations

import copy
import dataclasses
import datetime
import decimal
import logging
import pickle
from typing import Any

import itsdangerous
import pytest

from nexios import MakeConfig, NexiosApp
from nexios.auth import AuthenticationMiddleware, AuthResult, SimpleUser
from nexios.auth.backends.apikey import APIKeyAuthBackend, create_api_key
from nexios.auth.backends.jwt import JWTAuthBackend, create_jwt, decode_jwt
from nexios.auth.backends.session import SessionAuthBackend
from nexios.exceptions import ConfigError, InvalidToken
from nexios.http import Request
from nexios.session import SessionMiddleware
from nexios.tokens.keys import load_keys
from tests.attacks.asking import ask
from tests.attacks.forging import forge
from tests.attacks.keys import private_pem, rsa_key
from tests.attacks.targets import SessionTarget, TokenTarget
from tests.parts import OTHER_SECRET, SECRET

NO_SECRETS: list[Any] = ["", " ", "\t\n", "\u00a0", [], [""], [SECRET, ""], [SECRET, " "], ["", SECRET]]
NOT_TEXTS: list[Any] = [
    7,
    True,
    b"bytes-are-no-text-and-must-be-decoded",
    [7],
    [None],
    {"key": SECRET},
    object(),
]
WEAK = [
    "your-secret-key",
    "YOUR_SECRET_KEY",
    "secret",
    "changeme",
    "change-me-in-production-please",
    "12345678",
    "abcdefgh",
    "x" * 64,
    "password" * 8,
    "secretsecretsecretsecretsecretsecret",
    "insecure-development-key",
    "0123456789abcdef0123456789abcde",
]


@pytest.mark.parametrize("secret", [*NO_SECRETS, *NOT_TEXTS], ids=ascii)
def test_config_01_a_secret_that_is_none_is_an_error(secret: Any) -> None:
    with pytest.raises(ConfigError, match="secret_key"):
        MakeConfig(secret_key=secret)


def test_config_01_whoever_needs_a_secret_says_so_at_start_up() -> None:
    for middleware in (
        SessionMiddleware(),
        AuthenticationMiddleware(user_model=SimpleUser, backend=JWTAuthBackend()),
    ):
        app = NexiosApp(config=MakeConfig(secret_key=None))
        app.add_middleware(middleware)
        with pytest.raises(ConfigError, match=r"secret_key=\.\.\."):
            app.build()
    with pytest.raises(ConfigError, match=r"secret_key=\.\.\."):
        create_jwt({"id": "7"})


@pytest.mark.parametrize("secret", WEAK)
def test_config_01_a_weak_secret_is_warned_of_and_refused_in_production(
    log: pytest.LogCaptureFixture, secret: str
) -> None:
    MakeConfig(secret_key=secret)
    (record,) = [record for record in log.records if record.name == "nexios.config"]
    assert record.levelno == logging.WARNING
    assert "nexios secret" in record.getMessage()
    for environment in ("production", "Production", "prod"):
        with pytest.raises(ConfigError, match="refused in production") as caught:
            MakeConfig(secret_key=secret, environment=environment)
        with pytest.raises(ConfigError, match="refused in production"):
            MakeConfig(secret_key=[SECRET, secret], environment=environment)
        if len(secret) > 8 and secret not in ("your-secret-key", "YOUR_SECRET_KEY"):
            assert secret not in str(caught.value)


def test_config_01_a_good_secret_is_taken_without_a_word(log: pytest.LogCaptureFixture) -> None:
    MakeConfig(secret_key=[SECRET, OTHER_SECRET], environment="production")
    assert [record for record in log.records if record.name == "nexios.config"] == []


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("jwt_algoritms", "jwt_algorithms"),
        ("jwt_algorithm", "jwt_algorithms"),
        ("secretkey", "secret_key"),
        ("SECRET_KEY", "secret_key"),
        ("secret", "secret_key"),
        ("jwt_audiance", "jwt_audience"),
        ("jwt_isuer", "jwt_issuer"),
        ("required_auth", "require_auth"),
        ("enviroment", "environment"),
    ],
)
def test_config_02_a_misspelt_setting_is_an_error_that_suggests_the_right_one(name: str, meant: str) -> None:
    with pytest.raises(ConfigError, match=f"did you mean '{meant}'"):
        MakeConfig(**{name: ["HS256"]})
    with pytest.raises(ConfigError, match="did you mean"):
        MakeConfig.from_env(
            {f"NEXIOS_{name.upper()}": "x"} if name != "SECRET_KEY" else {"NEXIOS_SECRETKEY": "x"}
        )


@pytest.mark.parametrize(
    "settings",
    [
        {"jwt_algorithms": []},
        {"jwt_algorithms": "none"},
        {"jwt_algorithms": ["HS256", "none"]},
        {"jwt_algorithms": ["hs256"]},
        {"jwt_algorithms": None},
        {"jwt_algorithms": [256]},
        {"jwt_algorithms": {"HS256": True}},
        {"jwt_audience": []},
        {"jwt_audience": 7},
        {"jwt_issuer": [None]},
        {"jwt_issuer": []},
        {"jwt_leeway": 30},
        {"jwt_leeway": datetime.timedelta(seconds=-1)},
        {"require_auth": "yes"},
        {"require_auth": 1},
        {"require_auth": None},
        {"debug": 0},
        {"debug": "false"},
        {"environment": None},
        {"jwt_key": 7},
        {"jwt_key": b"-----BEGIN PUBLIC KEY-----"},
        {"extra": None},
    ],
    ids=repr,
)
def test_config_02_a_setting_of_another_type_is_an_error(settings: dict[str, Any]) -> None:
    (name,) = settings
    with pytest.raises(ConfigError, match=name):
        MakeConfig(**settings)


def _printed(thing: Any, depth: int = 0, seen: set[int] | None = None) -> list[str]:
    """What whoever looks at `thing` sees: repr, str, vars and slots, and that of what is in them."""
    seen = set() if seen is None else seen
    if depth > 8 or id(thing) in seen or isinstance(thing, itsdangerous.Signer):
        return []
    seen.add(id(thing))
    shown = [repr(thing), str(thing), f"{thing}"]
    try:
        inside = vars(thing)
        shown.append(repr(inside))
    except TypeError:
        return shown
    if not type(thing).__module__.startswith("nexios"):
        return shown
    for value in inside.values():
        shown += _printed(value, depth + 1, seen)
    return shown


PEM = private_pem(rsa_key())


def _holders() -> dict[str, Any]:
    config = MakeConfig(
        secret_key=[SECRET, OTHER_SECRET],
        jwt_algorithms=["HS256", "RS256"],
        jwt_key=PEM,
        extra={"database": f"postgresql://ada:{SECRET}@db"},
    )
    session = SessionMiddleware(config=config)
    backend = JWTAuthBackend()
    middleware = AuthenticationMiddleware(
        user_model=SimpleUser, backends=[backend, SessionAuthBackend()], config=config
    )
    app = NexiosApp(config=config)
    app.add_middleware(session)
    app.add_middleware(middleware)
    app.build()
    return {
        "config": config,
        "session middleware": session,
        "session layer": session(app),
        "backend": backend,
        "bound backend": backend.bind(config),
        "middleware": middleware,
        "layer": middleware(app),
        "app": app,
        "key": load_keys(PEM, ["RS256"])[0],
        "secret": load_keys(SECRET, ["HS256"])[0],
        "api key backend": APIKeyAuthBackend(),
    }


@pytest.mark.parametrize("holder", _holders())
def test_config_04_nothing_that_is_printed_or_pickled_shows_a_secret(holder: str) -> None:
    thing = _holders()[holder]
    secrets = [SECRET, OTHER_SECRET, PEM.splitlines()[2]]
    shown = _printed(thing)
    for secret in secrets:
        assert not [text for text in shown if secret in text]
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        pickled = _pickled(thing, protocol)
        assert not [secret for secret in secrets if secret.encode() in pickled]


def _pickled(thing: Any, protocol: int) -> bytes:
    """`thing` as pickle writes it, or what pickle says of why it cannot."""
    try:
        return pickle.dumps(thing, protocol)
    except (TypeError, AttributeError, pickle.PicklingError) as error:
        return str(error).encode()


def test_config_04_a_config_is_not_pickled_and_a_copy_is_itself() -> None:
    config = MakeConfig(secret_key=SECRET)
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(config)
    assert copy.copy(config) is config
    assert copy.deepcopy({"config": config})["config"] is config
    for change in (lambda: setattr(config, "secret_key", "x"), lambda: delattr(config, "secret_key")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            change()


def test_config_04_neither_a_result_nor_a_session_nor_claims_show_what_they_hold() -> None:
    key, stored = create_api_key()
    assert key not in repr(AuthResult(True, key, "apikey", None, key))
    target = SessionTarget()
    target.stored.append(("note", SECRET))
    seen: list[str] = []

    @target.app.post("/show")
    async def show(request: Any, response: Any) -> dict[str, Any]:
        request.session["note"] = SECRET
        seen.append(repr(request.session) + repr(request) + repr(response) + repr(request.user))
        return {}

    assert ask(target.app, "/show", method="POST").status == 200
    claims = TokenTarget()

    @claims.app.get("/claims")
    async def show_claims(request: Request, response: Any) -> dict[str, Any]:
        seen.append(repr(request.credential) + repr(request))
        return {}

    token = forge(payload={"id": "7", "x": SECRET})
    assert ask(claims.app, "/claims", headers=[("authorization", f"Bearer {token}")]).status == 200
    assert len(seen) == 2
    assert not [text for text in seen if SECRET in text or token in text or stored in text]


def test_config_04_no_error_shows_the_key_that_it_is_about() -> None:
    broken_pem = PEM.replace("A", "B", 40)
    for material in (broken_pem, '{"kty":"oct","k":"' + SECRET, {"kty": "oct", "k": SECRET + "\u00e9"}):
        with pytest.raises(ConfigError) as caught:
            load_keys(material, ["HS256", "RS256"])
        assert SECRET not in str(caught.value)
        assert broken_pem.splitlines()[2] not in str(caught.value)
    with pytest.raises(InvalidToken) as refused:
        decode_jwt(forge(secret=OTHER_SECRET), SECRET)
    assert forge(secret=OTHER_SECRET).split(".")[2] not in str(refused.value)


EXPIRIES: list[tuple[Any, type[Exception]]] = [
    (0, ValueError),
    (-1, ValueError),
    (0.0, ValueError),
    (0.001, ValueError),
    (float("nan"), ValueError),
    (float("inf"), ValueError),
    (-float("inf"), ValueError),
    (10**12, ValueError),
    (10**400, ValueError),
    (datetime.timedelta(0), ValueError),
    (datetime.timedelta(seconds=-1), ValueError),
    (datetime.timedelta(milliseconds=999), ValueError),
    (datetime.timedelta.max, ValueError),
    ("30", TypeError),
    (True, TypeError),
    (False, TypeError),
    (b"30", TypeError),
    ([30], TypeError),
    (decimal.Decimal(30), TypeError),
    (datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC), TypeError),
    (30 + 0j, TypeError),
]


@pytest.mark.parametrize(("expires_in", "error"), EXPIRIES, ids=lambda value: repr(value)[:30])
def test_config_05_an_expiry_that_is_none_is_an_error(expires_in: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="expires_in"):
        create_jwt({"id": "7"}, SECRET, expires_in=expires_in)


PAYLOADS: list[tuple[Any, type[Exception]]] = [
    ({}, ValueError),
    (None, TypeError),
    ("7", TypeError),
    ([("id", "7")], TypeError),
    ({7: "id"}, TypeError),
    ({"id": object()}, TypeError),
    ({"id": {1: {2: object()}}}, TypeError),
    ({"id": "\ud800"}, TypeError),
    ({"sub": 7}, TypeError),
    ({"sub": None}, TypeError),
    ({"jti": 7}, TypeError),
    ({"iss": ["x"]}, TypeError),
    ({"aud": 7}, TypeError),
    ({"aud": [7]}, TypeError),
    ({"aud": None}, TypeError),
    ({"exp": "soon"}, TypeError),
    ({"exp": True}, TypeError),
    ({"exp": datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)}, TypeError),
    ({"nbf": None}, TypeError),
    ({"iat": [0]}, TypeError),
    ({"exp": float("nan")}, ValueError),
    ({"exp": float("inf")}, ValueError),
    ({"nbf": -float("inf")}, ValueError),
    ({"exp": 10**400}, ValueError),
    ({"exp": 1_800_000_000_000}, ValueError),
    ({"x": "y" * 20_000}, ValueError),
    ({"x": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}, ValueError),
]


@pytest.mark.parametrize(("payload", "error"), PAYLOADS, ids=lambda value: ascii(value)[:40])
def test_config_05_a_payload_that_would_be_refused_is_an_error(payload: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        create_jwt(payload, SECRET)


def test_config_05_a_payload_that_holds_itself_is_an_error() -> None:
    endless: list[Any] = []
    endless += [endless, endless]
    with pytest.raises(TypeError, match="no JSON form"):
        create_jwt({"x": endless}, SECRET)


@pytest.mark.parametrize(
    "secret", ["", " ", b"x" * 40, 7, ["x"], {"keys": 7}, {}, {"kty": "oct"}, "{", "-----BEGIN "], ids=repr
)
def test_config_05_a_key_that_is_none_is_an_error(secret: Any) -> None:
    with pytest.raises(ConfigError):
        create_jwt({"id": "7"}, secret)
    with pytest.raises(ConfigError):
        decode_jwt(forge(), secret)


@pytest.mark.parametrize("algorithm", ["none", "HS1", "", 7, None, ["HS256"]], ids=repr)
def test_config_05_an_algorithm_that_is_none_is_an_error(algorithm: Any) -> None:
    if algorithm is not None:
        with pytest.raises((ConfigError, TypeError)):
            create_jwt({"id": "7"}, SECRET, algorithm=algorithm)
    with pytest.raises((ConfigError, TypeError)):
        decode_jwt(forge(), SECRET, algorithms=[algorithm])


@pytest.mark.parametrize("algorithms", ["HS256", [], 7, {"HS256"}], ids=repr)
def test_config_05_algorithms_that_are_no_list_of_names_are_an_error(algorithms: Any) -> None:
    with pytest.raises(ConfigError, match="algorithms"):
        decode_jwt(forge(), SECRET, algorithms=algorithms)


@pytest.mark.parametrize(
    "options",
    [
        {"identifier": ""},
        {"identifier": None},
        {"identifier": 7},
        {"kept": -1},
        {"kept": True},
        {"kept": None},
        {"kept": 1.5},
    ],
    ids=repr,
)
def test_config_05_a_backend_made_wrongly_is_an_error(options: dict[str, Any]) -> None:
    (name,) = options
    with pytest.raises(ConfigError, match=name):
        JWTAuthBackend(**options)
