"""What bodies tell that no row holds: what others are now, and signs of life. SQL of closed texts. Pure."""

from __future__ import annotations

from typing import Any

from libs.model import Actor
from services.api.visibility import SHOWING, shared

_BEAT = "jsonb_build_object('heartbeat_timestamp', to_char(beat_at at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS'))"
PORT_DETAILS = (
    "json_build_object('name', port.name, 'network_id', port.network_id, 'mac_address', port.mac_address, 'admin_state_up',"
    " port.admin_state_up, 'status', port.status, 'device_id', port.device_id, 'device_owner', port.device_owner)::text"
)
"""What a floating IP shows of the port that it stands for, as it is now."""
_DETAILS = f"coalesce((select {PORT_DETAILS} from port where port.id = floatingip.port_id), 'null')"

SECURITY_GROUP_RULES = "coalesce(string_agg(r.body, ',' order by r.created_at, r.id), '')"
"""What a security group shows of its rules `r`, as they are now."""
_RULES = f"(select {SECURITY_GROUP_RULES} from security_group_rule r where r.security_group_id = security_group.id)"


def _scope(ip_version: int) -> str:
    """The address scope of a network's subnet pool of one IP version, as JSON."""
    pools = f"subnetpool p where p.id = any(network.subnetpool_ids) and p.ip_version = {ip_version}"
    pools += " and p.address_scope_id is not null"
    return f"coalesce((select '\"' || p.address_scope_id || '\"' from {pools} limit 1), 'null')"


_NO_SCOPE = '"ipv{}_address_scope":'
NETWORK_SCOPES = tuple(
    (f"{_NO_SCOPE.format(version)}null", _NO_SCOPE.format(version), _scope(version)) for version in (4, 6)
)
"""((what a network's body says, the part of it that stays, SQL of the other part), ..) for networks with subnets of subnet pools."""


def _scoped() -> str:
    """A network's body with its address scopes."""
    told = "network.body"
    for none, key, sql in NETWORK_SCOPES:
        told = f"replace({told}, '{none}', '{key}' || {sql})"
    return told


BODY = {
    "agent": f"coalesce((select (body::jsonb || {_BEAT})::text from agent_heartbeat where agent_id = agent.id), body)",
    "network": f"(case when network.subnetpool_ids is null then network.body else {_scoped()} end)",
    "floatingip": f"(left(floatingip.body, -1) || ',\"port_details\":' || {_DETAILS} || '}}')",
    "security_group": f"(left(security_group.body, -1) || ',\"security_group_rules\":[' || {_RULES} || ']}}')",
}
"""{kind: its body's text} where that is more than the column: heartbeats are volatile and no part of it, ports and rules change."""

_NOT_SHARED, _IS_SHARED = '"shared":false', '"shared":true'


def told_shared(text: str) -> str:
    """A body's text for somebody whom the resource is shared with."""
    return text.replace(_NOT_SHARED, _IS_SHARED)


def body_for(kind: str, actor: Actor) -> tuple[str, tuple[Any, ...]]:
    """(a body's text as its reader has it, values): it says whether it is `shared` with him. Quotes within texts are escaped, so that
    only the attribute itself is replaced."""
    if kind not in SHOWING:
        return BODY.get(kind, "body"), ()
    condition, values = shared(kind, actor)
    text = BODY.get(kind, "body")
    return f"case when {condition} then replace({text}, '{_NOT_SHARED}', '{_IS_SHARED}') else {text} end", values
