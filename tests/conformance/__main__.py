"""Third parties' judgement: `python -m tests.conformance [--only tempest|sdk|cli] [--tests REGEX]`, which `./netledger conformance`
starts. 1 when anything failed, or was skipped that Neutron does not skip."""

from __future__ import annotations

import argparse
import sys
import time

from tests.conformance.cloud_under_test import CloudUnderTest, cloud_under_test
from tests.conformance.tempest import ALL, Verdict
from tests.servers import sweep

PARTS = ("sdk", "cli", "tempest")


def main() -> int:
    """Run and print the counts."""
    parser = argparse.ArgumentParser(description="tempest's network tests, openstacksdk and the openstack command line")
    parser.add_argument("--only", choices=PARTS, action="append", help="only this part (may be repeated)")
    parser.add_argument(
        "--tests", default=ALL, help="regular expression of tempest's tests (default: all of tempest.api.network)"
    )
    chosen = parser.parse_args()
    sweep()
    with cloud_under_test() as cloud:
        say(f"the system is up: {cloud.url}, Keystone: {cloud.keystone.url}")
        failed = [part for part in chosen.only or PARTS if not _passed(cloud, part, chosen.tests)]
    say(f"failed: {', '.join(failed)}" if failed else "all passed")
    return 1 if failed else 0


def _passed(cloud: CloudUnderTest, part: str, tests: str) -> bool:
    begun = time.monotonic()
    if part == "tempest":
        verdict = cloud.tempest().run(cloud.url, tests)
        show(verdict)
        ok = bool(verdict.tests) and not verdict.bad
    else:
        told = cloud.story(part)
        print(told.stdout, told.stderr[-2000:], flush=True)
        ok = told.returncode == 0
    say(f"{part}: {'ok' if ok else 'FAILED'} in {time.monotonic() - begun:.0f} s")
    return ok


def show(verdict: Verdict) -> None:
    """Print what is wrong, and the counts."""
    for name, what in verdict.bad.items():
        print(f"  {name}\n      {what[:400]}")
    counts = verdict.counts
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped", flush=True)


def say(text: str) -> None:
    """A line with the time."""
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
