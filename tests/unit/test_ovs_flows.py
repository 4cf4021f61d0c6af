"""The golden mapping between local VLAN and segment (Folsom's table), texts, names, local VLANs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.materialise.ovs import render, vlans
from libs.materialise.ovs.flow import Flow, FlowBody, FlowId, cookie_of, delete_line, is_ours, parse, text_of
from libs.materialise.ovs.things import Network
from libs.materialise.ovs.view import int_patch, phy_patch, tunnel_name
from libs.model import Segment

LV, INT, PHY = 9, 3, 4


def _texts(flows: list[Flow]) -> set[str]:
    return {f"{id.bridge} {text_of(id, body).partition(',')[2]}" for id, body in flows}


def _network(kind: str, physnet: str | None, segment: int | None) -> Network:
    return Network("n", Segment(kind, physnet, segment), True, 42)


def test_a_provider_vlan_is_mapped_both_ways() -> None:
    assert _texts(render.provider(_network("vlan", "p", 101), LV, "br-p", INT, PHY)) == {
        "br-int table=0,priority=3,in_port=3,dl_vlan=101 actions=pop_vlan,load:0x9->NXM_NX_REG6[],resubmit(,60)",
        "br-p table=0,priority=4,in_port=4,dl_vlan=9 actions=set_field:4197->vlan_vid,NORMAL",
        "br-p table=0,priority=2,dl_vlan=101 actions=NORMAL",
    }


def test_a_flat_network_is_untagged_outside() -> None:
    assert _texts(render.provider(_network("flat", "p", None), LV, "br-p", INT, PHY)) == {
        "br-int table=0,priority=3,in_port=3,vlan_tci=0x0000/0x1fff actions=load:0x9->NXM_NX_REG6[],resubmit(,60)",
        "br-p table=0,priority=4,in_port=4,dl_vlan=9 actions=pop_vlan,NORMAL",
        "br-p table=0,priority=2,vlan_tci=0x0000/0x1fff actions=NORMAL",
    }


def test_an_overlay_is_mapped_to_its_vni_and_floods_to_those_who_share_it() -> None:
    assert _texts(render.overlay(_network("vxlan", None, 5001), LV, 1, 2, [7, 5, 7])) == {
        "br-int table=0,priority=3,in_port=1,dl_vlan=9 actions=pop_vlan,load:0x9->NXM_NX_REG6[],resubmit(,60)",
        "br-tun table=4,priority=1,tun_id=0x1389 actions=push_vlan:0x8100,set_field:4105->vlan_vid,output:2",
        "br-tun table=22,priority=1,dl_vlan=9 actions=pop_vlan,set_field:0x1389->tun_id,output:5,output:7",
    }


def test_every_table_drops_by_default() -> None:
    static = {
        "br-int": render.integration_static(),
        "br-tun": render.tunnel_static(1),
        "br-p": render.physical_static("br-p", PHY),
    }
    for flows in static.values():
        tables = {id.table for id, _ in flows}
        last = {table: min((id.priority, body.actions) for id, body in flows if id.table == table) for table in tables}
        assert {action for _, action in last.values()} <= {"drop", "resubmit(,22)"}, "21 goes on to 22, which drops"


def test_cookies_carry_our_tag_and_a_position() -> None:
    assert cookie_of(5) == 0x4E4C000000000005
    assert is_ours(cookie_of(2**47)) and not is_ours(5) and not is_ours(0x4E4D << 48)


def test_a_removal_names_its_cookie_so_that_another_flow_in_its_place_stays() -> None:
    line = delete_line(FlowId("b", 0, 3, "in_port=1"), FlowBody("drop", cookie_of(7)))
    assert line == "delete_strict cookie=0x4e4c000000000007/-1,table=0,priority=3,in_port=1"


@pytest.mark.parametrize(
    ("line", "id", "body"),
    [
        (" priority=0 actions=NORMAL", FlowId("b", 0, 0, ""), FlowBody("NORMAL", 0)),
        (" cookie=0x1, in_port=2 actions=drop", FlowId("b", 0, 32768, "in_port=2"), FlowBody("drop", 1)),
        (" table=4, actions=drop", FlowId("b", 4, 32768, ""), FlowBody("drop", 0)),
    ],
)
def test_what_dump_flows_leaves_out_is_known(line: str, id: FlowId, body: FlowBody) -> None:
    assert parse("b", line) == (id, body)


def test_other_lines_are_no_flows() -> None:
    assert parse("b", "OFPST_FLOW reply (OF1.4) (xid=0x2):") is None


@given(
    st.integers(0, 254), st.integers(0, 65535), st.sampled_from(["", "in_port=1", "reg6=0x1,dl_dst=fa:16:3e:00:00:01"])
)
def test_a_flows_text_is_read_back_as_it_was_written(table: int, priority: int, match: str) -> None:
    flow = FlowId("b", table, priority, match), FlowBody("output:1,resubmit(,60)", cookie_of(priority))
    assert parse("b", text_of(*flow)) == flow


def test_names_fit_an_interface() -> None:
    assert (int_patch("br-physnet1"), phy_patch("br-physnet1")) == ("int-br-physnet1", "phy-br-physnet1")
    long = [int_patch(f"br-physical-network-{number}") for number in range(50)]
    assert len(set(long)) == 50 and all(len(name) == 15 for name in long)
    assert tunnel_name("192.0.2.1") == "vxlan-c0000201"
    assert len(tunnel_name("2001:db8::1")) <= 15


def test_local_vlans_are_distinct_until_there_are_no_more() -> None:
    taken: set[int] = set()
    for number in range(4094):
        vlan = vlans.choose(f"network-{number}", taken)
        assert vlan is not None and vlan not in taken and 0 < vlan < vlans.DEAD_VLAN
        taken.add(vlan)
    assert vlans.choose("one more", taken) is None


def test_a_network_gets_the_same_local_vlan_again_whoever_came_before() -> None:
    assert vlans.choose("n", {1, 2, 3}) == vlans.choose("n", {7, 8})
