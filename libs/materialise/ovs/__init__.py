"""What Open vSwitch on one host must hold, worked out from facts. Pure.

facts.py (events -> what concerns this host), view.py (what OVSDB shows), vlans.py (local VLANs), render.py (facts + view -> flows),
rows.py (-> OVSDB rows), book.py (wanted flows by owner), host.py (ties them: dirty keys in, changes out).

Pipeline. br-int, packets untagged inside, reg6 = local VLAN: 0 classify by in_port -> 60 deliver. 60 knows every local MAC and
floods to the wired ports of the network, then to its uplink with the local VLAN tag; nothing is learned, nothing is NORMAL, so
a tap without flows can neither send nor receive, whatever its tag is. br-tun: 0 classify, 2 unicast or not, 4 tun_id -> local VLAN,
20 unicast by the log, 21 ARP responder, 22 flood to the hosts that share the network. Physical bridges: local VLAN <-> segment, and
only segments in use pass. Every table drops by default; 23 of br-int holds a canary.
"""
