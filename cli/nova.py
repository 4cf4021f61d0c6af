"""What topology alone is told, so that it can tell Nova what happens to servers' ports: its own user rather than netledger's."""

from __future__ import annotations

import os

PREFIX, URL = "NETLEDGER_NOVA_", "NETLEDGER_NOVA_URL"
_OURS = ("NETLEDGER_KEYSTONE_USERNAME", "NETLEDGER_KEYSTONE_PASSWORD")


def settings(keystone: dict[str, str]) -> dict[str, str]:
    """The caller's settings for Nova, and with them those of `keystone` that they take: without netledger's own user there when
    another was named. Empty when Nova is not to be told anything."""
    told = {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}
    if not told.get(URL):
        return {}
    own = bool(told.get(f"{PREFIX}USERNAME"))
    return told | {name: value for name, value in keystone.items() if not (own and name.removesuffix("_FILE") in _OURS)}
