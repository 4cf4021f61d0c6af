"""Where guests' questions about themselves go: to the operator's Nova, or to a port of this machine where the demo puts a stand-in.

Nobody listens there otherwise, and guests are told to ask again later (503).
"""

from __future__ import annotations

import os

from cli.places import Places, kept_ports
from libs.config import given

ASKERS = ("agent_dhcp", "agent_l3")
"""The agents that pass questions on; they alone get `SETTINGS`."""
SETTINGS = ("NETLEDGER_METADATA_URL", "NETLEDGER_METADATA_SECRET")


def settings(places: Places, in_use: bool = False) -> dict[str, str]:
    """NETLEDGER_ settings of the agents that ask Nova: the operator's, or else ours. `in_use`: agents run with these, so that a port
    which is listened on is ours. Side effects: that port and the secret are kept."""
    if is_given():
        return {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") in SETTINGS}
    places.password("metadata")
    return {
        "NETLEDGER_METADATA_URL": f"http://127.0.0.1:{port(places, in_use)}",
        "NETLEDGER_METADATA_SECRET_FILE": str(places.secrets / "metadata"),
    }


def is_given() -> bool:
    """Whether the operator says where Nova is. Raises BadSetting."""
    return any(given(os.environ, name) for name in SETTINGS)


def port(places: Places, in_use: bool = True) -> int:
    """TCP port on loopback of the stand-in."""
    return kept_ports(places, "metadata", 1, in_use)[0]
