"""DHCP on one host: what its networks should be (`desired`), what that looks like (`render`), what to change (`plan`). Pure."""

from libs.materialise.dhcp.desired import Desired, View
from libs.materialise.dhcp.objects import Device, Place, Served, folder_of, namespace_of
from libs.materialise.dhcp.plan import HostsChange, hosts_change
from libs.materialise.dhcp.render import port_hosts, serve, text_of

__all__ = [
    "Desired",
    "Device",
    "HostsChange",
    "Place",
    "Served",
    "View",
    "folder_of",
    "hosts_change",
    "namespace_of",
    "port_hosts",
    "serve",
    "text_of",
]
