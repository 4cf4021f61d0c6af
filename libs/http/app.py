"""The WSGI application: finds the handler, gives every reply its request id, turns refusals into Neutron's errors."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from libs.errors import Refusal
from libs.http.errors import REASONS, Unparsable, body_of, headers_of, internal
from libs.http.limits import Limits
from libs.http.message import Reply, Request
from libs.http.router import Router
from libs.http.stream import Closed

LOG = logging.getLogger(__name__)
_REQUEST_ID = re.compile(r"req-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_JSON = ("Content-Type", "application/json")
_STATUS_LINES = {status: f"{status} {reason}" for status, reason in REASONS.items()}


Guard = Callable[[Mapping[str, Any]], None]
"""Looks at a request's environ before anything else does. Raises Refusal."""


class App:
    """A WSGI application over a Router whose handlers take a Request and give a Reply; `guard` sees every request first."""

    def __init__(self, router: Router, limits: Limits, guard: Guard = lambda environ: None) -> None:
        self._router, self._limits, self._guard = router, limits, guard

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """PEP 3333. Raises Closed when the client went away while it was read."""
        request_id = f"req-{uuid.uuid4()}"
        reply = self._reply(environ, request_id)
        headers = [("X-Openstack-Request-Id", request_id), *reply.headers]
        if reply.body is not None:
            headers.append(_JSON)
        start_response(_STATUS_LINES[reply.status], headers)
        return [] if reply.body is None else reply.body

    def _reply(self, environ: dict[str, Any], request_id: str) -> Reply:
        try:
            self._guard(environ)
            handler, parameters = self._router.match(environ["REQUEST_METHOD"], environ["PATH_INFO"])
            given = environ.get("HTTP_X_OPENSTACK_REQUEST_ID", "")
            correlation = given if _REQUEST_ID.fullmatch(given) else request_id
            reply: Reply = handler(Request(environ, parameters, request_id, correlation, self._limits))
            return reply
        except Refusal as refusal:
            if refusal.status >= 500:
                reasons = "; ".join([refusal.message, *getattr(refusal, "__notes__", ())])
                LOG.warning("%s: %s %.200s: %s", request_id, environ["REQUEST_METHOD"], environ["PATH_INFO"], reasons)
            return refused(refusal)
        except Closed:
            raise
        except Exception:
            LOG.exception("%s: %s %.200s failed", request_id, environ["REQUEST_METHOD"], environ["PATH_INFO"])
            return refused(internal())


def refused(refusal: Refusal) -> Reply:
    """`refusal` as a reply; one whose body was not read to its end closes the connection."""
    headers = headers_of(refusal)
    if isinstance(refusal, Unparsable):
        headers.append(("Connection", "close"))
    return Reply(refusal.status, [body_of(refusal)], headers)
