"""br-int's tables of security and what is the same in them on every host. Pure."""

from __future__ import annotations

from libs.materialise.ovs.flow import Flow, flow
from libs.materialise.ovs.view import BR_INT

DELIVER = 60
SOURCE, SENDS, OUT_GROUPS, OUT_RULES, OUT_VERDICT = 71, 72, 73, 74, 75
ARRIVES, IN_GROUPS, IN_RULES, IN_VERDICT = 81, 83, 84, 85
ZONE = "zone=NXM_NX_REG5[0..15]"
TRACKED = "ct_state=-inv+trk"
ALLOW = "load:0x1->NXM_NX_REG3[]"
WHOLE = "nw_frag=no"
_OUT = "output:NXM_NX_REG5[]"
_GO_ON = f"resubmit(,{DELIVER})"

# What a guest never sends, whatever its rules say: DHCP servers' answers, IP protocol 0, redirects, router advertisements; neighbour
# discovery that no better flow let pass, in pieces (RFC 6980) or not.
_NEVER_SENT = (
    "udp,tp_dst=68",
    "udp6,tp_dst=546",
    "ip,nw_proto=0",
    "icmp,icmp_type=5",
    *(f"icmp6,icmp_type={kind}" for kind in (133, 134, 135, 136, 137)),
)
_ALWAYS_SENT = (
    f"udp,{WHOLE},tp_src=68,tp_dst=67",
    f"udp6,{WHOLE},tp_src=546,tp_dst=547",
    *(f"icmp6,{WHOLE},icmp_type={kind}" for kind in (131, 132, 133, 143)),  # multicast listeners, who is a router?
)
_NEVER_HEARD = ("icmp,icmp_type=5", *(f"icmp6,icmp_type={kind}" for kind in (134, 135, 136, 137)))
_ALWAYS_HEARD = (
    "arp",
    f"udp,{WHOLE},tp_src=67,tp_dst=68",
    f"udp6,{WHOLE},tp_src=547,tp_dst=546",
    *(f"icmp6,{WHOLE},icmp_type={kind}" for kind in (130, 134, 135, 136)),
)


def static() -> list[Flow]:
    """Each table's last resort, what every guest may and may not do, and the verdicts."""
    tables = (SOURCE, SENDS, OUT_GROUPS, OUT_RULES, OUT_VERDICT, ARRIVES, IN_GROUPS, IN_RULES, IN_VERDICT)
    out = [flow(BR_INT, table, 0, "", "drop") for table in tables]
    out += [flow(BR_INT, SENDS, 20, match, _GO_ON) for match in _ALWAYS_SENT]
    # Asked again behind conntrack: the kernel's datapath goes on with what was in pieces as a whole.
    out += [flow(BR_INT, table, 15, match, "drop") for table in (SENDS, OUT_GROUPS) for match in _NEVER_SENT]
    out += [flow(BR_INT, ARRIVES, 20, match, _OUT) for match in _ALWAYS_HEARD]
    out += [flow(BR_INT, table, 15, match, "drop") for table in (ARRIVES, IN_GROUPS) for match in _NEVER_HEARD]
    for table, pass_on in ((OUT_VERDICT, _GO_ON), (IN_VERDICT, _OUT)):
        commit = f"ct(commit,{ZONE}),{pass_on}"
        out += [flow(BR_INT, table, 20, f"ct_state=+new+trk,{word},reg3=0x1", commit) for word in ("ip", "ipv6")]
        out.append(flow(BR_INT, table, 10, "reg3=0x1", pass_on))
    return out


def track(table: int) -> str:
    """Look the packet up in the zone of the port in reg5, and go on there."""
    return f"ct(table={table},{ZONE})"
