"""Sessions: what is kept between the requests of one client."""

from nexios.session.middleware import SessionMiddleware
from nexios.session.session import Session

__all__ = ["Session", "SessionMiddleware"]
