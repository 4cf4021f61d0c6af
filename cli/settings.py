"""Settings of `./netledger` itself, beside those of the services (`libs/config.py`); docs/settings.md is made from both."""

from __future__ import annotations

from collections.abc import Mapping

REPLICAS = "NETLEDGER_REPLICAS_"
SETTINGS: Mapping[str, tuple[str, str]] = {
    "NETLEDGER_LAB_PREFIX": (
        "",
        "put before the names of the lab's namespaces, so that two systems run side by side: a-z, 0-9, -, at most 32",
    ),
    f"{REPLICAS}API": ("1", "processes of the API, 1 to 16; the second and later ones listen on the ports that follow"),
    f"{REPLICAS}IPAM": ("1", "processes of ipam, 1 to 16"),
    f"{REPLICAS}TOPOLOGY": ("1", "processes of topology, 1 to 16; one leads, the others stand by"),
    "NETLEDGER_TRACEBACK": ("", "anything: a command that fails shows where, for reports of bugs"),
}
"""{variable: (default, what it is)}"""
