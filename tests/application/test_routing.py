"""From a method and a path to the handler that answers it."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from nexios import NexiosApp, Request, Response
from nexios.exceptions import ConfigError
from tests.parts import assert_problem

VERBS = ["get", "post", "put", "patch", "delete", "head", "options"]


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_routes_its_own_method(verb: str) -> None:
    app = NexiosApp()

    @getattr(app, verb)("/thing")
    async def handler(request: Request, response: Response) -> Response:
        return response.set_header("x-method", request.method)

    client = TestClient(app)
    answer = client.request(verb, "/thing")
    assert (answer.status_code, answer.headers["x-method"]) == (200, verb.upper())
    other = client.request("POST" if verb != "post" else "PUT", "/thing")
    assert_problem(other, 405)


def test_route_takes_several_methods_in_any_case() -> None:
    app = NexiosApp()

    @app.route("/thing", methods=["put", "Patch"])
    async def handler(request: Request, response: Response) -> dict[str, str]:
        return {"method": request.method}

    client = TestClient(app)
    assert client.put("/thing").json() == {"method": "PUT"}
    assert client.patch("/thing").json() == {"method": "PATCH"}
    assert client.get("/thing").status_code == 405


def test_route_without_methods_is_get() -> None:
    app = NexiosApp()

    @app.route("/thing")
    async def handler(request: Request, response: Response) -> str:
        return "got"

    assert TestClient(app).get("/thing").text == "got"


def test_two_handlers_share_a_path_by_method() -> None:
    app = NexiosApp()

    @app.get("/thing")
    async def read(request: Request, response: Response) -> str:
        return "read"

    @app.post("/thing")
    async def write(request: Request, response: Response) -> str:
        return "written"

    client = TestClient(app)
    assert (client.get("/thing").text, client.post("/thing").text) == ("read", "written")


def test_one_handler_may_have_two_paths() -> None:
    app = NexiosApp()

    @app.get("/one")
    @app.get("/two")
    async def handler(request: Request, response: Response) -> str:
        return request.url.path

    client = TestClient(app)
    assert (client.get("/one").text, client.get("/two").text) == ("/one", "/two")


def test_the_route_declared_first_answers() -> None:
    app = NexiosApp()

    @app.get("/thing")
    async def first(request: Request, response: Response) -> str:
        return "first"

    @app.get("/thing")
    async def second(request: Request, response: Response) -> str:
        return "second"

    assert TestClient(app).get("/thing").text == "first"


def test_an_exact_path_comes_before_a_pattern_declared_earlier() -> None:
    app = NexiosApp()

    @app.get("/users/{name}")
    async def by_name(request: Request, response: Response, name: str) -> str:
        return f"user {name}"

    @app.get("/users/me")
    async def me(request: Request, response: Response) -> str:
        return "myself"

    client = TestClient(app)
    assert (client.get("/users/me").text, client.get("/users/ada").text) == ("myself", "user ada")


def test_a_pattern_answers_the_method_that_the_exact_path_does_not() -> None:
    app = NexiosApp()

    @app.get("/users/me")
    async def me(request: Request, response: Response) -> str:
        return "myself"

    @app.delete("/users/{name}")
    async def remove(request: Request, response: Response, name: str) -> str:
        return f"removed {name}"

    client = TestClient(app)
    assert client.delete("/users/me").text == "removed me"
    answer = client.post("/users/me")
    assert_problem(answer, 405)
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    ("pattern", "path", "value"),
    [
        ("/x/{it}", "/x/a%20b", "a b"),
        ("/x/{it}", "/x/%E2%82%AC", "€"),
        ("/x/{it:str}", "/x/text", "text"),
        ("/x/{it:int}", "/x/042", 42),
        ("/x/{it:float}", "/x/1.5", 1.5),
        ("/x/{it:path}", "/x/a/b/c", "a/b/c"),
        ("/x/{it:path}", "/x/", ""),
        (
            "/x/{it:uuid}",
            "/x/7b0b8a4e-6d3c-4b0e-9d0a-2f1f0f6f9c11",
            "7b0b8a4e-6d3c-4b0e-9d0a-2f1f0f6f9c11",
        ),
    ],
)
def test_a_path_parameter_is_converted(pattern: str, path: str, value: object) -> None:
    app = NexiosApp()

    @app.get(pattern)
    async def handler(request: Request, response: Response, it: object) -> dict[str, object]:
        return {"it": it if isinstance(it, (int, float)) else str(it)}

    assert TestClient(app).get(path).json() == {"it": value}


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("/x/{it:int}", "/x/one"),
        ("/x/{it:int}", "/x/-1"),
        ("/x/{it:int}", "/x/" + "9" * 5000),
        ("/x/{it:float}", "/x/nan"),
        ("/x/{it:uuid}", "/x/42"),
        ("/x/{it}", "/x/a/b"),
        ("/x/{it}", "/x"),
    ],
    ids=["word", "negative", "too many digits", "nan", "no uuid", "two parts", "no part"],
)
def test_a_path_that_does_not_fit_the_pattern_is_not_found(pattern: str, path: str) -> None:
    app = NexiosApp()

    @app.get(pattern)
    async def handler(request: Request, response: Response) -> str:
        return "found"

    assert_problem(TestClient(app).get(path), 404, "There is nothing at this path.")


def test_a_number_too_long_to_read_names_no_mounted_app() -> None:
    app, inner = NexiosApp(), NexiosApp()
    app.mount("/teams/{team:int}", inner)

    @inner.get("/")
    async def index(request: Request, response: Response) -> dict[str, int]:
        return {"team": request.path_params["team"]}

    client = TestClient(app)
    assert client.get("/teams/7/").json() == {"team": 7}
    assert_problem(client.get("/teams/" + "9" * 5000 + "/"), 404)


def test_a_route_may_be_added_while_the_application_runs() -> None:
    app = NexiosApp()
    client = TestClient(app)
    assert client.get("/late").status_code == 404

    @app.get("/late")
    async def handler(request: Request, response: Response) -> str:
        return "here"

    assert client.get("/late").text == "here"


def test_an_application_behind_a_proxys_prefix_routes_what_follows_it() -> None:
    app = NexiosApp()

    @app.get("/thing")
    async def handler(request: Request, response: Response) -> str:
        return str(request.url_for("handler"))

    client = TestClient(app, root_path="/api")
    assert client.get("/api/thing").text == "http://testserver/api/thing"


@pytest.mark.parametrize(
    ("declare", "mend"),
    [
        (lambda app: app.get("thing"), "'/thing'"),
        (lambda app: app.get(None), "must begin with a slash"),
        (lambda app: app.route("/thing", methods="GET"), 'methods is a list: methods=["GET"]'),
        (lambda app: app.route("/thing", methods=["GE T"]), "'GE T' is no HTTP method"),
        (lambda app: app.route("/thing", methods=[7]), "7 is no HTTP method"),
        (lambda app: app.get("/{a}/{a}"), "cannot be"),
        (lambda app: app.get("/{a:colour}"), "cannot be"),
    ],
    ids=["no slash", "no text", "one text", "blank in method", "no method", "twice a name", "unknown kind"],
)
def test_a_route_that_cannot_be_is_refused_at_start_up(declare: object, mend: str) -> None:
    app = NexiosApp()

    async def handler(request: Request, response: Response) -> None: ...

    def start() -> None:
        declare(app)(handler)  # type: ignore[operator]
        app.build()

    with pytest.raises(ConfigError) as raised:
        start()
    assert mend in str(raised.value)


def test_a_route_wants_a_handler() -> None:
    with pytest.raises(ConfigError, match="wants a handler, not str"):
        NexiosApp().get("/thing")("handler")  # type: ignore[type-var]


def test_the_application_says_how_many_routes_it_has() -> None:
    app = NexiosApp()

    @app.get("/one")
    @app.get("/two")
    async def handler(request: Request, response: Response) -> None: ...

    assert repr(app) == "<NexiosApp of 2 routes>"
