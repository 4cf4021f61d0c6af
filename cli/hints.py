"""What a stranger is told when the system is up."""

from __future__ import annotations

from functools import partial

from rich.console import Console

from cli import plan
from libs.config import load


def show(console: Console) -> None:
    """Print the endpoint and how to use it."""
    url, say, mode = plan.api_url(), partial(console.print, soft_wrap=True), load().auth
    say(f"\n[bold]netledger answers at {url}[/bold] (authentication: {mode})\n")
    if mode == "none":
        say(f"  curl -s {url}/v2.0/networks")
        say("  pip install python-openstackclient   # in a virtual environment of your own, then")
        say(f"  openstack --os-auth-type none --os-endpoint {url} network create blue")
        say(f"  openstack --os-auth-type none --os-endpoint {url} port list")
    else:
        say(
            f"  openstack endpoint create network public {url}   # once, after `service create --name netledger network`"
        )
        say("  openstack network create blue")
    say("\n  ./netledger status    what runs      ./netledger demo    virtual servers boot on it")
    say("  ./netledger log ID    what happened  ./netledger down    stop and remove it all\n")
