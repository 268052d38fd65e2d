"""API keys with a limit or a monthly quota of their own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nexios.quotas import Limit, read_limits
from nexios.ratelimit.counting import limits_of
from nexios.ratelimit.fields import too_many
from nexios.ratelimit.model import Count, Window
from nexios.ratelimit.telling import tell_limit

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from nexios.apikeys.model import APIKey

__all__ = ["count_key"]

_MONTH = 31 * 24 * 3600
_BY = "key"


async def count_key(scope: MutableMapping[str, Any], record: APIKey) -> None:
    """Count a request that was made with the key of `record`.

    The keys of one owner and one name count together, so that one that was rotated begins no new month.

    Args:
        scope: The request's.
        record: What is known of the key.

    Raises:
        TooManyRequests: Its limit or its quota is reached.
        StoreUnavailable: The counters are not there.
    """
    counters = limits_of(scope)
    key = (_BY, record.owner, record.prefix, record.name)
    if record.rate_limit is not None:
        # Within the short limit first: what that refuses takes nothing of the month.
        _check(scope, await counters.hit(read_limits(record.rate_limit), *key))
    if record.monthly_quota is not None:
        now = datetime.fromtimestamp(counters.now(), UTC)
        month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        following = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
        quota = Limit(record.monthly_quota, _MONTH)
        found = await counters.hit((quota,), *key, f"{month:%Y-%m}")
        # The counter's window ends some time later; the month, when it ends.
        window = Window(quota, found.windows[0].remaining, (following - now).total_seconds())
        _check(scope, Count(found.allowed, (window,)))


def _check(scope: MutableMapping[str, Any], count: Count) -> None:
    if not count.allowed:
        tell_limit(scope, count, _BY)
        raise too_many(count, _BY)
