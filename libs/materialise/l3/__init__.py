"""Routers on one host: what they should be (`desired`), what that looks like (`render`), what to change (`plan`). Pure.

What the agent asks of the hands (`libs.kernel`). Every verb takes `items`, a batch, and answers with a list, one per item:
{"changes": [text, one per thing changed], "error": text or None}; an item that fails does not stop its neighbours; nothing to
do is no change. Namespaces are named `qrouter-<id><suffix>`, the switch's end of a device is `tap<11>`, the inner one `qr-<11>`
or `qg-<11>`.

`links.ensure`, more than it did (all optional; without them nothing differs from before):
    item["sysctls"]: [["net.ipv4.ip_forward", "1"], ..], set in this order in the namespace, before addresses and routes;
    item["routes"]: entries of three, [destination CIDR, gateway or "" for on-link, device]; those without gateway are made
        first. A destination whose gateway or device differs is replaced (no moment without it), other routes of ours in the
        main table go;
    answer["addresses"]: [[device, CIDR]] that were added; answer["made"]: names of the namespace and the devices that are new.
`addresses.change`: {"namespace", "device", "add": [CIDR], "remove": [CIDR]}; those that are there, or gone, already are no
    change. Answer also "addresses" as above. 1,000 in one call cost about 10 ms.
`nat.read(namespaces=[name], table="netledger")` -> {name: the list under "nftables" of `nft -j list table ip <table>`, then
    that of ip6 where there is one; None without the former}; a namespace that does not exist is left out.
`nat.apply`: {"namespace", "text"}: one `nft -f -`, all or nothing. The text comes from `nft.text` or `nft.change_text`, nowhere
    else.
`conntrack.cut`: {"namespace", "addresses": [[side, address]]}; side: orig-src, orig-dst, reply-src, reply-dst. No change when
    none matched.
`arp.announce`: {"namespace", "device", "mac", "addresses": [address without prefix]}: gratuitous ARP (IPv4), unsolicited
    neighbour advertisement with override and router flag (IPv6), now and some more times within two seconds; answers at once. Not
    counted as a change.
`radvd.ensure`: {"namespace", "folder", "text"}: radvd runs in the namespace with this configuration; folder is absolute, one
    per router, named like the namespace, and holds its files. It outlives the hands and is found again by its folder, as
    dnsmasq is. Another text is a reload, not a restart. "restart": true where devices that it names are new. `{"notify":
    {"radvd_ended": folder}}` when it dies.
`radvd.remove(folders=[folder])`: it says farewell (lifetime 0) and goes, with its folder.
`radvd.advertise(folders=[folder])`: those that run advertise again some times within two seconds; answers at once. Not counted as
    a change.
`radvd.list(root)` -> names of the folders in root.
`links.list`, `links.remove`, `plugs.read`, `plugs.ensure`, `plugs.remove`: as agent_dhcp uses them, owner `netledger-l3`.

Order for a router: links, nat, radvd, then plugs (no guest's packet before the translation stands), then arp, and
radvd speaks again. What leaves goes the other way: elements, conntrack, addresses; plugs, radvd, links.
"""

from libs.materialise.l3.desired import GUESTS, Desired, View
from libs.materialise.l3.nft import NatChange
from libs.materialise.l3.objects import NAMESPACE_PREFIX, Device, Nat, Place, Route, Wanted, folder_of, namespace_of
from libs.materialise.l3.plan import Work, plan
from libs.materialise.l3.render import serve

__all__ = [
    "GUESTS",
    "NAMESPACE_PREFIX",
    "Desired",
    "Device",
    "Nat",
    "NatChange",
    "Place",
    "Route",
    "View",
    "Wanted",
    "Work",
    "folder_of",
    "namespace_of",
    "plan",
    "serve",
]
