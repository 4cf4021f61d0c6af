"""A tenant and an operator at the `openstack` command line: everything is made, listed, changed and deleted again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from telling import Teller, must

OPENSTACK = str(Path(sys.executable).with_name("openstack"))


def openstack(*words: str, cloud: str = "demo", fails: bool = False) -> Any:
    """What a command tells as JSON, None when it tells nothing. `fails`: it has to. Raises AssertionError."""
    shows = {"create", "show", "list", "add", "details"} & {*words} and "tag" not in words
    json_too = ["-f", "json"] if shows and "add" not in words else []
    env = {**os.environ, "OS_CLOUD": cloud}
    done = subprocess.run([OPENSTACK, *words, *json_too], env=env, capture_output=True, text=True, timeout=120)
    must(
        bool(done.returncode) == fails,
        f"{' '.join(words)}: {done.returncode} {done.stdout[-500:]} {done.stderr[-1500:]}",
    )
    return json.loads(done.stdout) if json_too and not fails else None


def networks() -> None:
    """Networks and subnets."""
    made = openstack("network", "create", "--description", "by hand", "cli-net")
    must(made["name"] == "cli-net" and made["status"] == "ACTIVE")
    subnet = openstack("subnet", "create", "--network", "cli-net", "--subnet-range", "10.79.0.0/24", "cli-subnet")
    must(subnet["gateway_ip"] == "10.79.0.1")
    must([one["Name"] for one in openstack("network", "list", "--name", "cli-net")] == ["cli-net"])


def security_groups() -> None:
    """A group with a rule."""
    openstack("security", "group", "create", "cli-web")
    rule = ("--ingress", "--protocol", "tcp", "--dst-port", "22:23", "--remote-ip", "10.0.0.0/8")
    openstack("security", "group", "rule", "create", *rule, "cli-web")
    rules = openstack("security", "group", "rule", "list", "cli-web")
    must(len(rules) == 3 and any(one["Port Range"] == "22:23" for one in rules), str(rules))


def ports() -> None:
    """A port with an address of the user's choice."""
    wish = (
        "--network",
        "cli-net",
        "--fixed-ip",
        "subnet=cli-subnet,ip-address=10.79.0.50",
        "--security-group",
        "cli-web",
    )
    port = openstack("port", "create", *wish, "cli-port")
    must(port["fixed_ips"][0]["ip_address"] == "10.79.0.50", str(port["fixed_ips"]))
    must(len(openstack("port", "list", "--network", "cli-net", "--fixed-ip", "ip-address=10.79.0.50")) == 1)


def routers() -> None:
    """A router with its gateway, and a floating IP."""
    public = openstack("network", "list", "--external")[0]["ID"]
    openstack("router", "create", "cli-router")
    openstack("router", "set", "--external-gateway", public, "cli-router")
    openstack("router", "add", "subnet", "cli-router", "cli-subnet")
    floating = openstack("floating", "ip", "create", "--port", "cli-port", public)
    must(floating["fixed_ip_address"] == "10.79.0.50")
    openstack("floating", "ip", "delete", floating["id"])


def tags() -> None:
    """Tags, set and filtered by."""
    openstack("network", "set", "--tag", "cli", "cli-net")
    must([one["Name"] for one in openstack("network", "list", "--tags", "cli")] == ["cli-net"])
    openstack("network", "unset", "--tag", "cli", "cli-net")


def quotas() -> None:
    """The operator's quotas."""
    openstack("quota", "set", "--networks", "33", "demo", cloud="admin")
    shown = openstack("quota", "show", "--network", "demo", cloud="admin")
    must(any(33 in (one.get("Limit"), one.get("networks")) for one in shown), str(shown))
    openstack("quota", "delete", "--network", "demo", cloud="admin")


def agents() -> None:
    """The operator's agents."""
    must(len(openstack("network", "agent", "list", cloud="admin")) >= 9)


def sharing() -> None:
    """RBAC: shared with another project, and not any more."""
    theirs = ("--target-project", "alt_demo", "--action", "access_as_shared", "--type", "network")
    policy = openstack("network", "rbac", "create", *theirs, "cli-net", cloud="admin")
    must(openstack("network", "show", "cli-net", cloud="alt_demo")["name"] == "cli-net")
    openstack("network", "rbac", "delete", policy["id"], cloud="admin")
    openstack("network", "show", "cli-net", cloud="alt_demo", fails=True)


def end() -> None:
    """All is deleted."""
    openstack("router", "remove", "subnet", "cli-router", "cli-subnet")
    for words in (("router",), ("port",), ("security", "group"), ("network",)):
        openstack(*words, "delete", f"cli-{ {'group': 'web', 'network': 'net'}.get(words[-1], words[-1]) }")
    openstack("network", "show", "cli-net", fails=True)


if __name__ == "__main__":
    teller = Teller()
    for story in (networks, security_groups, ports, routers, tags, quotas, agents, sharing, end):
        teller.step(str(story.__doc__), story)
    teller.end()
