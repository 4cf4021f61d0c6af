"""SLAAC subnets that come and go while ports are on their network, over the real log."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from libs.commands import Command, CreateSubnets, DeleteSubnet
from libs.eventlog.commit import Committed
from libs.http.limits import Limits
from libs.model import Context
from services.api.gateway import make_app
from tests.fakes.browser import Browser
from tests.integration.api_world import World

pytestmark = pytest.mark.postgres

SLAAC = {"ip_version": 6, "cidr": "fd00::/64", "ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}


def subnets_of(browser: Browser, port: dict) -> list[str]:
    shown = browser.get(f"/v2.0/ports/{port['id']}").json["port"]
    return [one["subnet_id"] for one in shown["fixed_ips"]]


def beside(world: World, kind: type, happens) -> Browser:
    """A caller whose first command of `kind` is overtaken by what `happens`, just before it is committed."""
    waiting = [happens]

    def commit(command: Command, context: Context) -> Committed:
        if isinstance(command, kind) and waiting:
            waiting.pop()()
        return world.ledger.commit(command, context)

    app = make_app(world.log.pool.query, commit, world.settings, Limits(), lambda: datetime.now(UTC))
    return Browser(app)


def test_ports_join_a_slaac_subnet_that_comes_later_and_leave_it_when_it_goes(world: World) -> None:
    admin = world.admin
    network = admin.made("network")
    first = admin.made("subnet", network_id=network["id"], cidr="10.0.0.0/24", ip_version=4)
    port = admin.made("port", network_id=network["id"], mac_address="fa:16:3e:00:00:01")
    later = admin.made("subnet", network_id=network["id"], **SLAAC)
    joined = admin.get(f"/v2.0/ports/{port['id']}").json["port"]["fixed_ips"]
    assert joined[1] == {"subnet_id": later["id"], "ip_address": "fd00::f816:3eff:fe00:1"}
    assert admin.delete(f"/v2.0/subnets/{later['id']}").status == 204
    assert subnets_of(admin, port) == [first["id"]]
    assert admin.delete(f"/v2.0/subnets/{first['id']}").error == (409, "SubnetInUse")


def test_a_port_that_comes_at_the_same_moment_joins_too(world: World) -> None:
    network, ports = world.admin.made("network"), []

    def overtaken() -> None:
        ports.append(world.admin.made("port", network_id=network["id"]))

    subnet = beside(world, CreateSubnets, overtaken).made("subnet", network_id=network["id"], **SLAAC)
    assert subnets_of(world.admin, ports[0]) == [subnet["id"]]
    late = beside(world, DeleteSubnet, overtaken).delete(f"/v2.0/subnets/{subnet['id']}")
    assert late.status == 204
    assert [subnets_of(world.admin, port) for port in ports] == [[], []]
