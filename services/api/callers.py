"""Who asks, and when: a request as the context that every decision sees."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime

from libs.auth import Authenticator
from libs.http.message import Request
from libs.model import Actor, Context
from libs.policy import Policy, defaults

Clock = Callable[[], datetime]
"""The time now, in UTC."""


class Callers:
    """Tells a request's caller by `authenticator`; what he may do, `policy` says."""

    def __init__(self, authenticator: Authenticator, clock: Clock, policy: Policy | None = None) -> None:
        self._authenticator, self._clock, self.policy = authenticator, clock, policy or defaults()

    def actor(self, request: Request) -> Actor:
        """Who asks. Raises Refusal 400, 401, 403, 503."""
        return self.policy.caller(self._authenticator.actor(request.header))

    def context(self, request: Request) -> Context:
        """Who asks, when, under which ids; the command's id is fresh. Raises Refusal 400, 401, 403, 503."""
        at = self._clock().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return Context(self.actor(request), request.id, str(uuid.uuid4()), at, request.correlation_id)
