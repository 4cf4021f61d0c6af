"""Bootstrap tokens: one secret for many hosts, good for nothing but to ask once for a user of one's own. Pure.

`<hosts>|<until>|<HMAC-SHA256 of both>`: whoever holds the key can say whether it made the token; nothing is kept anywhere.
"""

from __future__ import annotations

import hashlib
import hmac

SEPARATOR = "|"
MAX_TOKEN = 512


def sign(key: str, hosts: str, until: int) -> str:
    """A token for the host `hosts`, or, when that ends in `*`, for hosts whose names begin so; until: Unix time in seconds."""
    said = f"{hosts}{SEPARATOR}{until}"
    return f"{said}{SEPARATOR}{_mark(key, said)}"


def allows(key: str, token: str, host: str, now: float) -> bool:
    """Whether the token was made with this key, is still good, and is for this host; without a key nothing is."""
    said, _, mark = token.rpartition(SEPARATOR)
    if not key or len(token) > MAX_TOKEN or not hmac.compare_digest(_mark(key, said).encode(), mark.encode()):
        return False
    hosts, _, until = said.rpartition(SEPARATOR)
    return now < int(until) and (host == hosts or (hosts.endswith("*") and host.startswith(hosts[:-1])))


def _mark(key: str, said: str) -> str:
    return hmac.new(key.encode(), said.encode(errors="replace"), hashlib.sha256).hexdigest()
