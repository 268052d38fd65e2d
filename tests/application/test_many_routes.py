"""Paths with parameters are found by their first segment, and still in the order of their declaration."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from nexios import NexiosApp

SEGMENTS = st.sampled_from(["a", "b", "ab", "{x}", "{x:int}", "a{x}", "{x}b", "{x:path}"])
REQUESTS = st.lists(st.sampled_from(["a", "b", "ab", "7", "a7", "7b", "", "%2F"]), max_size=3)


def declared(segments: list[str]) -> str:
    """A path of these segments, each parameter under a name of its own."""
    return "/" + "/".join(segment.replace("x", f"x{number}") for number, segment in enumerate(segments))


PATTERNS = st.lists(SEGMENTS, min_size=1, max_size=3).map(declared).filter(lambda path: "{" in path)


@given(patterns=st.lists(PATTERNS, min_size=1, max_size=6, unique=True), request=REQUESTS)
def test_the_first_declared_pattern_that_matches_answers_as_in_starlette(
    patterns: list[str], request: list[str]
) -> None:
    app = NexiosApp()
    routes = []
    for pattern in patterns:

        async def ours(request, response, pattern=pattern):
            return pattern

        async def theirs(request, pattern=pattern):
            return PlainTextResponse(pattern)

        app.get(pattern)(ours)
        routes.append(Route(pattern, theirs))
    path = "/" + "/".join(request)

    found = TestClient(app).get(path, follow_redirects=False)
    expected = TestClient(Starlette(routes=routes)).get(path, follow_redirects=False)

    assert found.status_code == expected.status_code
    if expected.status_code == 200:
        assert found.text == expected.text
    else:
        assert found.headers.get("location") == expected.headers.get("location")
