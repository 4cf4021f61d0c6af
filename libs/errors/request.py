"""Refusals that any request can meet: malformed, forbidden, not there, overtaken, not now. Pure."""

from __future__ import annotations

from collections.abc import Mapping

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


_NOT_FOUND: Mapping[str, tuple[str, str]] = {
    "router": ("RouterNotFound", "Router {} could not be found"),
    "floatingip": ("FloatingIPNotFound", "Floating IP {} could not be found"),
    "security_group": ("SecurityGroupNotFound", "Security group {} does not exist"),
    "security_group_rule": ("SecurityGroupRuleNotFound", "Security group rule {} does not exist"),
    "rbac_policy": ("RbacPolicyNotFound", "RBAC policy of type unknown with ID {} not found"),
    "address_group": ("AddressGroupNotFound", "Address group {} could not be found."),
    "subnetpool": ("SubnetPoolNotFound", "Subnet pool {} could not be found."),
    "address_scope": ("AddressScopeNotFound", "Address scope {} could not be found."),
    "service_profile": ("ServiceProfileNotFound", "Service Profile {} could not be found."),
}
"""{kind: (type, text)} where they differ from the others'."""


def not_found(kind: str, id: str) -> Refusal:
    """404 for a resource that does not exist or that the caller may not see. Texts differ as Neutron's do."""
    if kind in _NOT_FOUND:
        type, text = _NOT_FOUND[kind]
        return Refusal(404, type, text.format(id))
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


def event_too_large(limit: int) -> Refusal:
    """400: what the log would have to record of one change is too long, as JSON with everything but ASCII escaped."""
    return bad_request(f"The change is too large: what is recorded of it takes more than {limit} bytes")


def busy() -> Refusal:
    """409: the resource kept changing while we decided; the client may repeat the request."""
    return Refusal(409, "RetryRequest", "The resource is being changed by others; please repeat the request.")


def unavailable(message: str, type: str = "ServiceUnavailable") -> Refusal:
    """503 with Retry-After: the database, the broker or a service does not answer now."""
    return Refusal(503, type, message)
