"""What a refused append means: whose proposal it was, or what the caller hears when it was his own wish. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from libs import errors
from libs.errors import Refusal
from libs.errors.address_group import address_group_in_use
from libs.errors.flavor import flavor_in_use, profile_in_use
from libs.errors.floatingip import address_is_floated, port_has_floating_ip
from libs.errors.quota import limit_below_use, over_quota
from libs.errors.rbac_policy import ROUTERS_DEPEND, default_external_exists, duplicate_rbac_policy, rbac_policy_in_use
from libs.errors.router import (
    external_network_in_use,
    gateway_in_use_by_floating_ip,
    interface_in_use_by_floating_ip,
)
from libs.errors.security_group import group_in_use, rule_exists
from libs.errors.subnetpool import default_pool_exists, scope_in_use
from libs.eventlog.protocol import Alive, Guard, NoneRefers, Within
from libs.model import FixedIp, Segment
from libs.network.claims import ip_claim, segment_claim
from libs.network.resources import kind_and_id, stream_of
from libs.network.world import (
    Answer,
    ChooseAddresses,
    ChooseMac,
    ChooseSegment,
    Question,
    Resource,
    SegmentChoice,
)


def proposed_by(key: str, answers: Mapping[Question, Answer]) -> Question | None:
    """The question whose answer proposed this claim; None when it was not proposed but asked for by the caller."""
    for question, answer in answers.items():
        if _proposes(question, answer, key):
            return question
    return None


def _proposes(question: Question, answer: Answer, key: str) -> bool:
    match question, answer:
        case ChooseAddresses(), tuple():
            return any(ip_claim(one.subnet_id, one.ip_address) == key and not _wanted(question, one) for one in answer)
        case ChooseMac(), str():
            return key.startswith("mac/") and key.endswith(f"/{answer}")
        case ChooseSegment(), SegmentChoice():
            found = answer.segment
            claims = segment_claim(found.network_type, found.physical_network, found.segmentation_id)
            return key in claims and not _segment_was_given(question)
    return False


def _wanted(question: ChooseAddresses, one: FixedIp) -> bool:
    wanted = question.wanted or ()
    return any(wish.ip_address == one.ip_address and wish.subnet_id in (None, one.subnet_id) for wish in wanted)


def _segment_was_given(question: ChooseSegment) -> bool:
    """Whether nothing was left to choose: asking again would propose the same."""
    if question.network_type == "flat":
        return question.physical_network is not None
    return question.network_type is not None and question.segmentation_id is not None


def avoiding(question: Question, key: str) -> Question:
    """The same question with the taken key among those to avoid."""
    parts = key.split("/", 2)
    match question:
        case ChooseAddresses():
            return replace(question, avoid=(*question.avoid, FixedIp(parts[1], parts[2])))
        case ChooseMac():
            return replace(question, avoid=(*question.avoid, parts[2]))
        case ChooseSegment():
            return replace(question, avoid=(*question.avoid, _segment_of(key, question.network_type)))
    return question


def _segment_of(key: str, network_type: str | None) -> Segment:
    sort, _, rest = key.partition("/")
    if sort == "vni":
        return Segment(network_type or "vxlan", None, int(rest))
    if sort == "vlan":
        physical_network, _, number = rest.rpartition("/")
        return Segment("vlan", physical_network, int(number))
    return Segment("flat", rest, None)


def refusal_of_claim(key: str, owner: str = "") -> Refusal:
    """What the caller hears when a claim that he asked for himself is taken; owner: the stream that holds it, where it is told."""
    sort, _, rest = key.partition("/")
    scope, _, wish = rest.partition("/")
    if sort == "ip":
        return errors.ip_in_use(scope, wish)
    if sort == "mac":
        return errors.mac_in_use(scope, wish)
    if sort == "sg-rule":
        return rule_exists(kind_and_id(owner)[1])
    if sort == "floating":
        return address_is_floated(scope, wish)
    if sort in ("vni", "vlan", "flat"):
        segment = _segment_of(key, None)
        return errors.segment_in_use(segment.network_type, segment.physical_network, segment.segmentation_id)
    if sort == "default-subnetpool":
        return default_pool_exists()
    if sort == "rbac":
        return duplicate_rbac_policy()
    if sort == "default":
        return default_external_exists("another")
    return errors.busy()


_IN_USE: Mapping[str, Callable[[str], Refusal]] = {
    "address_scope_id": scope_in_use,
    "flavor_id": flavor_in_use,
    "service_profile_ids": profile_in_use,
    "external_network_id": external_network_in_use,
    "security_groups": group_in_use,
    "remote_address_group_id": address_group_in_use,
    "subnet_ids": errors.subnet_in_use,
}
"""{column by which something still refers: what the id's owner hears}"""


def refusal_of_guard(guard: Guard, resources: Mapping[str, Resource | None]) -> Refusal:
    """What the caller hears when a guard does not hold; `resources` as read give the names that a message tells."""
    match guard:
        case Alive():
            return errors.not_found(*kind_and_id(guard.stream))
        case NoneRefers() if _is_of_policy(guard):
            return rbac_policy_in_use(guard.value, _policy_details(guard, resources))
        case NoneRefers(kind="floatingip"):
            return _floating_ip_needs(guard, resources)
        case NoneRefers() if guard.column in _IN_USE:
            return _IN_USE[guard.column](guard.value)
        case NoneRefers(column="network_id", unless=(("device_owner", _),)):
            return errors.busy()  # a port came that was to join a new subnet
        case NoneRefers(column="network_id") if guard.unless:
            network = resources.get(stream_of("network", guard.value))
            return errors.sharing_in_use(network.state.name if network else guard.value)
        case NoneRefers(column="network_id"):
            return errors.network_in_use(guard.value)
    return errors.busy()


def refusal_of_limit(guard: Within, found: int) -> Refusal:
    """What the caller hears when a project would have too much."""
    if guard.fixed:
        return limit_below_use(guard.kind, guard.limit or 0, found)
    return over_quota(guard.kind)


def _is_of_policy(guard: NoneRefers) -> bool:
    """Whether it is about what projects use by an RBAC policy."""
    by_project = [column for column, _ in (*guard.only, *guard.unless)] == ["project_id"]
    return by_project and (guard.kind, guard.column) != ("subnet", "network_id")


def _policy_details(guard: NoneRefers, resources: Mapping[str, Resource | None]) -> str:
    if guard.kind in ("router", "floatingip"):
        return ROUTERS_DEPEND
    if guard.column == "network_id":
        network = resources.get(stream_of("network", guard.value))
        return errors.sharing_in_use(network.state.id if network else guard.value).message
    return f"project_id={guard.only[0][1] if guard.only else '*'}"


def _floating_ip_needs(guard: NoneRefers, resources: Mapping[str, Resource | None]) -> Refusal:
    """What floating IPs still need."""
    if guard.column == "path":
        router_id, _, subnet_id = guard.value.partition("/")
        return interface_in_use_by_floating_ip(router_id, subnet_id)
    if guard.column == "router_id":
        router = resources.get(stream_of("router", guard.value))
        gateway = router.state.gateway if router else None
        return gateway_in_use_by_floating_ip(guard.value, gateway.network_id if gateway else "")
    if guard.column == "floating_network_id":
        return external_network_in_use(guard.value)
    return port_has_floating_ip(guard.value)
