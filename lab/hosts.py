"""Three hypervisors on one machine: namespaces with their own Open vSwitch, joined by a fourth namespace that is the switch."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from lab.namespaces import Namespaces, delete, links, pings, veth, with_suffix
from lab.shell import ToolFailed, run

HOSTS = ("compute1", "compute2", "compute3")
NETWORKS = {"underlay": "eth0", "physnet1": "eth1", "public": "eth2"}  # segment of the switch: a host's NIC on it
WIRE_MTU = 1600  # bytes; room for VXLAN's 50 and a VLAN tag around what guests send
PHYSICAL_MTU = 1550  # told to the services, so that VXLAN networks have the usual 1500
UNDERLAY = "172.31.240"
PROTOCOLS = "OpenFlow10,OpenFlow13,OpenFlow14,OpenFlow15"


@dataclass(frozen=True)
class Host:
    """One hypervisor. `name`: as Nova knows it. `netns`: its namespace. `run`: folder of its Open vSwitch's sockets and database."""

    name: str
    number: int
    netns: str
    run: Path

    @property
    def tunnel_ip(self) -> str:
        """Address on the underlay."""
        return f"{UNDERLAY}.{self.number}"

    @property
    def suffix(self) -> str:
        """End of the names of namespaces that this host's agents make."""
        return f"@{self.netns}"

    @property
    def environment(self) -> dict[str, str]:
        """Environment in which ovs-* tools talk to this host's Open vSwitch."""
        names = ("OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR")
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", **{name: str(self.run) for name in names}}

    def vsctl(self, *arguments: str) -> str:
        """ovs-vsctl on this host; waits until vswitchd has done it."""
        return run("ovs-vsctl", "--retry", "--timeout=15", *arguments, env=self.environment)

    def agent_settings(self) -> dict[str, str]:
        """NETLEDGER_ settings of an agent on this host."""
        return {
            "NETLEDGER_HOST": self.name,
            "NETLEDGER_NETNS": self.netns,
            "NETLEDGER_OVS_RUNDIR": str(self.run),
            "NETLEDGER_NAMESPACE_SUFFIX": self.suffix,
            "NETLEDGER_BRIDGE_MAPPINGS": "physnet1:br-physnet1,public:br-public",
            "NETLEDGER_TUNNEL_IP": self.tunnel_ip,
            "NETLEDGER_STATE_DIR": str(self.run / "state"),
            "NETLEDGER_AVAILABILITY_ZONE": "nova",
        }

    def switch_commands(self) -> dict[str, tuple[str, ...]]:
        """{program: command line} of this host's Open vSwitch, in the foreground, to run in its namespace."""
        quiet = ("-vconsole:warn", "-vsyslog:off", "-vfile:off", "--no-chdir", "--overwrite-pidfile")
        socket, database = f"{self.run}/db.sock", f"{self.run}/conf.db"
        server = ("/usr/sbin/ovsdb-server", database, f"--remote=punix:{socket}")
        switch = ("/usr/sbin/ovs-vswitchd", f"unix:{socket}")
        return {
            "ovsdb-server": (*server, f"--pidfile={self.run}/ovsdb-server.pid", *quiet),
            "ovs-vswitchd": (*switch, f"--pidfile={self.run}/ovs-vswitchd.pid", *quiet),
        }


class Lab:
    """The hosts and the switch between them. `prefix`: put before every namespace's name; two labs need different ones."""

    def __init__(self, folder: Path, prefix: str = "", names: tuple[str, ...] = HOSTS) -> None:
        self.namespaces = Namespaces(folder / "namespaces")
        self.prefix, self.switch = prefix, f"{prefix}underlay"
        self.hosts = tuple(
            Host(name, 10 + number, f"{prefix}{name}", folder / "hosts" / name) for number, name in enumerate(names, 1)
        )

    def host(self, name: str) -> Host:
        """A host by its name. Raises KeyError."""
        return {host.name: host for host in self.hosts}[name]

    def names(self) -> list[str]:
        """Names of the lab's namespaces."""
        return [self.switch, *(host.netns for host in self.hosts)]

    def build(self) -> set[str]:
        """Make the namespaces, the wires and each host's empty switch database; what is there stays.

        Names of the hosts that got a namespace or a NIC: what still runs there holds on to the old ones and must be restarted.
        """
        if self.namespaces.ensure(self.switch):
            _without_ipv6(self.switch)
        for network in NETWORKS:
            _segment(self.switch, network)
        rewired = set()
        for host in self.hosts:
            if self.namespaces.ensure(host.netns):
                _without_ipv6(host.netns)
                _answering_for_itself(host.netns)
            if self._wire(host):
                rewired.add(host.name)
            (host.run / "state").mkdir(parents=True, exist_ok=True)
            if not (host.run / "conf.db").exists():
                run("ovsdb-tool", "create", f"{host.run}/conf.db", "/usr/share/openvswitch/vswitch.ovsschema")
        return rewired

    def _wire(self, host: Host) -> bool:
        """Plug the NICs that are missing into the switch; whether there were any."""
        missing, taken = NETWORKS.keys() - self._plugged(host), links(self.switch)
        for network in missing:
            nic, port = NETWORKS[network], switch_port(network, host)
            if port in taken:  # a lost namespace lives on, unnamed, as long as a process does; so do its ends of wires
                run("ip", "-n", self.switch, "link", "del", port)
            veth(host.netns, nic, self.switch, port, WIRE_MTU)
            run("ip", "-n", self.switch, "link", "set", port, "master", network)
        return bool(missing)

    @staticmethod
    def _plugged(host: Host) -> set[str]:
        have = links(host.netns)
        return {network for network, nic in NETWORKS.items() if nic in have}

    def unreachable(self) -> list[tuple[str, str]]:
        """(host, other host) of those that get no answer over the underlay from the next one now. Needs root."""
        pairs = zip(self.hosts, (*self.hosts[1:], self.hosts[0]), strict=True)
        return [(one.name, other.name) for one, other in pairs if not pings(one.netns, other.tunnel_ip)]

    def configure(self) -> None:
        """Make each host's bridges with their NICs and its tunnel address; safe to repeat. The switches must run."""
        for host in self.hosts:
            bridges: list[str] = ["--", "set", "Open_vSwitch", ".", f"external_ids:system-id={host.netns}"]
            for bridge, nic, mode in (
                ("br-ul", "eth0", "standalone"),
                ("br-physnet1", "eth1", "secure"),
                ("br-public", "eth2", "secure"),
            ):
                bridges += ["--", "--may-exist", "add-br", bridge, "--", "set", "Bridge", bridge]
                bridges += ["datapath_type=netdev", f"fail_mode={mode}", f"protocols={PROTOCOLS}"]
                bridges += ["--", "--may-exist", "add-port", bridge, nic]
            # A fixed address, so that neighbours stay right when the switch restarts.
            bridges += ["--", "set", "Bridge", "br-ul", f'other-config:hwaddr="02:00:ac:1f:f0:{host.number:02x}"']
            bridges += ["--", "set", "Interface", "br-ul", f"mtu_request={WIRE_MTU}"]
            host.vsctl(*bridges)
            _await_link(host.netns, "br-ul")
            run("ip", "-n", host.netns, "addr", "replace", f"{host.tunnel_ip}/24", "dev", "br-ul")
            run("ip", "-n", host.netns, "link", "set", "br-ul", "mtu", str(WIRE_MTU), "up")

    def clear(self) -> None:
        """Remove every namespace of the lab and of its agents, with all processes in them. Safe to repeat."""
        ours = self.namespaces.names()
        for host in self.hosts:
            for name in with_suffix(host.suffix) if host.netns in ours else ():
                delete(name)
        self.namespaces.remove()


def switch_port(network: str, host: Host) -> str:
    """The switch's end of a host's wire to this segment."""
    return f"{network[:8]}-{host.number}"


def _segment(switch: str, name: str) -> None:
    if name not in links(switch):
        run("ip", "-n", switch, "link", "add", name, "mtu", str(WIRE_MTU), "type", "bridge")
        run("ip", "-n", switch, "link", "set", name, "up")


def _await_link(netns: str, name: str, seconds: float = 15.0) -> None:
    """A switch that has just started over an old database has its bridges on record before it has made them."""
    deadline = time.monotonic() + seconds
    while name not in links(netns):
        if time.monotonic() > deadline:
            raise ToolFailed(f"ovs-vswitchd in {netns} did not make {name} within {seconds:.0f} s")
        time.sleep(0.02)


def _without_ipv6(netns: str) -> None:
    """Hypervisors and switches send nothing of their own on the segments."""
    for which in ("all", "default"):
        run("ip", "netns", "exec", netns, "sysctl", "-qw", f"net.ipv6.conf.{which}.disable_ipv6=1")


def _answering_for_itself(netns: str) -> None:
    """A NIC that a bridge owns must not answer ARP for the bridge's address with its own MAC: the tunnels of whoever believes it
    lead nowhere, although the kernel takes the packets and every ping is answered."""
    run("ip", "netns", "exec", netns, "sysctl", "-qw", "net.ipv4.conf.all.arp_ignore=1")
