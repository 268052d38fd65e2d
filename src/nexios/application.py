"""The application: build the stack once, then pass requests through it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.datastructures import State

from nexios.config import MakeConfig
from nexios.dispatch import Dispatcher
from nexios.events import Events, running_events
from nexios.exceptions import ConfigError
from nexios.http import Request
from nexios.http.answers import ANSWER_BEGUN
from nexios.http.errors import ErrorAnswers
from nexios.lifespan import Lifespan
from nexios.routing import RouteDeclaration, Router
from nexios.running import remember_config, running_config
from nexios.startup import check_stack, marks_of, route_rows
from nexios.stores.opening import open_store

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from starlette.datastructures import URLPath
    from starlette.types import ASGIApp, Receive, Scope, Send

    from nexios.startup import RouteRow
    from nexios.types import MiddlewareRecipe

__all__ = ["NexiosApp"]

ErrorHandler = TypeVar("ErrorHandler", bound=Callable[..., Any])


class NexiosApp(Router):
    """An ASGI application: routes, middleware and a lifespan on Starlette's types.

    Args:
        config: The settings; all defaults where it is left out.
        exception_handlers: Functions `(request, exception)` by exception class or HTTP status.
        on_startup: Functions to call when the application starts.
        on_shutdown: Functions to call when it stops.
        lifespan: A function from the application to an async context manager that is open while it runs.
        events: Where the application tells what happens to credentials; its own where it is left out.
    """

    def __init__(
        self,
        config: MakeConfig | None = None,
        *,
        exception_handlers: Mapping[int | type[Exception], Callable[..., Any]] | None = None,
        on_startup: Sequence[Callable[[], Any]] = (),
        on_shutdown: Sequence[Callable[[], Any]] = (),
        lifespan: Callable[[NexiosApp], AbstractAsyncContextManager[Any]] | None = None,
        events: Events | None = None,
    ) -> None:
        super().__init__()
        if config is None:
            config = MakeConfig()
        elif not isinstance(config, MakeConfig):
            raise ConfigError(
                f"config is a MakeConfig, not {type(config).__name__}: MakeConfig(secret_key=...)"
            )
        if events is not None and not isinstance(events, Events):
            raise ConfigError(f"events is an Events, not {type(events).__name__}: NexiosApp(events=Events())")
        self.config = config
        self.events = Events() if events is None else events
        self.state = State()
        self._recipes: list[MiddlewareRecipe] = []
        self._errors = ErrorAnswers(exception_handlers or {}, debug=config.debug)
        # Made now, so that middleware can be given it; connected by the lifespan.
        self._store: Any = None if config.store_url is None else open_store(config.store_url)
        self._lifespan = Lifespan(lifespan, on_startup, on_shutdown, self._store)
        self._dispatcher: Dispatcher | None = None
        self._stack: ASGIApp | None = None
        remember_config(config)

    @property
    def store(self) -> Any:
        """Where keys, sessions and tokens are kept: what `store_url` names.

        It is upgraded when the application starts, and closed when it stops.

        Raises:
            ConfigError: The configuration names none.
        """
        if self._store is None:
            raise ConfigError(
                'app.store needs a store_url: MakeConfig(store_url="sqlite:///app.db"), or NEXIOS_STORE_URL '
                "with MakeConfig.from_env()"
            )
        return self._store

    def add_middleware(self, middleware: Any, **options: Any) -> None:
        """Wrap the application in a middleware; the first one added is the outermost.

        Args:
            middleware: A recipe, e.g. `SessionMiddleware()`, whose call takes an ASGI app and returns one;
                or a class that is called with the app and `options`, as Starlette's are.
            options: The options of such a class.

        Raises:
            ConfigError: It is neither, or the application has started.
        """
        if self._stack is not None:
            raise ConfigError("the application has started: add middleware before its first request")
        if isinstance(middleware, type):
            try:
                inspect.signature(middleware).bind(self, **options)
            except TypeError as error:
                name = middleware.__name__
                raise ConfigError(
                    f"{name} does not take an app and these options ({error}); "
                    f"a recipe is added as an instance: app.add_middleware({name}(...))"
                ) from None
            self._recipes.append(lambda app: middleware(app, **options))
        elif not callable(middleware) or options:
            raise ConfigError(
                "add_middleware takes a recipe, e.g. app.add_middleware(SessionMiddleware()), "
                "or a class and its options"
            )
        else:
            self._recipes.append(middleware)

    def add_exception_handler(self, error: int | type[Exception], handler: Callable[..., Any]) -> None:
        """Answer an exception class or HTTP status by `handler(request, exception)`."""
        self._errors.handlers[error] = handler

    def exception_handler(self, error: int | type[Exception]) -> Callable[[ErrorHandler], ErrorHandler]:
        """Answer an exception class or HTTP status by the decorated function."""

        def decorate(handler: ErrorHandler) -> ErrorHandler:
            self.add_exception_handler(error, handler)
            return handler

        return decorate

    def on_startup(self, function: Callable[[], Any]) -> Callable[[], Any]:
        """Call the decorated function when the application starts."""
        self._lifespan.on_startup.append(function)
        return function

    def on_shutdown(self, function: Callable[[], Any]) -> Callable[[], Any]:
        """Call the decorated function when the application stops."""
        self._lifespan.on_shutdown.append(function)
        return function

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """The path of the route called `name`.

        Raises:
            starlette.routing.NoMatchFound: There is none with these parameters.
        """
        return self._routes().url_path_for(name, **path_params)

    @property
    def routes(self) -> list[Dispatcher]:
        """What an application that this one is mounted in asks for a route by name."""
        return [self._routes()]

    def routes_table(self) -> list[RouteRow]:
        """What answers where, and what guards it."""
        return route_rows(self.declarations(), require_auth=self.config.require_auth)

    def build(self, scope: Mapping[str, Any] | None = None) -> ASGIApp:
        """Put the middleware around the routes, once, and check that all fits together.

        Args:
            scope: The first request's, where the application is mounted in another that has the middleware.

        Raises:
            ConfigError: Something is missing or in the wrong place; the message says the mend.
        """
        if self._stack is None:
            app: ASGIApp = self._routes()
            token = running_config.set(self.config)
            heard = running_events.set(self.events)
            try:
                for recipe in reversed(self._recipes):
                    app = recipe(app)
            finally:
                running_config.reset(token)
                running_events.reset(heard)
            check_stack(
                app, self._routes(), self.declarations(), scope or {}, require_auth=self.config.require_auth
            )
            self._stack = app
            for declaration in self.declarations():
                # What is mounted starts with this one, and would say its mistakes at its first request only.
                if isinstance(declaration.handler, NexiosApp):
                    declaration.handler.build(marks_of(app, self._routes(), scope or {}))
        return self._stack

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or start and stop."""
        scope["app"] = self
        if scope["type"] == "lifespan":
            return await self._lifespan(self, scope, receive, send)
        stack = self._stack or self.build(scope)
        token = running_config.set(self.config)
        try:
            await stack(scope, receive, send)
        except Exception as error:
            if scope["type"] != "http" or ANSWER_BEGUN in scope:
                raise
            answer = await self._errors.answer(Request(scope, receive, send), error)
            await answer(scope, receive, send)
        finally:
            running_config.reset(token)

    def _routes(self) -> Dispatcher:
        if self._dispatcher is None:
            self._dispatcher = Dispatcher(
                self.declarations(), self._errors, require_auth=self.config.require_auth
            )
        return self._dispatcher

    def _declare(self, declaration: RouteDeclaration) -> None:
        super()._declare(declaration)
        if self._dispatcher is not None:
            self._dispatcher.add(declaration)

    def __repr__(self) -> str:
        return f"<NexiosApp of {len(self.declarations())} routes>"
