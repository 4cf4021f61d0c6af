"""`python -m docs.generate`: writes docs/events.md and docs/settings.md from the code; a test checks that they are current."""

from __future__ import annotations

import inspect
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, get_args

from cli.settings import SETTINGS
from libs import config, events

HERE = Path(__file__).parent
SUBJECTS = (
    ("Networks", "network", events.NetworkEvent),
    ("Subnets", "subnet", events.SubnetEvent),
    ("Ports", "port", events.PortEvent),
    ("Routers", "router", events.RouterEvent),
    ("Floating IPs", "floatingip", events.FloatingIpEvent),
    ("Security groups", "security_group", events.SecurityGroupEvent),
    ("Security group rules", "security_group_rule", events.SecurityGroupRuleEvent),
    ("Address groups", "address_group", events.AddressGroupEvent),
    ("Quotas", "quota", events.QuotaEvent),
    ("RBAC policies", "rbac_policy", events.RbacPolicyEvent),
    ("Topologies made for projects", "topology", events.TopologyEvent),
    ("Agents", "agent", events.AgentEvent),
)


def events_page() -> str:
    """Every event by subject: its meaning and its fields."""
    lines = ["# Events", "", "Generated from `libs/events` by `python -m docs.generate`.", ""]
    for title, stream, union in SUBJECTS:
        lines += [f"## {title} (streams `{stream}-<id>`)", "", "| event | what happened | fields |", "|---|---|---|"]
        lines += [_event_row(event) for event in get_args(union)] + [""]
    return "\n".join(lines)


def settings_page() -> str:
    """Every setting: environment variable, default, meaning with unit."""
    lines = [
        "# Settings",
        "",
        "Generated from `libs/config.py` and `cli/settings.py` by `python -m docs.generate`. All come from the environment.",
        "For those of services and agents, `NETLEDGER_..._FILE` names a file that holds the value instead, so that secrets stay",
        "out of it; `./netledger` too takes the URLs of given servers from such files.",
        "",
        "## Services and agents",
        "",
    ]
    lines += ["| variable | default | what it is |", "|---|---|---|"]
    lines += [_setting_row(setting) for setting in fields(config.Settings)]
    lines += ["", "## `./netledger` alone", "", "| variable | default | what it is |", "|---|---|---|"]
    lines += [f"| `{name}` | `{default!r}` | {meaning} |" for name, (default, meaning) in SETTINGS.items()]
    return "\n".join(lines) + "\n"


def _event_row(event: type) -> str:
    meaning = " ".join((inspect.getdoc(event) or "").split())
    names = ", ".join(f"`{field.name}`" for field in fields(event))
    return f"| `{event.__name__}` | {meaning} | {names} |"


def _setting_row(setting: Field[Any]) -> str:
    default = setting.default_factory() if setting.default_factory is not MISSING else setting.default
    return f"| `NETLEDGER_{setting.name.upper()}` | `{default!r}` | {setting.metadata['doc']} |"


def main() -> None:
    """Write both pages."""
    (HERE / "events.md").write_text(events_page())
    (HERE / "settings.md").write_text(settings_page())


if __name__ == "__main__":
    main()
