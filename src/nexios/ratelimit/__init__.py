"""How often: limits for handlers by user, address or credential, counted in memory or in Redis."""

from nexios.http.client import client_address
from nexios.http.problems import TooManyRequests
from nexios.ratelimit.counting import RateLimits
from nexios.ratelimit.decorator import rate_limit
from nexios.ratelimit.model import Count, Limit
from nexios.ratelimit.throttle import Throttle

__all__ = ["Count", "Limit", "RateLimits", "Throttle", "TooManyRequests", "client_address", "rate_limit"]
