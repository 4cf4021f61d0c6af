"""Broker users of the lab's agents: made at set-up, one per host and agent type."""

from __future__ import annotations

from collections.abc import Iterable

from cli.backing import Backing
from cli.places import Places
from libs import enrol
from libs.bus.names import agent_user
from libs.model import DHCP_AGENT, L3_AGENT, OVS_AGENT

TYPES = {"agent_ovs": OVS_AGENT, "agent_dhcp": DHCP_AGENT, "agent_l3": L3_AGENT}


def agents(places: Places, backing: Backing, host: str) -> dict[str, str]:
    """Enrol a host's agents; safe to repeat. Returns {program: AMQP URL of its own user}, which hold passwords."""
    urls = {}
    for program, agent_type in TYPES.items():
        user = agent_user(agent_type, host)
        password = places.password(f"rabbitmq-{user}")
        enrol.agent(backing.amqp_admin_url, agent_type, host, password, backing.vhost)
        urls[program] = backing.amqp_url_of(user, password)
    return urls


def withdraw(backing: Backing, hosts: Iterable[str]) -> bool:
    """Take back what `up` made in a broker: these hosts' agents with their queues, then what the services share, unless agents of
    other hosts still need it; whether all is gone. The services must have ended. Raises EnrolmentFailed."""
    for host in hosts:
        for agent_type in TYPES.values():
            enrol.dismiss(backing.amqp_admin_url, agent_type, host, backing.vhost)
    return enrol.dissolve(backing.amqp_admin_url, backing.vhost)
