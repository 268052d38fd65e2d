"""Where a request comes from: whoever is connected, unless that is a proxy which the application trusts."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.exceptions import ConfigError
from nexios.http.client import client_address

PROXIES = ["10.0.0.0/8", "2001:db8:ffff::/48", "192.0.2.1"]


def address_of(peer: str | None, headers: list[tuple[str, str | bytes]], **settings: Any) -> str | None:
    """What a handler sees as the client's address."""
    app = NexiosApp(config=MakeConfig(**settings))
    seen: list[str | None] = []

    @app.get("/")
    async def index(request: Request, response: Response) -> None:
        request.scope["client"] = None if peer is None else (peer, 4711)
        seen.append(client_address(request.scope))

    sent = [(name.encode(), v if isinstance(v, bytes) else v.encode()) for name, v in headers]
    TestClient(app).get("/", headers=sent)  # type: ignore[arg-type]
    return seen[0]


def forwarded_for(line: str | bytes, *, peer: str | None = "10.0.0.1", **settings: Any) -> str | None:
    return address_of(peer, [("X-Forwarded-For", line)], trusted_proxies=PROXIES, **settings)


def forwarded(line: str | bytes, *more: str | bytes, peer: str = "10.0.0.1") -> str | None:
    headers = [("Forwarded", each) for each in (line, *more)]
    return address_of(peer, headers, trusted_proxies=PROXIES, forwarded_header="forwarded")


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Forwarded-For", "Client-IP"]
)
@pytest.mark.parametrize("value", ["198.51.100.7", "for=198.51.100.7"])
def test_no_header_is_believed_unless_a_proxy_is_trusted(header: str, value: str) -> None:
    assert address_of("203.0.113.9", [(header, value)]) == "203.0.113.9"


def test_no_header_of_a_stranger_is_believed() -> None:
    assert forwarded_for("198.51.100.7", peer="203.0.113.9") == "203.0.113.9"


def test_only_the_header_that_the_proxies_write_is_read() -> None:
    # A proxy that writes one of them passes the other on as a client made it up.
    both = [("Forwarded", "for=198.51.100.66"), ("X-Forwarded-For", "198.51.100.7")]
    assert address_of("10.0.0.1", both, trusted_proxies=PROXIES) == "198.51.100.7"
    assert (
        address_of("10.0.0.1", both, trusted_proxies=PROXIES, forwarded_header="Forwarded") == "198.51.100.66"
    )


@pytest.mark.parametrize(
    ("line", "address"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("1.1.1.1, 198.51.100.7", "198.51.100.7"),
        ("1.1.1.1, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("1.1.1.1,198.51.100.7:50123", "198.51.100.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("[2001:DB8:0::7]:443", "2001:db8::7"),
        ("[2001:db8::7], 2001:db8:ffff::1", "2001:db8::7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("198.51.100.7, ::ffff:10.9.9.9", "198.51.100.7"),
        ("fe80::1%eth0", "fe80::1"),
        ("<script>, %00, 198.51.100.7", "198.51.100.7"),
        ("198.51.100.7, unknown", "10.0.0.1"),
        ("198.51.100.7, unknown, 10.0.0.2", "10.0.0.2"),
        ("198.51.100.7,", "10.0.0.1"),
        ("", "10.0.0.1"),
        ("010.0.0.5", "10.0.0.1"),
        ("[198.51.100.7", "10.0.0.1"),
        ("1" * 5000, "10.0.0.1"),
    ],
)
def test_the_right_most_address_that_is_no_proxy_counts(line: str, address: str) -> None:
    assert forwarded_for(line) == address


def test_several_lines_are_one_list() -> None:
    lines = [("X-Forwarded-For", "1.1.1.1, 198.51.100.7"), ("X-Forwarded-For", "10.0.0.2")]
    assert address_of("10.0.0.1", lines, trusted_proxies=PROXIES) == "198.51.100.7"


@pytest.mark.parametrize(
    ("line", "address"),
    [
        ("for=198.51.100.7", "198.51.100.7"),
        ("For=198.51.100.7;Proto=https;by=203.0.113.43", "198.51.100.7"),
        ('proto=http ; for="198.51.100.7:4711"', "198.51.100.7"),
        ('for="[2001:db8::7]:4711"', "2001:db8::7"),
        ("for=[2001:db8::7]", "2001:db8::7"),
        ('for="_hidden", for=198.51.100.7, for=10.0.0.2', "198.51.100.7"),
        (r'for="198.51.100\.7"', "198.51.100.7"),
        ("for=198.51.100.7, for=unknown", "10.0.0.1"),
        ("for=198.51.100.7, by=10.0.0.2", "10.0.0.1"),
        ("for=198.51.100.7;for=1.1.1.1", "10.0.0.1"),
        ('for="1.1.1.1, for=198.51.100.7', "10.0.0.1"),
        ('for="1.1.1.1, for="[2001:db8::7]:80"', "10.0.0.1"),
        ('x="\\", for=198.51.100.7', "10.0.0.1"),
        ("198.51.100.7", "10.0.0.1"),
        ("for = 198.51.100.7", "10.0.0.1"),
        ("", "10.0.0.1"),
    ],
)
def test_a_forwarded_header_is_read_as_its_rfc_says(line: str, address: str) -> None:
    assert forwarded(line) == address


def test_a_quote_that_a_client_left_open_does_not_hide_the_line_of_a_proxy() -> None:
    assert forwarded('for="1.1.1.1', "for=198.51.100.7") == "198.51.100.7"


def test_a_socket_of_the_file_system_is_trusted_by_its_name() -> None:
    line = [("X-Forwarded-For", "198.51.100.7")]
    assert address_of(None, line, trusted_proxies=["unix"]) == "198.51.100.7"
    assert address_of("", line, trusted_proxies=["unix"]) == "198.51.100.7"
    assert address_of(None, line, trusted_proxies=PROXIES) is None
    assert address_of(None, [], trusted_proxies=["unix"]) is None


def test_whoever_is_connected_is_named_in_one_form() -> None:
    assert address_of("::ffff:203.0.113.9", []) == "203.0.113.9"
    assert address_of("2001:DB8::0:9", []) == "2001:db8::9"
    assert address_of("::ffff:10.0.0.1", [("X-Forwarded-For", "198.51.100.7")], trusted_proxies=PROXIES) == (
        "198.51.100.7"
    )


addresses = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))
strangers = addresses.filter(
    lambda a: (
        not any(a in ipaddress.ip_network(p) for p in PROXIES) and getattr(a, "ipv4_mapped", None) is None
    )
)


def node(address: Any, port: int | None) -> str:
    text = f"[{address}]" if address.version == 6 else str(address)
    return text if port is None else f"{text}:{port}"


@given(
    hearsay=st.text(st.characters(codec="ascii", exclude_characters='\r\n"'), max_size=60),
    client=strangers,
    port=st.none() | st.integers(0, 65535),
    behind=st.lists(st.sampled_from(["10.1.2.3", "192.0.2.1", "2001:db8:ffff::9"]), max_size=3),
)
def test_whatever_a_client_writes_its_own_address_counts(
    hearsay: str, client: Any, port: int | None, behind: list[str]
) -> None:
    chain = [node(client, port), *(node(ipaddress.ip_address(proxy), None) for proxy in behind)]
    assert forwarded_for(", ".join([hearsay, *chain])) == str(client)
    lines = [", ".join(f'for="{each}"' for each in chain)]
    assert forwarded(hearsay, *lines) == str(client)


@given(st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=200))
def test_no_line_is_too_odd_to_be_read(line: str) -> None:
    for read in (forwarded_for, forwarded):
        found = read(line.encode("latin-1"))
        assert found is not None
        ipaddress.ip_address(found)


@pytest.mark.parametrize(
    "names", [["*"], ["proxy.example"], ["10.0.0.1/8"], ["0.0.0.0/0"], ["::/0"], ["::ffff:0:0/96"]]
)
def test_a_proxy_is_named_by_its_network(names: list[str]) -> None:
    with pytest.raises(ConfigError, match=r"trusted_proxies: .* name .*your proxies"):
        MakeConfig(trusted_proxies=names)


def test_another_header_is_no_forwarding_header() -> None:
    for header in ("X-Real-IP", None):
        with pytest.raises(ConfigError, match="X-Forwarded-For and Forwarded"):
            MakeConfig(forwarded_header=header)  # type: ignore[arg-type]


def test_proxies_are_read_from_the_environment() -> None:
    config = MakeConfig.from_env(
        {"NEXIOS_TRUSTED_PROXIES": "10.0.0.0/8, unix", "NEXIOS_FORWARDED_HEADER": "forwarded"}
    )
    assert (config.trusted_proxies, config.forwarded_header) == (("10.0.0.0/8", "unix"), "Forwarded")
