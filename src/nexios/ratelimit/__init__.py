"""How often: limits for handlers by user, address or credential, counted in memory or in Redis."""

from nexios.http.client import client_address
from nexios.http.problems import TooManyRequests
from nexios.ratelimit.counting import RateLimits
from nexios.ratelimit.decorator import rate_limit
from nexios.ratelimit.model import Count, Limit

__all__ = ["Count", "Limit", "RateLimits", "TooManyRequests", "client_address", "rate_limit"]
