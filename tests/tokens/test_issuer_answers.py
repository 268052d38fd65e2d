"""Whatever a provider answers: what is no key of its lets nobody in."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from typing import Any

import httpx2
import pytest

from nexios.exceptions import IssuerUnavailable
from nexios.tokens import Issuer
from nexios.tokens.jwks import usable_keys
from tests.attacks.forging import b64
from tests.attacks.keys import ec_key, jwk, rsa_key
from tests.tokens.behind import IssuerTarget, issuer_of
from tests.tokens.provider import JWKS, OIDC, Provider, redirecting


def big(handler: Any) -> None:
    handler.reply(200, b" " * 10_000_000)


def packed(handler: Any) -> None:
    handler.reply(200, b"{}", Content_Encoding="gzip")


def packed_anew(handler: Any) -> None:
    handler.reply(200, b"{}", Content_Encoding="zstd")


def no_http(handler: Any) -> None:
    handler.wfile.write(b"what?\r\n\r\n")
    handler.close_connection = True


@pytest.mark.parametrize("place", [OIDC, JWKS])
@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"<html><title>Log in</title></html>", "no JSON object"),
        (b"", "no JSON object"),
        (b"[]", "no JSON object"),
        (b"[" * 100_000, "no JSON object"),
        (b"\xff\xfe", "no JSON object"),
        ({}, "letter by letter|no list of keys"),
        (big, "more than 1048576 bytes"),
        (packed, "packed"),
        (packed_anew, "packed"),
        (no_http, "could not be asked: RemoteProtocolError"),
        (redirecting(302, "http://127.0.0.2:1/keys"), "not safe"),
        (redirecting(307, "https://elsewhere.example/keys"), "another host"),
        (redirecting(301, "http://localhost:1/keys"), "another host"),
        (redirecting(303, "http://127.0.0.1:1/keys"), "another host"),
        (redirecting(308, "file:///etc/passwd"), "not safe"),
        (redirecting(302, ""), "leads on more than 3 times"),
        (lambda handler: handler.reply(500, b"{}"), "answered (404|500)"),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)[:30]),
)
def test_whatever_else_it_answers_nobody_is_let_in(
    place: str, answer: Any, says: str, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    provider.answers[place] = answer
    IssuerTarget(issuer_of(provider)).cannot_tell(provider.token())
    import re

    assert re.search(says, caplog.text)


@pytest.mark.parametrize("status", [199, 201, 204, 404])
@pytest.mark.parametrize("place", [OIDC, JWKS])
def test_an_answer_of_any_other_status_is_none(place: str, status: int, provider: Provider) -> None:
    pages = {OIDC: provider.answers[OIDC], JWKS: provider.ring.public_jwks()}
    # A server of the tests could not send all of them.
    pages = {path: json.dumps(page).encode() for path, page in pages.items()}

    async def answer(request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        return httpx2.Response(status if path == place else 200, content=pages.get(path, b"{}"))

    http = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    with pytest.raises(IssuerUnavailable):
        asyncio.run(issuer_of(provider, http=http).verify(provider.token()))


def test_a_slow_answer_is_not_waited_for(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nexios.tokens.fetching._SECONDS", 0.1)
    provider.hold.clear()
    target = IssuerTarget(issuer_of(provider))
    target.cannot_tell(provider.token())


def test_an_answer_that_trickles_is_not_waited_for_either(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nexios.tokens.fetching._SECONDS", 0.3)

    def trickle(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        while True:
            try:
                handler.wfile.write(b" ")
            except OSError:
                handler.close_connection = True
                return

    provider.answers[JWKS] = trickle
    IssuerTarget(issuer_of(provider)).cannot_tell(provider.token())


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://accounts.forger.example"},
        {"issuer": None},
        {"issuer": "/"},
        {"jwks_uri": None},
        {"jwks_uri": "http://keys.example/keys"},
        {"jwks_uri": 7},
        {"jwks_uri": "file:///etc/passwd"},
    ],
    ids=repr,
)
def test_metadata_of_somebody_else_are_not_believed(metadata: dict[str, Any], provider: Provider) -> None:
    if metadata == {"issuer": "/"}:
        metadata = {"issuer": provider.url + "/"}
    provider.answers[OIDC] = provider.answers[OIDC] | metadata
    IssuerTarget(issuer_of(provider)).cannot_tell(provider.token())
    assert JWKS not in provider.asked


@pytest.mark.parametrize(
    ("url", "location", "good"),
    [
        ("https://idp.example", "https://idp.example:443/moved", True),
        ("https://idp.example:443", "https://idp.example/moved", True),
        ("https://idp.example:8443", "https://idp.example:8443/moved", True),
        ("https://idp.example:8443", "https://idp.example/moved", False),
        ("https://idp.example", "https://idp.example:444/moved", False),
        ("https://idp.example", "https://idp.example:80/moved", False),
        ("http://localhost", "http://localhost:80/moved", True),
        ("http://localhost", "http://localhost:81/moved", False),
        ("http://localhost", "https://localhost/moved", False),
    ],
)
def test_the_usual_port_is_the_same_host_whether_it_is_said_or_not(
    url: str, location: str, good: bool, provider: Provider
) -> None:
    async def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/moved":
            return httpx2.Response(200, json=provider.ring.public_jwks())
        return httpx2.Response(302, headers={"location": location})

    http = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    issuer = Issuer(url, audience="api", jwks_uri=f"{url}/keys", http=http, clock=provider.clock)
    if good:
        assert asyncio.run(issuer.verify(provider.token(iss=url)))["sub"] == "7"
    else:
        with pytest.raises(IssuerUnavailable, match="another host"):
            asyncio.run(issuer.verify(provider.token(iss=url)))


@pytest.mark.parametrize(("count", "aside"), [(1, False), (20, False), (21, True)])
def test_many_keys_are_read_aside_so_that_no_request_waits(
    count: int, aside: bool, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    (signing, other) = provider.ring.public_jwks()["keys"]
    others = [{**other, "kid": f"key {number}"} for number in range(count - 1)]
    provider.answers[JWKS] = {"keys": [*others, signing]}
    readers = []

    def read(*how: Any) -> Any:
        readers.append(threading.current_thread())
        return usable_keys(*how)

    monkeypatch.setattr("nexios.tokens.published.usable_keys", read)
    assert asyncio.run(issuer_of(provider).verify(provider.token()))["sub"] == "7"
    assert [reader is not threading.current_thread() for reader in readers] == [aside]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_within_the_host_is_followed(status: int, provider: Provider) -> None:
    provider.answers["/new"] = provider.answers[JWKS]
    provider.answers[JWKS] = redirecting(status, "/new")
    IssuerTarget(issuer_of(provider)).takes(provider.token())


@pytest.mark.parametrize("status", [300, 304, 305, 306, 309])
def test_no_other_answer_leads_on(status: int, provider: Provider) -> None:
    provider.answers["/new"] = provider.answers[JWKS]
    provider.answers[JWKS] = redirecting(status, "/new")
    IssuerTarget(issuer_of(provider)).cannot_tell(provider.token())
    assert "/new" not in provider.asked


@pytest.mark.parametrize("times", [3, 4])
def test_a_provider_leads_on_three_times_at_most(times: int, provider: Provider) -> None:
    last = provider.answers[JWKS]
    for number in range(times):
        provider.answers[f"/{number}" if number else JWKS] = redirecting(302, f"/{number + 1}")
    provider.answers[f"/{times}"] = last
    target = IssuerTarget(issuer_of(provider))
    if times == 3:
        target.takes(provider.token())
    else:
        target.cannot_tell(provider.token())
    assert provider.asked == [OIDC, JWKS, "/1", "/2", "/3"]


@pytest.mark.parametrize("more", [0, 1])
def test_an_answer_has_a_megabyte_at_most(more: int, provider: Provider) -> None:
    body = json.dumps(provider.ring.public_jwks()).encode()
    provider.answers[JWKS] = body.ljust(1024 * 1024 + more)
    target = IssuerTarget(issuer_of(provider))
    if more:
        target.cannot_tell(provider.token())
    else:
        target.takes(provider.token())


def test_a_thousand_keys_are_read(kept: int, provider: Provider) -> None:
    many = [jwk(rsa_key(), kid=f"key {number}") for number in range(500)]
    many += [{**provider.ring.public_jwks()["keys"][1], "kid": f"other {number}"} for number in range(499)]
    provider.answers[JWKS] = {"keys": [*many, *provider.ring.public_jwks()["keys"][:1]]}
    target = IssuerTarget(issuer_of(provider), kept=kept)
    target.takes(provider.token())
    target.refuses(provider.token(kid="key 7"))
    # One that names none would have to be tried with all.
    target.refuses(provider.token(kid=None))


def test_keys_that_are_none_are_passed_over_with_a_line_in_the_log(
    provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    from cryptography.hazmat.primitives.asymmetric import rsa

    number = rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key().public_numbers().n
    short = {"kty": "RSA", "e": "AQAB", "n": b64(number.to_bytes(128, "big"))}
    (good, spare) = provider.ring.public_jwks()["keys"]
    twice = {**jwk(rsa_key("one")), "kid": "twice"}, {**jwk(rsa_key("two")), "kid": "twice"}
    bad = [
        {"kty": "oct", "k": b64(os.urandom(32)), "kid": "secret"},
        {**short, "kid": "short"},
        jwk(rsa_key(), kid="sealing", use="enc"),
        jwk(rsa_key(), kid="wrapping", key_ops=["encrypt"]),
        *twice,
        {"kty": "quantum", "kid": "unknown"},
        {"kty": "RSA", "kid": "broken"},
        jwk(rsa_key(), kid="other", alg="RSA-OAEP"),
        "no object",
        None,
    ]
    provider.answers[JWKS] = {"keys": [*bad, good, spare, good]}
    target = IssuerTarget(issuer_of(provider))
    target.takes(provider.token())
    assert caplog.text.count("a key is passed over") == len(bad) - 1
    for kid in ("twice", "sealing", "wrapping", "secret"):
        target.refuses(provider.token(kid=kid))
    assert bad[0]["k"][:12] not in caplog.text  # type: ignore[index, call-overload]


def test_a_jwks_without_a_key_that_is_good_is_none(provider: Provider) -> None:
    provider.answers[JWKS] = {"keys": [{"kty": "oct", "k": b64(os.urandom(32))}]}
    IssuerTarget(issuer_of(provider)).cannot_tell(provider.token())


def test_many_keys_that_are_none_are_few_lines_in_the_log(
    provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    many = [{"kty": "quantum", "kid": str(number)} for number in range(500)]
    provider.answers[JWKS] = {"keys": [*many, *provider.ring.public_jwks()["keys"]]}
    IssuerTarget(issuer_of(provider)).takes(provider.token())
    assert caplog.text.count("a key is passed over") == 10
    assert "490 more keys are passed over" in caplog.text


@pytest.mark.parametrize(("count", "more"), [(9, ""), (10, ""), (11, "1 more keys are passed over")])
def test_up_to_ten_keys_that_are_none_have_a_line_each(
    count: int, more: str, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    many = [{"kty": "quantum", "kid": str(number)} for number in range(count)]
    provider.answers[JWKS] = {"keys": [*many, *provider.ring.public_jwks()["keys"]]}
    IssuerTarget(issuer_of(provider)).takes(provider.token())
    assert caplog.text.count("a key is passed over") == min(count, 10)
    assert more in caplog.text
    assert ("keys are passed over" in caplog.text) is bool(more)


def test_a_set_within_a_set_is_no_key(provider: Provider) -> None:
    inner = provider.ring.signing_key.secret_jwk() | {"kid": provider.ring.signing_key.kid}
    provider.answers[JWKS] = {"keys": [{"keys": [inner]}, *provider.ring.public_jwks()["keys"][1:]]}
    IssuerTarget(issuer_of(provider)).refuses(provider.token())


def test_a_key_that_fits_no_algorithm_that_is_taken_is_passed_over(
    provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    provider.answers[JWKS] = {"keys": [jwk(rsa_key(), kid="a"), *provider.ring.public_jwks()["keys"]]}
    IssuerTarget(issuer_of(provider, algorithms=["ES256"])).takes(provider.token())
    assert "fits no algorithm" in caplog.text


def test_a_name_of_two_keys_is_that_of_neither(provider: Provider) -> None:
    signing, spare = provider.ring.public_jwks()["keys"]
    other = {**jwk(ec_key()), "kid": signing["kid"]}
    provider.answers[JWKS] = {"keys": [signing, other, spare]}
    target = IssuerTarget(issuer_of(provider))
    target.refuses(provider.token())
    provider.ring.rotate()
    target.takes(provider.token())


def test_a_provider_that_publishes_its_secrets_gives_us_none(
    provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    private = provider.ring.signing_key.secret_jwk()
    (key,) = usable_keys([private], ["ES256"], "a careless provider")
    assert not key.can_sign
    assert usable_keys([{"kty": "oct", "k": b64(os.urandom(32))}], ["ES256"], "another") == []
    assert "it is a secret, and it is published" in caplog.text
