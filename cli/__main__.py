"""The operator's command line: `./netledger COMMAND`. Each command is a few lines here; the work lies in its own module."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cli.places import Places
from cli.terminal import Progress, console, need_root, plainly


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """netledger: networks as a service, an event log at its heart, Neutron's API in front."""


@main.command()
def up() -> None:
    """Start servers, services and a lab of three hosts; leave them running. Safe to repeat; recovers after a crash."""
    from cli import hints
    from cli.system import System

    with plainly():
        need_root()
        System(Places.of(), Progress()).up()
        hints.show(console)


@main.command()
@click.option("--keep", is_flag=True, help="Keep the data, so that the next `up` goes on with it.")
def down(keep: bool) -> None:
    """Stop and remove everything: processes, namespaces, data, folders outside the clone. Safe to repeat.

    In a RabbitMQ that you gave, the lab's agents and netledger's queues and exchanges are removed; in a PostgreSQL that you gave,
    the tables stay: they are your data.
    """
    from cli.system import System

    with plainly():
        need_root()
        System(Places.of(), Progress()).down(keep)


@main.command()
def demo() -> None:
    """Play the boot of virtual servers, from POST to ping, and show what happened; starts what does not run, then stops it."""
    from cli import story

    with plainly():
        need_root()
        sys.exit(story.play(Places.of(), console, Progress()))


@main.command()
def status() -> None:
    """Which processes run, since when, with how much memory."""
    from cli import state

    with plainly():
        sys.exit(state.show(Places.of(), console))


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def test(arguments: tuple[str, ...]) -> None:
    """Every check and every test tier; ARGUMENTS go to pytest."""
    from cli import check

    sys.exit(check.everything(arguments))


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench(arguments: tuple[str, ...]) -> None:
    """Figures of this machine: rates, latencies, CPU and memory; ARGUMENTS go to the program (--quick, --json FILE)."""
    from cli import figures

    with plainly():
        need_root()
        sys.exit(figures.measure(Places.of(), arguments, Progress()))


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def chaos(arguments: tuple[str, ...]) -> None:
    """Kill, stop and restart every process of a system of its own under load, and check every promise (--minutes N, --seed S)."""
    from cli import check

    with plainly():
        need_root()
        sys.exit(check.on_its_own("tests.chaos", arguments))


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def conformance(arguments: tuple[str, ...]) -> None:
    """Third parties' judgement of a system of its own with a real Keystone: tempest's network tests, openstacksdk, the openstack
    command line (--only PART, --tests REGEX)."""
    from cli import check

    with plainly():
        need_root()
        sys.exit(check.on_its_own("tests.conformance", arguments))


@main.command(name="bench-scale", context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench_scale(arguments: tuple[str, ...]) -> None:
    """What stays the same with a million ports and a thousand hosts; ARGUMENTS go to the program (--quick, --only PART)."""
    from cli import figures

    with plainly():
        need_root()
        sys.exit(figures.measure_scale(Places.of(), arguments, Progress()))


@main.command()
def rebuild() -> None:
    """Build the read model anew from the log beside the live one, compare, swap."""
    from cli import ledger

    with plainly():
        sys.exit(ledger.rebuild(Places.of(), console))


@main.command()
@click.option("--raise", "higher", is_flag=True, help="The database was restored or failed over to an older position.")
def epoch(higher: bool) -> None:
    """Which log this is, and its epoch. A higher one makes every agent and service fetch anew: part of each restore."""
    from cli import ledger

    with plainly():
        ledger.epoch(Places.of(), console, higher)


@main.command()
@click.argument("resource")
def log(resource: str) -> None:
    """The event log of one RESOURCE (its id): what happened, when, who did it."""
    from cli import ledger

    with plainly():
        ledger.history(Places.of(), console, resource)


@main.command()
@click.argument("host")
@click.option(
    "--agent", "agents", type=click.Choice(["ovs", "dhcp", "l3"]), multiple=True, default=("ovs", "dhcp", "l3")
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for the files; default: agents/ beside the secrets."
)
@click.option("--revoke", is_flag=True, help="Cut the host's agents off instead, and keep their names taken.")
@click.option(
    "--token", is_flag=True, help="Write a bootstrap token for hosts that come by themselves; HOST may end in *."
)
@click.option("--hours", default=24.0, show_default=True, help="How long such a token is good.")
def enrol(host: str, agents: tuple[str, ...], out: Path | None, revoke: bool, token: bool, hours: float) -> None:
    """Give the agents of HOST broker users of their own, in files that only their owner reads; repeat it to renew them."""
    from cli import admission

    with plainly():
        places = Places.of()
        folder = out or places.secrets / "agents"
        if token:
            admission.token(places, host, hours, folder, console.print)
        elif revoke:
            admission.revoke(places, host, agents, console.print)
        else:
            admission.admit(places, host, agents, folder, console.print)


@main.command()
def doctor() -> None:
    """Look for what commonly goes wrong, and say what to do."""
    from cli import health

    with plainly():
        sys.exit(health.examine(Places.of(), console))


if __name__ == "__main__":
    main(prog_name="netledger")
