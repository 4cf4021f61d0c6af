"""`python -m bench.scale`: what grows with the number of ports and hosts, and what does not; `./netledger bench-scale` calls it."""

from __future__ import annotations

import argparse
import sys

from bench import report
from bench.growth import Growth
from bench.hosts import Hosts
from bench.load import lift_limits
from bench.replay import replay
from bench.restart import Restart
from bench.stage import Stage
from cli.places import Places

PHASES = ("growth", "rebuild", "hosts", "restart")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="at most 100,000 ports and 100 hosts")
    parser.add_argument("--only", action="append", choices=PHASES, help="only this part; may be repeated")
    return parser.parse_args()


def say(text: str) -> None:
    """One line of results, at once."""
    print(text, flush=True)


def growth(stage: Stage, quick: bool) -> None:
    """Creates and reads at 0, 10,000, 100,000 and 1,000,000 ports."""
    one = Growth(stage, say)
    for total in (0, 10_000, 100_000) if quick else (0, 10_000, 100_000, 1_000_000):
        one.grow(total)
        one.measure(800 if quick else 2000, 100)
        memory = stage.meter().pss_mib()
        say(f"with {total} ports: {memory:.0f} MiB PSS of api, ipam, topology, PostgreSQL and RabbitMQ")
    report.show(one.figures)
    for clients in (1, 32):
        say(one.statements(clients, 320))
    say(f"CPU of a create with {one.seeded} ports: {one.factor():.2f} times that with none (at most 1.2 is wanted)")


def hosts(stage: Stage, quick: bool) -> None:
    """Simulated hosts on the real broker."""
    number = 100 if quick else 1000
    one = Hosts(stage, number, say)
    try:
        for spread in (1, 2, 10, 100):
            one.spread(spread)
        one.reunion()
    finally:
        one.close()


def rebuilding(stage: Stage, quick: bool) -> None:
    """All that was seeded, replayed."""
    replay(stage, say)


def restart(stage: Stage, quick: bool) -> None:
    """A thousand ports on a lab host; --quick: a hundred."""
    Restart(stage, say).run(100 if quick else 1000)


def main() -> int:
    """Run the parts that are wanted."""
    args = arguments()
    stage = Stage.of(Places.of())
    lift_limits(stage.client())
    parts = {"growth": growth, "rebuild": rebuilding, "hosts": hosts, "restart": restart}
    for name in args.only or PHASES:
        parts[name](stage, args.quick)
    return 0


if __name__ == "__main__":
    sys.exit(main())
