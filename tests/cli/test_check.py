"""`nexios check`."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Nexios, Write
from tests.cli.reading import SECRET, SHOP, assert_one_line, said

CONFIG = f'MakeConfig(secret_key="{SECRET}")'
RSA = """
from joserfc.jwk import OKPKey
KEY = OKPKey.generate_key("Ed25519").as_pem().decode()
"""


def configured(settings: str) -> str:
    return SHOP.replace(CONFIG, f"MakeConfig({settings})")


def with_cookie(options: str, environment: str = "production") -> str:
    return configured(f'secret_key="{SECRET}", environment="{environment}"').replace(
        "SessionMiddleware())", f"SessionMiddleware({options}))"
    )


def with_route(route: str) -> str:
    return f"{SHOP}\n{route}"


def found(nexios: Nexios, *arguments: str) -> list[dict[str, str]]:
    """The findings as JSON; the exit code says whether there are any."""
    result = nexios("check", "shop:app", "--json", *arguments)
    answer = json.loads(result.stdout)
    assert answer["app"] == "shop:app"
    assert result.exit_code == (1 if answer["findings"] else 0)
    return list(answer["findings"])


FINDINGS = {
    "placeholder": (configured('secret_key="your-secret-key"'), "secret", "placeholder", "`nexios secret`"),
    "short": (configured('secret_key="k3Jd9sQx2"'), "secret", "9 bytes", "`nexios secret`"),
    "old-one-short": (
        configured(f'secret_key=["{SECRET}", "k3Jd9sQx2"]'),
        "secret",
        "secret_key[1] has 9 bytes",
        "`nexios secret`",
    ),
    "short-for-HS512": (
        configured(f'secret_key="{SECRET}", jwt_algorithms=["HS512"]'),
        "secret",
        "HS512 wants at least 64",
        "`nexios secret --bytes 64`",
    ),
    "none": (
        "from nexios import NexiosApp\napp = NexiosApp()",
        "secret",
        "there is no secret_key",
        "`nexios secret`",
    ),
    "none-to-verify-with": (configured(""), "start", "does not start", "secret_key=..."),
    "weak-in-production": (
        configured('secret_key="your-secret-key", environment="production"'),
        "start",
        "does not start",
        "refused in production: secret_key is a placeholder",
    ),
    "wrong-order": (
        SHOP.replace("app.add_middleware(SessionMiddleware())", ""),
        "start",
        "does not start",
        "app.add_middleware(SessionMiddleware()) first",
    ),
    "debug": (configured(f'secret_key="{SECRET}", debug=True'), "debug", "debug is on", "leave debug out"),
    "leeway": (
        "from datetime import timedelta\n"
        + configured(f'secret_key="{SECRET}", jwt_leeway=timedelta(minutes=6)'),
        "jwt-leeway",
        "0:06:00 after it expired",
        "jwt_leeway=timedelta(minutes=1)",
    ),
    "algorithm-without-a-key": (
        configured(f'secret_key="{SECRET}", jwt_algorithms=["HS256", "ES256"]'),
        "jwt-key",
        "ES256, and there is no key for it",
        "set jwt_key, or leave ES256 out",
    ),
    "algorithm-without-a-secret": (
        RSA
        + configured('jwt_key=KEY, jwt_algorithms=["EdDSA", "HS256"]')
        .replace("SessionAuthBackend()", "")
        .replace("app.add_middleware(SessionMiddleware())", ""),
        "jwt-key",
        "HS256, and there is no key for it",
        "set secret_key, or leave HS256 out",
    ),
    "key-without-an-algorithm": (
        RSA + configured(f'secret_key="{SECRET}", jwt_key=KEY'),
        "jwt-key",
        "jwt_key is never used: jwt_algorithms has HS256 only",
        "jwt_algorithms=['EdDSA']",
    ),
    "open-route": (
        with_route('@app.delete("/all")\nasync def remove(request, response): ...'),
        "open-route",
        "DELETE /all lets anyone in",
        "@auth()",
    ),
    "open-websocket": (
        with_route('@app.websocket_route("/ws")\nasync def chat(websocket): ...'),
        "open-route",
        "WEBSOCKET /ws lets anyone in",
        "@auth()",
    ),
    "open-mount": (
        with_route('app.mount("/in", lambda scope, receive, send: None)'),
        "open-route",
        "MOUNT /in lets anyone in",
        'app.mount("/in", auth()(inner))',
    ),
    "open-inside-a-mount": (
        with_route(
            'inner = NexiosApp()\n@inner.get("/x")\nasync def x(request, response): ...\n'
            'app.mount("/in", inner)'
        ),
        "open-route",
        "GET /in/x lets anyone in",
        "@auth()",
    ),
    "cookie-over-http": (
        with_cookie("secure=False", "development"),
        "cookie-secure",
        "plain http",
        "leave secure out",
    ),
    "cookie-without-a-prefix": (
        with_cookie(""),
        "cookie-prefix",
        "no prefix",
        'cookie_name="__Host-session"',
    ),
    "cookie-of-a-domain": (
        with_cookie('domain="shop.example"'),
        "cookie-prefix",
        "no prefix",
        'cookie_name="__Secure-session"',
    ),
    "cookie-of-a-path": (
        with_cookie('path="/shop"'),
        "cookie-prefix",
        "no prefix",
        'cookie_name="__Secure-session"',
    ),
    "cookie-for-other-sites": (
        with_cookie('same_site="none"', "development"),
        "cookie-same-site",
        "other sites",
        "leave same_site out",
    ),
    "cors": (
        with_route(
            "from starlette.middleware.cors import CORSMiddleware\n"
            'app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)'
        ),
        "cors",
        "every site may read",
        "allow_origins=[",
    ),
}


@pytest.mark.parametrize(("source", "rule", "finding", "mend"), FINDINGS.values(), ids=FINDINGS)
def test_what_is_wrong_is_found_with_its_mend(
    nexios: Nexios, write: Write, source: str, rule: str, finding: str, mend: str
) -> None:
    write("shop.py", source)
    (one,) = found(nexios)
    assert one["rule"] == rule
    assert finding in one["finding"]
    assert mend in one["mend"]


@pytest.mark.parametrize(
    "source",
    [
        SHOP,
        SHOP.replace("@auth()\n", "")
        .replace("@public\n", "")
        .replace(CONFIG, CONFIG[:-1] + ", require_auth=True)"),
        with_cookie('cookie_name="__Host-session"'),
        with_cookie('cookie_name="__Secure-session", domain="shop.example"'),
        with_cookie('same_site="strict", secure=True', "development"),
        "from datetime import timedelta\n"
        + configured(f'secret_key="{SECRET}", jwt_leeway=timedelta(minutes=5)'),
        RSA + configured(f'secret_key="{SECRET}", jwt_key=KEY, jwt_algorithms=["EdDSA", "HS256"]'),
        with_route(
            "from starlette.middleware.cors import CORSMiddleware\n"
            'app.add_middleware(CORSMiddleware, allow_origins=["https://a.example"], allow_credentials=True)'
        ),
        with_route(
            "from starlette.middleware.cors import CORSMiddleware\n"
            'app.add_middleware(CORSMiddleware, allow_origins=["*"])'
        ),
        """
        from nexios import NexiosApp
        from nexios.auth import AuthenticationMiddleware
        from tests.parts import ByHeader, Person
        app = NexiosApp()
        app.add_middleware(AuthenticationMiddleware(user_model=Person, backend=ByHeader()))
        """,
    ],
    ids=[
        *("good", "require-auth", "host-cookie", "secure-cookie", "strict-cookie", "leeway"),
        *("two-keys", "cors-by-name", "cors-without-credentials", "nothing-that-needs-a-secret"),
    ],
)
def test_where_nothing_is_wrong_nothing_is_found(nexios: Nexios, write: Write, source: str) -> None:
    write("shop.py", source)
    assert found(nexios) == []
    result = nexios("check", "shop:app")
    assert result.exit_code == 0
    assert result.stdout == "Nothing found in shop:app: well done.\n"
    assert result.stderr == ""


BAD = configured('secret_key="your-secret-key", debug=True') + (
    '\n@app.get("/a")\nasync def a(request, response): ...'
    '\n@app.get("/b")\nasync def b(request, response): ...'
)


def test_people_read_each_finding_and_one_mend_for_those_of_a_kind(nexios: Nexios, write: Write) -> None:
    write("shop.py", BAD)
    result = nexios("check", "shop:app")
    assert result.exit_code == 1
    assert result.stderr == ""
    lines = [line.strip() for line in result.stdout.splitlines()]
    assert lines[0] == "4 findings in shop:app"
    assert [line.split()[0] for line in lines if line.startswith(("secret", "debug", "open-route"))] == [
        *("secret", "debug", "open-route"),
    ]
    assert "GET /b lets anyone in" in lines
    assert sum(line.startswith("mend: ") for line in lines) == 3


def test_no_secret_is_shown(nexios: Nexios, write: Write) -> None:
    write("shop.py", configured('secret_key=["short-k3Jd9sQx2", "your-secret-key"]'))
    for arguments in ([], ["--json"]):
        output = nexios("check", "shop:app", *arguments).output
        assert "k3Jd9sQx2" not in output
        assert "your-secret-key" not in output


def test_a_rule_may_be_left_out(nexios: Nexios, write: Write) -> None:
    write("shop.py", BAD)
    rules = {each["rule"] for each in found(nexios, "--ignore", "open-route", "--ignore", "debug")}
    assert rules == {"secret"}


@pytest.mark.parametrize("rule", ["start", "open-routes", ""])
def test_a_rule_that_is_none_cannot_be_left_out_nor_that_the_application_starts(
    nexios: Nexios, write: Write, rule: str
) -> None:
    write("shop.py", configured(""))
    result = nexios("check", "shop:app", "--ignore", rule)
    assert result.exit_code == 2
    assert "choose from secret, debug," in said(result)


def test_middleware_that_hides_what_is_inside_it_is_named(nexios: Nexios, write: Write) -> None:
    hiding = """
    def hiding(inner):
        async def hidden(scope, receive, send):
            await inner(scope, receive, send)
        return hidden
    app.add_middleware(hiding)
    """
    write("shop.py", SHOP, hiding)
    result = nexios("check", "shop:app")
    assert result.exit_code == 0
    assert "hidden hides the middleware inside it, which was not looked at" in result.stderr


def test_an_object_that_hides_what_is_inside_it_is_named_by_its_class(nexios: Nexios, write: Write) -> None:
    hiding = """
    class Hiding:
        def __init__(self, inner):
            self._inner = inner
        async def __call__(self, scope, receive, send):
            await self._inner(scope, receive, send)
    app.add_middleware(lambda inner: Hiding(inner))
    """
    write("shop.py", SHOP, hiding)
    result = nexios("check", "shop:app")
    assert result.exit_code == 0
    assert "Hiding hides the middleware inside it" in result.stderr


def test_middleware_that_raises_is_an_error(nexios: Nexios, write: Write) -> None:
    write("shop.py", SHOP, "def broken(inner):\n    raise OSError\napp.add_middleware(broken)")
    assert_one_line(nexios("check", "shop:app"))
