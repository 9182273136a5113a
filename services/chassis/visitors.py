"""How many requests one visitor may make: token buckets, for each holder of a key and for each address."""

import ipaddress
import math
from dataclasses import dataclass

from fastapi import Request
from starlette.types import Scope

from services.chassis.clock import seconds
from services.chassis.problems import Problem

BURST_SECONDS = 10
MAX_BUCKETS = 50_000
_IPV6_NETWORK_BITS = 64


class Buckets:
    """A bucket of tokens for each of many: it fills with `per_second`, and holds what comes in 10 seconds.

    Keeps the `most` that came last; who is forgotten begins with a full bucket.
    """

    def __init__(self, per_second: float, most: int = MAX_BUCKETS) -> None:
        self._per_second = per_second
        self._full = max(1.0, per_second * BURST_SECONDS)
        self._most = most
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, who: str) -> float:
        """Take a token: 0, or the seconds until there is one again."""
        now = seconds()
        left, at = self._left.pop(who, (self._full, now))
        left = min(self._full, left + (now - at) * self._per_second)
        wait = 0.0 if left >= 1 else (1 - left) / self._per_second
        # At the end, so that the first one is whoever has not come for longest.
        self._left[who] = (left if wait else left - 1, now)
        if len(self._left) > self._most:
            del self._left[next(iter(self._left))]
        return wait

    def give_back(self, who: str) -> None:
        """Put one token back that `who` took."""
        if who in self._left:
            left, at = self._left[who]
            self._left[who] = (min(self._full, left + 1), at)


@dataclass(frozen=True, slots=True)
class Visitors:
    """Every request counts for its address until it is known whose it is, and from then on for him alone."""

    strangers: Buckets
    holders: Buckets

    def admit(self, scope: Scope) -> Problem | None:
        """Count a request for its address; the refusal if there were too many."""
        wait = self.strangers.take(address_of(scope))
        return too_many(wait) if wait else None

    def recognised(self, scope: Scope, holder: str) -> None:
        """Count a request for its holder instead. Raises Problem 429."""
        self.strangers.give_back(address_of(scope))
        wait = self.holders.take(holder)
        if wait:
            raise too_many(wait)


def recognise(request: Request, holder: str) -> None:
    """Say whose request this is (`agent/agent-03`, `case/<id>`), as soon as that is proven.

    Raises Problem 429. It then counts for him, and no longer for the address that he may share with others.
    """
    visitors: Visitors = request.app.state.visitors
    visitors.recognised(request.scope, holder)


def address_of(scope: Scope) -> str:
    """Where a request comes from; of IPv6 the network (/64), which is what one visitor is given."""
    client = scope.get("client")
    host = str(client[0]) if client else ""
    if ":" not in host:
        return host
    try:
        return str(ipaddress.ip_network((host, _IPV6_NETWORK_BITS), strict=False))
    except ValueError:
        return host


def too_many(wait: float) -> Problem:
    """429, to come again in so many seconds."""
    headers = {"Retry-After": str(math.ceil(wait))}
    return Problem(429, "too_many_requests", "too many requests; please come again later", headers=headers)
