"""What a stranger is told when the system is up."""

from __future__ import annotations

from rich.console import Console

from cli import plan


def show(console: Console) -> None:
    """Print the endpoint and how to use it."""
    url = plan.api_url()
    console.print(f"\n[bold]netledger answers at {url}[/bold] (authentication: none)\n")
    console.print(f"  curl -s {url}/v2.0/networks")
    console.print("  pip install python-openstackclient   # in a virtual environment of your own, then")
    console.print(f"  openstack --os-auth-type none --os-endpoint {url} network create blue")
    console.print(f"  openstack --os-auth-type none --os-endpoint {url} port list")
    console.print("\n  ./netledger status    what runs      ./netledger demo    virtual servers boot on it")
    console.print("  ./netledger log ID    what happened  ./netledger down    stop and remove it all\n")
