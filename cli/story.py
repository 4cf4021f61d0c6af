"""`./netledger demo`: the story of lab/demo.py on this machine, with a table of what happened."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager

from rich.console import Console
from rich.table import Table

from cli import ledger, metadata, plan
from cli.places import Places
from cli.power import Mains
from cli.system import System, for_a_while
from lab.demo import Story
from lab.nova import Nova
from lab.nova import running as nova_running


def play(places: Places, console: Console, say: Callable[[str], None]) -> int:
    """Start what does not run, play, stop what was started. 0 when everything was as it must be. Raises as `System.up` does."""
    with for_a_while(System(places, say)):
        return _play(places, console, say)


def _play(places: Places, console: Console, say: Callable[[str], None]) -> int:
    with _nova(places) as nova:
        lab = plan.lab_of(places)
        story = Story(plan.api_url(), lab, ledger.database_url(places), say, Mains(places, lab), nova)
        return _tell(places, console, story)


def _nova(places: Places) -> AbstractContextManager[Nova | None]:
    """A stand-in where the lab's agents ask, unless the operator has a Nova for them."""
    if metadata.is_given():
        return contextlib.nullcontext()
    return nova_running(metadata.port(places), places.password("metadata"))


def _tell(places: Places, console: Console, story: Story) -> int:
    shown: list[str] = []
    failure: Exception | None = None
    try:
        story.play(shown.append)
    except (RuntimeError, OSError) as error:
        failure = error
    finally:
        console.print(_table(story))
        console.print(_routed(story))
        for port_id in shown:
            ledger.history(places, console, port_id)
    if failure:
        console.print(f"\n[bold red]FAILED[/bold red] {failure}\nlogs: {places.log}")
        return 1
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


def _routed(story: Story) -> Table:
    table = Table("what", "time", title="\nby way of the router (milliseconds)", title_justify="left", box=None)
    for what, seconds in story.times.items():
        table.add_row(what, f"{seconds * 1000:.0f}")
    return table
