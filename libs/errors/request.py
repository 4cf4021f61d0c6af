"""Refusals that any request can meet: malformed, forbidden, not there, overtaken, not now. Pure."""

from __future__ import annotations

from libs.errors.refusal import Refusal


def bad_request(message: str) -> Refusal:
    """400 for a malformed body, attribute or query."""
    return Refusal(400, "HTTPBadRequest", message)


def invalid_input(message: str) -> Refusal:
    """400 for a value that is well formed but makes no sense here."""
    return Refusal(400, "InvalidInput", f"Invalid input for operation: {message}.")


def forbidden(rule: str) -> Refusal:
    """403 for something that the caller's roles do not allow."""
    return Refusal(403, "PolicyNotAuthorized", f"({rule}) is disallowed by policy")


def not_found(kind: str, id: str) -> Refusal:
    """404 for a resource that does not exist or that the caller may not see; kind is `network`, `subnet`, `port`, `router`,
    `floatingip`, `agent`. Texts differ as Neutron's do."""
    if kind == "router":
        return Refusal(404, "RouterNotFound", f"Router {id} could not be found")
    if kind == "floatingip":
        return Refusal(404, "FloatingIPNotFound", f"Floating IP {id} could not be found")
    name = kind.capitalize()
    return Refusal(404, f"{name}NotFound", f"{name} {id} could not be found.")


def ended(kind: str, id: str) -> Refusal:
    """409: there was one of that id and it ended; a stream does not begin anew."""
    return Refusal(409, "Ended", f"{kind.capitalize()} {id} was deleted and does not come back under this id.")


def is_ended(refusal: Refusal) -> bool:
    """Whether it is `ended`."""
    return refusal.type == "Ended"


def revision_mismatch(expected: int, current: int | None = None) -> Refusal:
    """412: If-Match named another revision."""
    found = "differs" if current is None else f"is {current}"
    return Refusal(412, "RevisionNumberConstraintFailed", f"Constrained to {expected}, but current revision {found}")


def busy() -> Refusal:
    """409: the resource kept changing while we decided; the client may repeat the request."""
    return Refusal(409, "RetryRequest", "The resource is being changed by others; please repeat the request.")


def unavailable(message: str, type: str = "ServiceUnavailable") -> Refusal:
    """503 with Retry-After: the database, the broker or a service does not answer now."""
    return Refusal(503, type, message)
