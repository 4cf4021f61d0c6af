"""Facts about further bindings of a port, beside its active one (`libs.events.port`); stream `port-<uuid>`.

While a guest moves, its port has a second, inactive binding on the host where it will be: that host prepares everything, the others
still send the guest's traffic to the active one. `generation` counts all bindings of a port, active or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PortBindingAdded:
    """An inactive binding on a further host; that host is in the port's network from now on."""

    port_id: str
    network_id: str
    host: str
    generation: int
    vnic_type: str
    profile: Mapping[str, Any]
    vif_type: str
    vif_details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PortBindingProfileChanged:
    """The profile of an inactive binding changed."""

    port_id: str
    host: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PortBindingWired:
    """The agent of an inactive binding's host reported its tap ready: the guest may come."""

    port_id: str
    host: str
    generation: int


@dataclass(frozen=True, slots=True)
class PortBindingUnwired:
    """The tap of an inactive binding is gone, or wired no longer."""

    port_id: str
    host: str
    generation: int


@dataclass(frozen=True, slots=True)
class PortBindingActivated:
    """An inactive binding is the active one from now on, with its profile and kind of vNIC; all traffic goes to its host. The former
    one (host_before, empty for none) is inactive and attached nowhere: its host leaves. generation: as it was added, or a new one
    when it had to be attached again. A status is a fact of its own."""

    port_id: str
    network_id: str
    host: str
    host_before: str
    generation: int
    vif_type: str
    vif_details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PortBindingRemoved:
    """An inactive binding is gone; its host leaves."""

    port_id: str
    network_id: str
    host: str
