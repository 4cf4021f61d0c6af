"""What Keystone and the policy cost: members with cached tokens make ports, in turns with mode none's admins, in one run.

A second process of the API runs for it in mode keystone, on the same log, beside a stand-in for Keystone in this process
(`lab/keystone.py`), which is asked once for each token.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from bench.growth import phase
from bench.load import Client, Request, drive, lift_limits
from bench.meter import Meter
from bench.report import Figures
from bench.stage import SERVERS, Stage
from cli import plan
from cli.places import Places, free_ports
from cli.process import Program, spawn
from cli.servers import await_true
from lab.keystone import FakeKeystone

CLIENTS, US, PASSWORD = 32, "ledger", "bench"
NONE, KEYSTONE = "mode none, admin", "Keystone, member"


class Modes:
    """The API at `url` is in mode none; `pids` names its processes."""

    def __init__(self, url: str, pids: Path) -> None:
        self._url, self._pids, self._stage = url, pids, Stage.of(Places.of())
        self.figures: list[Figures] = []

    def run(self, requests: int, turns: int) -> list[Figures]:
        """`requests` creates in each mode, `turns` times."""
        keystone = FakeKeystone()
        for name, role in ((US, "service"), ("member", "member")):
            keystone.person(name, PASSWORD, "service" if name == US else "bench", role)
        try:
            with _api(self._stage, keystone) as (url, pid):
                self._take_turns(url, pid, keystone, requests, turns)
        finally:
            keystone.stop()
        return self.figures

    def _take_turns(self, url: str, pid: int, keystone: FakeKeystone, requests: int, turns: int) -> None:
        meter = Meter(self._pids, SERVERS, {"api-keystone": pid})
        tokens = [keystone.token("member", "project", "bench") for _ in range(CLIENTS)]
        admin = Client(self._url)
        lift_limits(admin, keystone.projects["bench"])
        places = {NONE: (self._url, _network(admin, "")), KEYSTONE: (url, _network(admin, keystone.projects["bench"]))}
        sent = {
            what: [_create(place[1], tokens[n % CLIENTS] if what == KEYSTONE else "") for n in range(requests)]
            for what, place in places.items()
        }
        for what, (where, _) in places.items():  # every token is known after this, every statement prepared
            drive(where, sent[what][: 4 * CLIENTS], CLIENTS)
        asked = keystone.validations
        for _ in range(turns):
            for what, (where, _) in places.items():
                self.figures.append(phase(where, meter, f"port create, {what}", sent[what], CLIENTS)[1])
        self._asked = keystone.validations - asked

    def costs(self) -> Mapping[str, float]:
        """{mode: CPU milliseconds of a create, the median of its turns}"""
        return {
            what: median(one.cpu_ms for one in self.figures if one.what.endswith(what)) for what in (NONE, KEYSTONE)
        }

    def told(self) -> str:
        """The figures as a line."""
        costs = self.costs()
        return (
            f"CPU of a port create, {CLIENTS} clients: {costs[NONE]:.2f} ms in mode none, {costs[KEYSTONE]:.2f} ms with Keystone"
            f" (cached tokens, asked {self._asked} times meanwhile) and a member's policy:"
            f" {costs[KEYSTONE] / costs[NONE]:.2f} times (at most 1.5 is wanted)"
        )


def _network(admin: Client, project: str) -> str:
    """A network of this project, empty: of the bench's own."""
    owner = {"project_id": project} if project else {}
    network: str = admin.must("POST", "/v2.0/networks", {"network": {"name": "modes", **owner}})["network"]["id"]
    subnet = {"network_id": network, "ip_version": 4, "cidr": "10.0.0.0/8", "enable_dhcp": False, **owner}
    admin.must("POST", "/v2.0/subnets", {"subnet": subnet})
    return network


def _create(network: str, token: str) -> Request:
    body = {"port": {"network_id": network, "name": "modes", "device_id": "modes"}}
    headers = {"Content-Type": "application/json", "X-Auth-Token": token} if token else None
    return Request("POST", "/v2.0/ports", body, headers)


@contextmanager
def _api(stage: Stage, keystone: FakeKeystone) -> Iterator[tuple[str, int]]:
    """(address, pid) of another process of the API that has callers known by `keystone`."""
    (port,) = free_ports(1)
    program = _program(stage, keystone, port)
    process, url = spawn(program), f"http://127.0.0.1:{port}"
    try:
        await_true("the API with Keystone", lambda: Client(url).send(Request("GET", "/")).status in (200, 300), 30)
        yield url, process.pid
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


def _program(stage: Stage, keystone: FakeKeystone, port: int) -> Program:
    every = plan.services(stage.places, stage.backing.database_url, stage.backing.amqp_url)
    api = next(one for one in every if one.name.partition(".")[0] == "api")
    settings = {"URL": keystone.url, "USERNAME": US, "PASSWORD": PASSWORD, "PROJECT": "service"}
    env = {f"NETLEDGER_KEYSTONE_{name}": text for name, text in settings.items()}
    env |= {"NETLEDGER_AUTH": "keystone", "NETLEDGER_API_PORT": str(port)}
    log = str(stage.places.log / "api-keystone.log")
    return Program("api-keystone", api.argv, env={**api.env, **env}, cwd=api.cwd, log=log)
