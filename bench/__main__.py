"""`python -m bench`: the figures of a running system; `./netledger bench` starts one and calls this."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from bench import report
from bench.load import Client, lift_limits
from bench.meter import Meter
from bench.modes import Modes
from bench.plug import Plug
from bench.ports import Ports


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:9696", help="the endpoint, without /v2.0")
    parser.add_argument("--pids", type=Path, default=Path(".run/pids"), help="name=pid lines of the server's processes")
    parser.add_argument("--host", default="compute1", help="host that ports are plugged on")
    parser.add_argument(
        "--ovs-rundir", type=Path, help="that host's Open vSwitch sockets; without it nothing is plugged"
    )
    parser.add_argument("--quick", action="store_true", help="fewer requests, lists up to 1,000 ports")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    return parser.parse_args()


def main() -> int:
    """Run all phases and print the table; 1 when any request failed."""
    args = arguments()
    scale = 1 if args.quick else 4
    lift_limits(Client(args.url))
    ports = Ports(args.url, args.pids)
    for clients, count in ((1, 100), (8, 400), (32, 800)):
        ports.create(clients, count * scale)
    ports.create_bulk(250 * scale)
    for clients, count in ((1, 200), (8, 400)):
        ports.show(clients, count * scale)
    ports.update(8, 200 * scale)
    ports.delete(8, len(ports.ids) - 100)
    for total in (100, 1000) if args.quick else (100, 1000, 10000):
        ports.list_all(total, 20)
    figures = ports.figures
    memory = Meter(args.pids, ("api", "ipam", "topology", "postgres", "rabbitmq")).pss_mib()
    ports.clean_up()
    if args.ovs_rundir:
        figures += Plug(args.url, args.pids, args.host, args.ovs_rundir).run(12)
    modes = Modes(args.url, args.pids)
    figures += modes.run(400 * scale, turns=3)
    report.show(figures)
    print(modes.told())
    print(f"memory of api, ipam, topology, PostgreSQL and RabbitMQ with {total} ports: {memory:.0f} MiB PSS")
    if args.json:
        args.json.write_text(json.dumps({"figures": report.as_json(figures), "memory_mib": memory}, indent=1))
    return 1 if any(row.failed for row in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
