"""The examples of RFC 9449 itself."""

from __future__ import annotations

from typing import Any

import pytest

from nexios.exceptions import InvalidProof
from nexios.stores import MemoryStore
from nexios.tokens import DPoP
from nexios.tokens.htu import normal_url
from tests.parts import Clock

pytestmark = pytest.mark.anyio

_HEAD = (
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZ"
    "OXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIs"
    "ImNydiI6IlAtMjU2In19."
)
# Figure 2
TOKEN_REQUEST = _HEAD + (
    "eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rv"
    "a2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ."
    "2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
)
# Figure 12
RESOURCE_REQUEST = _HEAD + (
    "eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9w"
    "cm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlp"
    "S0NBcWtzbVFFbyJ9."
    "2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
)
ACCESS_TOKEN = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
# Section 6.1
JKT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


def scope(method: str, path: str, proof: str) -> dict[str, Any]:
    return {"type": "http", "method": method, "path": path, "headers": [(b"dpop", proof.encode())]}


async def test_the_token_request_proves_its_key() -> None:
    dpop = DPoP(MemoryStore(), origin="https://server.example.com", clock=Clock(1562262616))
    found = await dpop.proved(scope("POST", "/token", TOKEN_REQUEST))
    assert found is not None
    assert found.jkt == JKT


async def test_the_resource_request_proves_the_key_that_its_token_is_bound_to() -> None:
    dpop = DPoP(MemoryStore(), origin="https://resource.example.org", clock=Clock(1562262618))
    asked = scope("GET", "/protectedresource", RESOURCE_REQUEST)
    for token, jkt in (("other", JKT), (ACCESS_TOKEN, "other")):
        with pytest.raises(InvalidProof):
            await dpop.proved(asked, access_token=token, jkt=jkt)
    found = await dpop.proved(asked, access_token=ACCESS_TOKEN, jkt=JKT)
    assert found is not None
    with pytest.raises(InvalidProof, match="before"):
        await dpop.proved(asked, access_token=ACCESS_TOKEN, jkt=JKT)


async def test_one_letter_of_the_signature_decides() -> None:
    dpop = DPoP(MemoryStore(), origin="https://server.example.com", clock=Clock(1562262616))
    changed = TOKEN_REQUEST[:-20] + ("A" if TOKEN_REQUEST[-20] != "A" else "B") + TOKEN_REQUEST[-19:]
    with pytest.raises(InvalidProof, match="not signed"):
        await dpop.proved(scope("POST", "/token", changed))


@pytest.mark.parametrize(
    ("spelt", "meant"),
    [
        # RFC 3986 6.2.2
        ("HTTP://www.EXAMPLE.com/", "http://www.example.com/"),
        ("http://example.com/%7euser/%3a", "http://example.com/~user/%3A"),
        # RFC 3986 6.2.3
        ("http://example.com", "http://example.com/"),
        ("http://example.com:/", "http://example.com/"),
        ("http://example.com:80/", "http://example.com/"),
        ("https://example.com:80/", "https://example.com:80/"),
        ("https://[2001:DB8::1]:443/a", "https://[2001:db8::1]/a"),
    ],
)
def test_addresses_that_mean_the_same_are_the_same(spelt: str, meant: str) -> None:
    assert normal_url(spelt) == normal_url(meant) == meant


@pytest.mark.parametrize(
    "url",
    [
        # Lower-case, it is another host: the K is the sign of a kelvin.
        "https://to\u212aen.example/me",
        "https://token.example/m\xe9",
        # Parsers drop these without a word.
        "https://token.example/m\ne",
        "https://token.\texample/me",
        "\0https://token.example/me",
        " https://token.example/me",
        "https://token.example/m e",
        # Browsers read it as /.
        "https://token.example\\me",
        "https://token.example:8443:1/me",
        "https://token.example:99999/me",
        "https://somebody@token.example/me",
        "https:///me",
        "ftp://token.example/me",
        "",
        7,
        None,
    ],
    ids=ascii,
)
def test_what_is_no_address_of_a_host_has_no_usual_spelling(url: object) -> None:
    with pytest.raises(ValueError, match=r"address|[Pp]ort"):
        normal_url(url)


def test_another_port_is_another_address() -> None:
    for url in ("https://token.example:8443/me", "https://token.example:80/me", "http://token.example:81/me"):
        assert normal_url(url) == url
