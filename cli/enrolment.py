"""Broker users of the lab's agents: made at set-up, one per host and agent type."""

from __future__ import annotations

from cli.backing import Backing
from cli.places import Places
from libs import enrol
from libs.bus.names import agent_user
from libs.model import DHCP_AGENT, OVS_AGENT

TYPES = {"agent_ovs": OVS_AGENT, "agent_dhcp": DHCP_AGENT}


def agents(places: Places, backing: Backing, host: str) -> dict[str, str]:
    """Enrol a host's agents; safe to repeat. Returns {program: AMQP URL of its own user}, which hold passwords."""
    urls = {}
    for program, agent_type in TYPES.items():
        user = agent_user(agent_type, host)
        password = places.password(f"rabbitmq-{user}")
        enrol.agent(backing.amqp_admin_url, agent_type, host, password, backing.vhost)
        urls[program] = backing.amqp_url_of(user, password)
    return urls
