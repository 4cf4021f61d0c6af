"""The long run: `python -m tests.chaos [--minutes N] [--seed S]`, which `./netledger chaos` starts. 1 when a promise broke."""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator

from tests.chaos.checker import check
from tests.chaos.evidence import Evidence
from tests.chaos.nemesis import AWAY, Fault, schedule
from tests.chaos.system import campaign, whole_system
from tests.servers import sweep

SHOWN = 20


def main() -> int:
    """Run and print what held and what did not."""
    parser = argparse.ArgumentParser(description="Kill, stop and restart everything under load; check every promise.")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long faults go on (default 10)")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30), help="of all dice (default: random)")
    parser.add_argument("--slack", type=float, default=1.0, help="times the goals for being back (default 1)")
    parser.add_argument("--logs", default="", help="folder that gets the programs' logs")
    chosen = parser.parse_args()
    say(f"seed {chosen.seed}, {chosen.minutes:g} minutes of faults")
    sweep()
    with whole_system(chosen.logs) as whole:
        say(f"the system is up: {whole.url}, {whole.places.run}")
        evidence = campaign(whole, say, chosen.slack).run(chosen.seed, faults(chosen.seed, chosen.minutes))
    return verdict(evidence)


def faults(seed: int, minutes: float) -> Iterator[Fault]:
    """Faults until the time is over, and in the middle the long ones: the broker away for 60 s, the database for 30 s."""
    begun, number = time.monotonic(), 0
    long = [Fault(AWAY, "rabbitmq", "", 60.0), Fault(AWAY, "postgres", "", 30.0)] if minutes >= 4 else []
    while (spent := time.monotonic() - begun) < minutes * 60:
        number += 1
        yield long.pop() if long and spent > minutes * 30 else schedule(seed, number)[-1]


def verdict(evidence: Evidence) -> int:
    """Print each property with what contradicts it, and how fast it healed; 1 when one is broken."""
    took = sorted(one.seconds for one in evidence.outages if one.seconds is not None)
    if took:
        late = sum(one.seconds is None or one.seconds > one.goal for one in evidence.outages)
        middle, worst = took[len(took) // 2], took[-1]
        say(f"{len(evidence.outages)} faults, back after {middle:.1f} s (median), {worst:.1f} s (worst); late: {late}")
    checked = check(evidence)
    for name, said in checked.items():
        print(f"  {'ok    ' if not said else 'BROKEN'}  {name}")
        for one in said[:SHOWN]:
            print(f"            {one}")
    return 1 if any(checked.values()) else 0


def say(text: str) -> None:
    """One line with the time of day."""
    print(time.strftime("%H:%M:%S"), text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
