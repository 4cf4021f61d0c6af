"""A tenant and an operator with openstacksdk: everything is made, listed, changed and deleted again."""

from __future__ import annotations

from typing import Any

import openstack
from openstack import exceptions
from telling import Teller, must

CIDR, CIDR6 = "10.77.0.0/24", "2001:db8:77::/64"


class Story:
    """One tenant (`demo`), one stranger (`alt_demo`), one operator (`admin`); `made`: {what: resource}."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller
        self.demo = openstack.connect(cloud="demo").network
        self.stranger = openstack.connect(cloud="alt_demo").network
        self.admin = openstack.connect(cloud="admin").network
        self.project = openstack.connect(cloud="demo").current_project_id
        self.made: dict[str, Any] = {}

    def tell(self) -> None:
        """Step by step; what was made is deleted at the end, also after a failure."""
        step = self._teller.step
        step("the external network", self._public)
        step("a network, two subnets", self._network)
        step("a security group with rules", self._security_group)
        step("a port with addresses and the group", self._port)
        step("a router with gateway and interface", self._router)
        step("a floating IP for the port", self._floating_ip)
        step("tags, set and filtered by", self._tags)
        step("lists with filters, pages and fields", self._lists)
        step("changes, and a revision that must match", self._changes)
        step("a quota, set and shown in details", self._quota)
        step("the network is shared with the stranger by RBAC", self._rbac)
        step("a subnet pool, an address scope, a subnet from them", self._pools)
        step("agents, zones, extensions", self._operator)
        step("the stranger finds nothing", self._stranger)
        step("all is deleted", self._delete)

    def _public(self) -> None:
        found = list(self.demo.networks(is_router_external=True))
        must(found, "no external network")
        self.made["public"] = found[0]

    def _network(self) -> None:
        made = self.made
        made["network"] = self.demo.create_network(name="sdk-net", description="of the SDK", mtu=1400)
        made["subnet"] = self.demo.create_subnet(
            network_id=made["network"].id, ip_version=4, cidr=CIDR, name="sdk-v4", dns_nameservers=["9.9.9.9"]
        )
        made["subnet6"] = self.demo.create_subnet(
            network_id=made["network"].id,
            ip_version=6,
            cidr=CIDR6,
            ipv6_ra_mode="slaac",
            ipv6_address_mode="slaac",
        )
        must(made["subnet"].gateway_ip == "10.77.0.1")
        must(set(self.demo.get_network(made["network"].id).subnet_ids) == {made["subnet"].id, made["subnet6"].id})

    def _security_group(self) -> None:
        group = self.made["group"] = self.demo.create_security_group(name="sdk-web")
        must(len(group.security_group_rules) == 2, "a new group lets everything out, by IPv4 and IPv6")
        for port in (80, 443):
            self.demo.create_security_group_rule(
                security_group_id=group.id,
                direction="ingress",
                protocol="tcp",
                port_range_min=port,
                port_range_max=port,
            )
        self.demo.create_security_group_rule(
            security_group_id=group.id, direction="ingress", remote_group_id=group.id, ether_type="IPv6"
        )
        must(len(list(self.demo.security_group_rules(security_group_id=group.id))) == 5)
        must("default" in {one.name for one in self.demo.security_groups()})

    def _port(self) -> None:
        port = self.made["port"] = self.demo.create_port(
            network_id=self.made["network"].id, name="sdk-port", security_group_ids=[self.made["group"].id]
        )
        versions = {":" in one["ip_address"] for one in port.fixed_ips}
        must(versions == {False, True}, f"an address of each version: {port.fixed_ips}")
        must(port.security_group_ids == [self.made["group"].id])

    def _router(self) -> None:
        router = self.made["router"] = self.demo.create_router(
            name="sdk-router", external_gateway_info={"network_id": self.made["public"].id}
        )
        self.demo.add_interface_to_router(router, subnet_id=self.made["subnet"].id)
        owners = {one.device_owner for one in self.demo.ports(device_id=router.id)}
        must("network:router_interface" in owners, str(owners))

    def _floating_ip(self) -> None:
        floating = self.made["floating"] = self.demo.create_ip(
            floating_network_id=self.made["public"].id, port_id=self.made["port"].id
        )
        must(floating.fixed_ip_address in {one["ip_address"] for one in self.made["port"].fixed_ips})
        must(self.demo.find_ip(floating.floating_ip_address).id == floating.id)

    def _tags(self) -> None:
        self.demo.set_tags(self.made["network"], ["red", "blue"])
        must([one.id for one in self.demo.networks(tags="red,blue")] == [self.made["network"].id])
        must(self.made["network"].id not in {one.id for one in self.demo.networks(not_tags="red")})

    def _lists(self) -> None:
        ids = [self.demo.create_port(network_id=self.made["network"].id, name=f"sdk-{n}").id for n in range(5)]
        self.made["ports"] = ids
        paged = list(self.demo.ports(network_id=self.made["network"].id, limit=2))
        must({*ids} <= {one.id for one in paged}, "pages hold all")
        must([one.id for one in self.demo.ports(name="sdk-3")] == [ids[3]])
        address = self.made["port"].fixed_ips[0]["ip_address"]
        must([one.id for one in self.demo.ports(fixed_ips=f"ip_address={address}")] == [self.made["port"].id])

    def _changes(self) -> None:
        network = self.demo.get_network(self.made["network"].id)
        changed = self.demo.update_network(network, if_revision=network.revision_number, description="changed")
        must(changed.description == "changed" and changed.revision_number > network.revision_number - 1)
        try:
            self.demo.update_network(network.id, if_revision=1, description="late")
        except exceptions.HttpException as error:
            must(error.status_code == 412, str(error))
        else:
            raise AssertionError("a stale revision was accepted")

    def _quota(self) -> None:
        self.admin.update_quota(self.project, ports=400)
        must(self.admin.get_quota(self.project).ports == 400)
        details = self.admin.get_quota(self.project, details=True)
        must(details.ports["limit"] == 400 and details.ports["used"] >= 6, str(details.ports))
        self.admin.delete_quota(self.project)

    def _rbac(self) -> None:
        theirs = openstack.connect(cloud="alt_demo").current_project_id
        policy = self.demo.create_rbac_policy(
            object_type="network",
            object_id=self.made["network"].id,
            action="access_as_shared",
            target_project_id=theirs,
        )
        must(self.stranger.get_network(self.made["network"].id).is_shared)
        self.demo.delete_rbac_policy(policy)
        must(self.stranger.find_network(self.made["network"].id) is None)

    def _pools(self) -> None:
        scope = self.made["scope"] = self.demo.create_address_scope(name="sdk-scope", ip_version=4)
        pool = self.made["pool"] = self.demo.create_subnet_pool(
            name="sdk-pool", prefixes=["10.78.0.0/16"], default_prefix_length=26, address_scope_id=scope.id
        )
        network = self.made["pooled"] = self.demo.create_network(name="sdk-pooled")
        subnet = self.demo.create_subnet(network_id=network.id, ip_version=4, subnet_pool_id=pool.id)
        must(subnet.cidr.startswith("10.78.") and subnet.cidr.endswith("/26"), subnet.cidr)

    def _operator(self) -> None:
        kinds = {one.agent_type for one in self.admin.agents()}
        must({"Open vSwitch agent", "DHCP agent", "L3 agent"} <= kinds, str(kinds))
        must(any(one.name == "nova" for one in self.demo.availability_zones()))
        must(self.demo.find_extension("router") is not None)
        must(not list(self.demo.agents()) if self._may_list() else True)

    def _may_list(self) -> bool:
        try:
            list(self.demo.agents())
        except exceptions.ForbiddenException:
            return False
        return True

    def _stranger(self) -> None:
        for kind in ("network", "port", "router", "security_group"):
            name = {"security_group": "group"}.get(kind, kind)
            must(getattr(self.stranger, f"find_{kind}")(self.made[name].id) is None, kind)
        must(not [one for one in self.stranger.ports() if one.project_id == self.project])

    def _delete(self) -> None:
        made, demo = self.made, self.demo
        demo.delete_ip(made["floating"])
        demo.remove_interface_from_router(made["router"], subnet_id=made["subnet"].id)
        demo.delete_router(made["router"])
        for id in (made["port"].id, *made["ports"]):
            demo.delete_port(id)
        demo.delete_security_group(made["group"])
        demo.delete_network(made["network"])
        demo.delete_network(made["pooled"])
        demo.delete_subnet_pool(made["pool"])
        demo.delete_address_scope(made["scope"])
        must(not list(demo.networks(project_id=self.project)))


if __name__ == "__main__":
    teller = Teller()
    Story(teller).tell()
    teller.end()
