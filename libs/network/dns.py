"""Names of guests: what a name may look like, and which name each address has.

Source: neutron_lib.api.validators.dns and neutron.plugins.ml2.extensions.dns_integration of Neutron 29. Unlike there a name counts
also while the domain is still the default one, and a name made of an address ends in no hyphen (dnsmasq would not take it).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

FQDN_SIZE = 255
_LABEL = re.compile(r"[a-z0-9-]{1,63}")
_DIGITS = re.compile(r"[0-9]+")


def flaw(name: str) -> str:
    """Why `name` (lower case, with or without a dot at its end) is none; empty when it is one."""
    trimmed = name[:-1] if name.endswith(".") else name
    if len(trimmed) > FQDN_SIZE:
        return f"'{trimmed}' exceeds the {FQDN_SIZE} character FQDN limit"
    labels = trimmed.split(".")
    found = next((bad for label in labels if (bad := _flaw_of_label(label))), "")
    if not found and len(labels) > 1 and _DIGITS.fullmatch(labels[-1]):
        return f"TLD '{labels[-1]}' must not be all numeric"
    return found


def _flaw_of_label(label: str) -> str:
    if not label:
        return "Encountered an empty component"
    if label.startswith("-") or label.endswith("-"):
        return f"Name '{label}' must not start or end with a hyphen"
    if not _LABEL.fullmatch(label):
        return f"Name '{label}' must be 1-63 characters long, each of which can only be alphanumeric or a hyphen"
    return ""


def flaw_below(name: str, domain: str) -> str:
    """Why a guest below `domain` cannot have this name; empty when it can."""
    above = f".{domain}" if domain else ""
    if not name.endswith("."):
        if len(name) + len(above) > FQDN_SIZE:
            return f"The dns_name passed is too long to stand below the dns_domain '{domain}'"
        return ""
    if len(name) <= len(above) or not name.endswith(above):
        return (
            f"The dns_name passed is a FQDN. Its higher level labels must be equal to the dns_domain option '{domain}'"
        )
    return ""


def host_label(ip_address: str) -> str:
    """`host-10-0-0-5`; `fd00::` becomes `host-fd00--0`."""
    label = f"host-{ip_address.replace('.', '-').replace(':', '-')}"
    return f"{label}0" if label.endswith("-") else label


def assignments(name: str, domain: str, ip_addresses: Iterable[str]) -> list[dict[str, str]]:
    """[{ip_address, hostname, fqdn}] of a port with this name, empty: named by its addresses."""
    return [_assignment(name or host_label(one), domain, one) for one in ip_addresses]


def _assignment(label: str, domain: str, ip_address: str) -> dict[str, str]:
    whole = label if label.endswith(".") or not domain else f"{label}.{domain}"
    return {"ip_address": ip_address, "hostname": label, "fqdn": whole}
