"""What a refused append means: whose proposal it was, or what the caller hears when it was his own wish. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from libs import errors
from libs.errors import Refusal
from libs.errors.floatingip import address_is_floated, port_has_floating_ip
from libs.errors.router import (
    external_network_in_use,
    gateway_in_use_by_floating_ip,
    interface_in_use_by_floating_ip,
)
from libs.eventlog.protocol import Alive, Guard, NoneRefers
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


def refusal_of_claim(key: str) -> Refusal:
    """What the caller hears when a claim that he asked for himself is taken."""
    sort, _, rest = key.partition("/")
    scope, _, wish = rest.partition("/")
    if sort == "ip":
        return errors.ip_in_use(scope, wish)
    if sort == "mac":
        return errors.mac_in_use(scope, wish)
    if sort == "floating":
        return address_is_floated(scope, wish)
    if sort in ("vni", "vlan", "flat"):
        segment = _segment_of(key, None)
        return errors.segment_in_use(segment.network_type, segment.physical_network, segment.segmentation_id)
    return errors.busy()


def refusal_of_guard(guard: Guard, resources: Mapping[str, Resource | None]) -> Refusal:
    """What the caller hears when a guard does not hold; `resources` as read give the names that a message tells."""
    match guard:
        case Alive():
            return errors.not_found(*kind_and_id(guard.stream))
        case NoneRefers(kind="floatingip"):
            return _floating_ip_needs(guard, resources)
        case NoneRefers(column="external_network_id"):
            return external_network_in_use(guard.value)
        case NoneRefers(column="subnet_ids"):
            return errors.subnet_in_use(guard.value)
        case NoneRefers(column="network_id", unless=(("device_owner", _),)):
            return errors.busy()  # a port came that was to join a new subnet
        case NoneRefers(column="network_id") if guard.unless:
            network = resources.get(stream_of("network", guard.value))
            return errors.sharing_in_use(network.state.name if network else guard.value)
        case NoneRefers(column="network_id"):
            return errors.network_in_use(guard.value)
    return errors.busy()


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
