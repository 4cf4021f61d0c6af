"""What layer 3 needs to stand on, made through the API as an administrator does."""

from __future__ import annotations

import uuid
from typing import Any

from libs.commands import RegisterAgent
from libs.model import DHCP_AGENT, L3_AGENT, Actor, Context
from tests.fakes.browser import Browser
from tests.integration.api_world import World

_BINARIES = {DHCP_AGENT: "neutron-dhcp-agent", L3_AGENT: "neutron-l3-agent"}


def agent_on(world: World, host: str, type: str, zone: str = "nova") -> str:
    """An agent says hello from `host`; its id."""
    id = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{host} {type}"))
    context = Context(Actor("topology", ""), "", f"register {id}", "2026-11-22T10:00:00.000000Z")
    world.ledger.commit(RegisterAgent(id, host, type, _BINARIES[type], zone, {}), context)
    return id


def subnet_of(browser: Browser, cidr: str, **values: Any) -> tuple[str, str]:
    """(network, subnet) of a new network with one subnet; values: of the network."""
    network = browser.made("network", **values)["id"]
    return network, browser.made("subnet", network_id=network, cidr=cidr, ip_version=6 if ":" in cidr else 4)["id"]


def public(admin: Browser, cidr: str = "203.0.113.0/24") -> tuple[str, str]:
    """(network, subnet) of an external network."""
    return subnet_of(admin, cidr, name="public", router__external=True)


def attach(browser: Browser, router: str, **interface: str) -> dict[str, Any]:
    """What add_router_interface answers, which must succeed."""
    seen = browser.put(f"/v2.0/routers/{router}/add_router_interface", interface)
    assert seen.status == 200, seen.text
    body: dict[str, Any] = seen.json
    return body


def routed(browser: Browser, external: str, cidr: str = "10.0.0.0/24") -> tuple[str, str, str]:
    """(router, network, subnet): a network of the caller's with a router that leads to `external`."""
    network, subnet = subnet_of(browser, cidr)
    router = browser.made("router", name="gate", external_gateway_info={"network_id": external})["id"]
    attach(browser, router, subnet_id=subnet)
    return router, network, subnet
