"""Which columns the inline read model's tables have: {column: SQL type}. Pure."""

from __future__ import annotations

TEXT, INTEGER, BOOLEAN, TEXTS = "text", "integer", "boolean", "text[]"

NETWORK = {
    "project_id": TEXT,
    "name": TEXT,
    "status": TEXT,
    "admin_state_up": BOOLEAN,
    "shared": BOOLEAN,
    "external": BOOLEAN,
    "is_default": BOOLEAN,
    "shared_with": TEXTS,
    "external_to": TEXTS,
    "network_type": TEXT,
    "physical_network": TEXT,
    "segmentation_id": INTEGER,
    "subnet_ids": TEXTS,
    "subnetpool_ids": TEXTS,
    "tags": TEXTS,
    "created_at": TEXT,
}
SUBNET = {
    "project_id": TEXT,
    "name": TEXT,
    "network_id": TEXT,
    "ip_version": INTEGER,
    "cidr": TEXT,
    "gateway_ip": TEXT,
    "enable_dhcp": BOOLEAN,
    "subnetpool_id": TEXT,
    "tags": TEXTS,
    "created_at": TEXT,
}
PORT = {
    "project_id": TEXT,
    "network_id": TEXT,
    "device_id": TEXT,
    "device_owner": TEXT,
    "mac_address": TEXT,
    "host": TEXT,
    "further_hosts": TEXTS,
    "status": TEXT,
    "name": TEXT,
    "admin_state_up": BOOLEAN,
    "ip_addresses": TEXTS,
    "subnet_ids": TEXTS,
    "security_groups": TEXTS,
    "tags": TEXTS,
    "created_at": TEXT,
}
ROUTER = {
    "project_id": TEXT,
    "name": TEXT,
    "admin_state_up": BOOLEAN,
    "status": TEXT,
    "external_network_id": TEXT,
    "subnet_ids": TEXTS,
    "host": TEXT,
    "agent_id": TEXT,
    "flavor_id": TEXT,
    "tags": TEXTS,
    "created_at": TEXT,
}
FLOATINGIP = {
    "project_id": TEXT,
    "floating_network_id": TEXT,
    "floating_ip_address": TEXT,
    "router_id": TEXT,
    "port_id": TEXT,
    "fixed_ip_address": TEXT,
    "path": TEXT,
    "status": TEXT,
    "tags": TEXTS,
    "created_at": TEXT,
}
RBAC_POLICY = {
    "project_id": TEXT,
    "object_type": TEXT,
    "object_id": TEXT,
    "action": TEXT,
    "target_project": TEXT,
    "created_at": TEXT,
}
TOPOLOGY = {"project_id": TEXT, "network_id": TEXT, "router_id": TEXT, "created_at": TEXT}
AGENT = {
    "host": TEXT,
    "agent_type": TEXT,
    "alive": BOOLEAN,
    "availability_zone": TEXT,
    "admin_state_up": BOOLEAN,
    "created_at": TEXT,
}
SECURITY_GROUP = {
    "project_id": TEXT,
    "name": TEXT,
    "stateful": BOOLEAN,
    "is_default": BOOLEAN,
    "tags": TEXTS,
    "created_at": TEXT,
}
SECURITY_GROUP_RULE = {
    "project_id": TEXT,
    "security_group_id": TEXT,
    "direction": TEXT,
    "ethertype": TEXT,
    "protocol": TEXT,
    "port_range_min": INTEGER,
    "port_range_max": INTEGER,
    "remote_ip_prefix": TEXT,
    "normalized_cidr": TEXT,
    "remote_group_id": TEXT,
    "remote_address_group_id": TEXT,
    "belongs_to_default_sg": BOOLEAN,
    "created_at": TEXT,
}
ADDRESS_GROUP = {"project_id": TEXT, "name": TEXT, "created_at": TEXT}
QUOTA = {"project_id": TEXT, "limits": TEXT, "created_at": TEXT}
