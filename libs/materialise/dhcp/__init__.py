"""DHCP on one host: what its networks should be (`desired`), what that looks like (`render`), what to change (`plan`). Pure."""

from libs.materialise.dhcp.desired import Desired, View
from libs.materialise.dhcp.objects import Device, Place, Served, folder_of, namespace_of
from libs.materialise.dhcp.plan import NO_CHANGE, FilesChange, PortFiles, files_change
from libs.materialise.dhcp.render import port_files, serve, text_of

__all__ = [
    "NO_CHANGE",
    "Desired",
    "Device",
    "FilesChange",
    "Place",
    "PortFiles",
    "Served",
    "View",
    "files_change",
    "folder_of",
    "namespace_of",
    "port_files",
    "serve",
    "text_of",
]
