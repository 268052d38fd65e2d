"""Authentication for Python web applications: who is asking, by what credential, and what may they do."""

from nexios.application import NexiosApp
from nexios.config import MakeConfig
from nexios.http import Request, Response

__all__ = ["MakeConfig", "NexiosApp", "Request", "Response"]

__version__ = "0.1.0"
