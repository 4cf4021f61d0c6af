"""What a stranger is told when the system is up."""

from __future__ import annotations

from functools import partial

from rich.console import Console

from cli import plan


def show(console: Console) -> None:
    """Print the endpoint and how to use it."""
    url, say = plan.api_url(), partial(console.print, soft_wrap=True)
    say(f"\n[bold]netledger answers at {url}[/bold] (authentication: none)\n")
    say(f"  curl -s {url}/v2.0/networks")
    say("  pip install python-openstackclient   # in a virtual environment of your own, then")
    say(f"  openstack --os-auth-type none --os-endpoint {url} network create blue")
    say(f"  openstack --os-auth-type none --os-endpoint {url} port list")
    say("\n  ./netledger status    what runs      ./netledger demo    virtual servers boot on it")
    say("  ./netledger log ID    what happened  ./netledger down    stop and remove it all\n")
