"""Who a guest is and what Nova is told of it. Pure: nothing that the guest sent as a header ever gets through.

Headers as nova/api/metadata/handler.py reads them: the signature is HMAC-SHA256 of the instance id with the shared secret.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

METHODS = ("GET", "HEAD", "POST")
BODY_BYTES = 64 * 1024
"""Largest body that a guest may send (an encrypted password is some 2 KiB)."""
ANSWER_BYTES = 4 * 1024 * 1024
_PASSED = frozenset((200, 400, 401, 403, 404, 409, 413, 429))


@dataclass(frozen=True, slots=True)
class Guest:
    """The server behind an address of a network, and the project of its port: it gets only what that project may see."""

    instance_id: str
    project_id: str


def headers_for(guest: Guest, address: str, secret: str) -> dict[str, str]:
    """All headers about the guest that go to Nova. address: the guest's own on its network."""
    signature = hmac.new(secret.encode(), guest.instance_id.encode(), hashlib.sha256).hexdigest()
    return {
        "X-Forwarded-For": address,
        "X-Instance-ID": guest.instance_id,
        "X-Tenant-ID": guest.project_id,
        "X-Instance-ID-Signature": signature,
    }


def target(base_url: str, path: str, query: str) -> str:
    """Nova's URL for what the guest asked; base_url without a path. The path was checked to begin with `/`."""
    return f"{base_url.rstrip('/')}{path}{'?' if query else ''}{query}"


def status_for(status: int) -> int:
    """What the guest hears: Nova's own answers about metadata, 503 for whatever else (it may ask again)."""
    return status if status in _PASSED else 503
