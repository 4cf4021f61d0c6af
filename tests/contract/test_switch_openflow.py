"""Our OpenFlow socket against Open vSwitch: it writes what ovs-ofctl would write, all of it or nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.kernel import flows
from libs.kernel.openflow_bundle import Connection, Rejected
from libs.kernel.openflow_encode import Unencodable, flow_mod
from libs.materialise.ovs.flow import add_line, delete_line
from tests.contract.switch_rigs import RealRig
from tests.contract.test_switch_contract import Told

pytestmark = pytest.mark.root
BRIDGES = ("br-int", "br-tun", "br-physnet1", "br-public")


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    with tempfile.TemporaryDirectory(prefix="nlo") as folder:
        rig = RealRig(Path(folder))
        try:
            yield Told(rig)
        finally:
            rig.close()


def _apply(told: Told, bridge: str, *lines: str) -> None:
    with Connection(f"{told.rig.rundir}/{bridge}.mgmt", 5) as connection:
        connection.apply(lines)


def _read(told: Told, bridge: str) -> list[str]:
    return sorted(flows.read(told.rig.rundir, bridge))


@pytest.mark.parametrize("bridge", BRIDGES)
def test_every_kind_of_flow_comes_out_as_ovs_ofctl_writes_it(told: Told, bridge: str) -> None:
    wanted = [(id, body) for id, body in told.brain._host.book.wanted.items() if id.bridge == bridge]
    assert wanted
    _apply(told, bridge, *(delete_line(id, body) for id, body in wanted))
    assert _read(told, bridge) == []
    flows._run(told.rig.rundir, bridge, "add-flows", "-", text="\n".join(add_line(*flow) for flow in wanted) + "\n")
    by_ofctl = _read(told, bridge)
    _apply(told, bridge, *(delete_line(id, body) for id, body in wanted))
    _apply(told, bridge, *(add_line(id, body) for id, body in wanted))
    assert _read(told, bridge) == by_ofctl and len(by_ofctl) == len(wanted)


def test_what_the_switch_rejects_leaves_nothing_behind(told: Told) -> None:
    before = _read(told, "br-int")
    with pytest.raises(Rejected):
        _apply(
            told, "br-int", "add table=9,priority=1 actions=drop", "add table=9,priority=2 actions=output:4294967295"
        )
    assert _read(told, "br-int") == before


def test_a_removal_spares_a_flow_with_another_cookie(told: Told) -> None:
    _apply(told, "br-int", "add cookie=0x1,table=9,priority=1 actions=drop")
    _apply(told, "br-int", "delete_strict cookie=0x2/-1,table=9,priority=1")
    assert any("table=9" in line for line in _read(told, "br-int"))
    _apply(told, "br-int", "delete_strict cookie=0x1/-1,table=9,priority=1")
    assert not any("table=9" in line for line in _read(told, "br-int"))


def test_the_verb_takes_the_socket_for_few_and_ovs_ofctl_for_what_it_does_not_know(told: Told) -> None:
    assert flows._apply_few(told.rig.rundir, "br-int", ["add cookie=0x5,table=9,priority=1 actions=drop"])
    strange = "add cookie=0x5,table=9,priority=2,ip,nw_tos=4 actions=drop"
    assert not flows._apply_few(told.rig.rundir, "br-int", [strange])
    assert flows.apply(told.rig.rundir, "br-int", [strange]) == 1
    assert len([line for line in _read(told, "br-int") if "table=9" in line]) == 2
    flows.apply(told.rig.rundir, "br-int", [f"delete_strict cookie=0x5/-1,table=9,priority={n}" for n in (1,)])
    flows.apply(told.rig.rundir, "br-int", ["delete_strict cookie=0x5/-1,table=9,priority=2,ip,nw_tos=4"])
    assert not any("table=9" in line for line in _read(told, "br-int"))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "modify table=1,priority=1 actions=drop",
        "add table=1,priority=1,ip,nw_tos=4 actions=drop",
        "add table=1,priority=1,ip,nw_frag=first actions=drop",
        "add table=1,priority=1,ct_state=+trkk actions=drop",
        "add table=1,priority=1,tcp,icmp_type=1 actions=drop",
        "add table=1,priority=1,ipv6,ipv6_src=10.0.0.1 actions=drop",
        "add table=1,priority=1 actions=ct(commit,zone=NXM_NX_REG5[0..7])",
        "add table=1,priority=1 actions=ct(commit,force,zone=NXM_NX_REG5[0..15])",
        "add table=1,priority=1 actions=resubmit(1,2)",
        "add table=1,priority=1 actions=learn(table=20)",
        "add table=1,priority=1,in_port=LOCAL actions=drop",
        "add table=300,priority=1 actions=drop",
        "add table=1,priority=1,dl_dst=zz:00:00:00:00:00 actions=drop",
        "add table=1,priority=1,arp_tpa=10.0.0.999 actions=drop",
        "add table=1,priority=1 actions=output:",
    ],
)
def test_what_is_not_ours_is_not_encoded(line: str) -> None:
    with pytest.raises(Unencodable):
        flow_mod(line, 1)
