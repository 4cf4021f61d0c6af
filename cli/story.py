"""`./netledger demo`: the story of lab/demo.py on this machine, with a table of what happened."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from cli import ledger, plan
from cli.places import Places
from cli.system import System, for_a_while
from lab.demo import Story, StoryFailed


def play(places: Places, console: Console, say: Callable[[str], None]) -> int:
    """Start what does not run, play, stop what was started. 0 when everything was as it must be. Raises as `System.up` does."""
    with for_a_while(System(places, say)):
        return _play(places, console, say)


def _play(places: Places, console: Console, say: Callable[[str], None]) -> int:
    story = Story(plan.api_url(), plan.lab_of(places), ledger.database_url(places), say)
    shown: list[str] = []
    try:
        story.play(shown.append)
    except (StoryFailed, RuntimeError, OSError) as error:
        console.print(f"\n[bold red]FAILED[/bold red] {error}\nlogs: {places.log}")
        return 1
    finally:
        console.print(_table(story))
        for port_id in shown:
            ledger.history(places, console, port_id)
    console.print("\n[bold green]It works.[/bold green] Next: ./netledger up, and the tour in docs/architecture.md")
    return 0


def _table(story: Story) -> Table:
    columns = ("server", "host", "address", "POST", "plug to ACTIVE", "lease", "first ping")
    table = Table(*columns, title="\nfrom POST to ping (milliseconds)", title_justify="left", box=None)
    for name, boot in story.boots.items():
        times = (
            f"{seconds * 1000:.0f}" if seconds else "-" for seconds in (boot.post, boot.active, boot.lease, boot.ping)
        )
        table.add_row(name, boot.guest.host.name, boot.guest.address, *times)
    return table
