"""Errors as the clients of Neutron read them: always JSON, never a trace."""

from __future__ import annotations

import json

from libs.errors import Refusal

REASONS = {
    200: "OK",
    201: "Created",
    204: "No Content",
    300: "Multiple Choices",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    412: "Precondition Failed",
    413: "Content Too Large",
    414: "URI Too Long",
    415: "Unsupported Media Type",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    505: "HTTP Version Not Supported",
}
"""{status: reason phrase} of every status this server answers."""

RETRY_SECONDS = 1
"""What Retry-After says beside a 503, in seconds."""


_HEADERS = {405: "Allow", 401: "WWW-Authenticate"}


class Unparsable(Refusal):
    """A request whose end cannot be known any more: it is answered and the connection closed."""


def malformed(message: str, status: int = 400) -> Unparsable:
    """400 (or 408, 431, ..) for bytes that are no HTTP request, or come too slowly; the connection cannot go on."""
    return Unparsable(status, "HTTPBadRequest" if status == 400 else "HTTPRequestRefused", message)


def no_such_path() -> Refusal:
    """404 for a path that is no resource."""
    return Refusal(404, "HTTPNotFound", "The resource could not be found.")


def method_not_allowed(method: str, allowed: tuple[str, ...]) -> Refusal:
    """405; `detail` carries the Allow header's value."""
    message = f"The method {method[:20]} is not allowed for this resource."
    return Refusal(405, "HTTPMethodNotAllowed", message, ", ".join(allowed))


def too_large(limit: int) -> Unparsable:
    """413 for a body of more than `limit` bytes; what is left of it is not read."""
    return Unparsable(413, "HTTPRequestEntityTooLarge", f"The request body is larger than {limit} bytes.")


def not_json(content_type: str) -> Refusal:
    """415 for a body of another kind."""
    return Refusal(
        415, "HTTPUnsupportedMediaType", f"The content type {content_type[:100]!r} is not supported; send JSON."
    )


def internal() -> Refusal:
    """500: our fault; the log has the trace beside the request id."""
    message = "Request Failed: internal server error while processing your request."
    return Refusal(500, "HTTPInternalServerError", message)


def body_of(refusal: Refusal) -> bytes:
    """`refusal` as {"NeutronError": {"type", "message", "detail"}}."""
    detail = "" if refusal.status in _HEADERS else refusal.detail
    error = {"type": refusal.type, "message": refusal.message, "detail": detail}
    return json.dumps({"NeutronError": error}).encode()


def headers_of(refusal: Refusal) -> list[tuple[str, str]]:
    """The headers of a refusal: Allow with 405 and WWW-Authenticate with 401, which `detail` carries; Retry-After with 503."""
    if refusal.status in _HEADERS:
        return [(_HEADERS[refusal.status], refusal.detail)]
    if refusal.status == 503:
        return [("Retry-After", str(RETRY_SECONDS))]
    return []
