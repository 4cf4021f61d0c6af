"""Claims: what facts hold is what living resources hold, whatever happened before."""

from __future__ import annotations

from hypothesis import given, settings

from libs.events import (
    AddressAllocated,
    AddressReleased,
    NetworkDeleted,
    NetworkRenamed,
    PortDeleted,
    PortMacChanged,
)
from libs.network.claims import (
    Claims,
    claims_of,
    floating_claim,
    ip_claim,
    mac_claim,
    policy_claim,
    router_port_claim,
    segment_claim,
)
from libs.network.resources import fold_recorded
from libs.network.security_group_rule import same_rule
from tests.unit.histories import START, Life, histories
from tests.unit.people import MAC, MAC2, NET, PORT, SUBNET, US, a_network, a_port


def test_which_facts_claim_what():
    assert claims_of(a_port()[0]) == Claims(take=(f"mac/{NET}/{MAC}",))
    assert claims_of(AddressAllocated(PORT, SUBNET, "10.0.0.5")) == Claims(take=(f"ip/{SUBNET}/10.0.0.5",))
    assert claims_of(AddressReleased(PORT, SUBNET, "10.0.0.5")) == Claims(release=(f"ip/{SUBNET}/10.0.0.5",))
    moved = PortMacChanged(PORT, NET, MAC, MAC2)
    assert claims_of(moved) == Claims((f"mac/{NET}/{MAC2}",), (f"mac/{NET}/{MAC}",))
    assert claims_of(PortDeleted(PORT, NET, US, MAC, "", "", "")) == Claims(release=(f"mac/{NET}/{MAC}",))
    assert claims_of(NetworkRenamed(NET, "a", "b")) == Claims()


def test_which_segments_claim_what():
    def claimed(type, physnet, number):
        taken = claims_of(a_network(network_type=type, physical_network=physnet, segmentation_id=number)).take
        assert claims_of(NetworkDeleted(NET, US, type, physnet, number)).release == taken
        return taken

    assert claimed("vxlan", None, 7) == ("vni/7",)
    assert claimed("vlan", "physnet1", 7) == ("vlan/physnet1/7",)
    assert claimed("flat", "public", None) == ("flat/public",)
    assert claimed("local", None, None) == ()


def holdings(resources) -> dict[str, str]:
    """What living resources hold: {claim: stream}."""
    out: dict[str, str] = {}
    for stream, resource in resources.items():
        if resource is None:
            continue
        state, keys = resource.state, []
        if stream.startswith("network-"):
            segment = state.segment
            keys = segment_claim(segment.network_type, segment.physical_network, segment.segmentation_id)
        elif stream.startswith("rbac_policy-"):
            keys = [policy_claim(state.object_id, state.action, state.target_project)]
        elif stream.startswith("port-"):
            held = [ip_claim(one.subnet_id, one.ip_address) for one in state.fixed_ips]
            keys = [mac_claim(state.network_id, state.mac_address), *held]
        elif stream.startswith("router-"):
            keys = [router_port_claim(state.id, one.subnet_id) for one in state.interfaces]
        elif stream.startswith("security_group_rule-"):
            keys = [f"sg-rule/{state.security_group_id}/{same_rule(state)}"]
        elif stream.startswith("floatingip-") and state.target:
            keys = [floating_claim(state.target.port_id, state.target.ip_address)]
        for key in keys:
            assert key not in out, f"{key} is held by {stream} and {out[key]}"
            out[key] = stream
    return out


@given(histories)
@settings(max_examples=60, deadline=None)
def test_what_is_claimed_is_exactly_what_living_resources_hold(history):
    life = Life()
    for command in (*START, *history):
        life.does(command)
        assert life.log.claims() == holdings(fold_recorded(life.log.read(0, 10_000)))


@given(histories)
@settings(max_examples=60, deadline=None)
def test_a_refused_command_leaves_no_trace(history):
    life = Life().lives([])
    for command in history:
        before = life.log.head()
        if life.does(command) is None:
            assert life.log.head() == before
        assert all(one.status < 500 for one in life.refused), life.refused
