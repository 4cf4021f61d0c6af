"""A whole system on this machine: up, down, and what runs. Both verbs are safe to repeat and recover from a crash or a reboot."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator

from cli import enrolment, metadata, plan
from cli.agents import alive
from cli.backing import Backing, Misused
from cli.places import Places, listening
from cli.process import Program, end, inside, marked
from cli.servers import await_true
from cli.supervision import Supervision
from lab.hosts import Lab
from libs import enrol
from libs.eventlog import schema

Say = Callable[[str], None]


class System:
    """The system of one run folder. `say(text)` hears of each step."""

    def __init__(self, places: Places, say: Say = lambda text: None) -> None:
        self.places, self._say = places, say
        self.supervision = Supervision(places)

    def up(self) -> None:
        """Start all that does not run. Raises BadSetting, Misused, ToolFailed, TimeoutError or RuntimeError saying what is wrong."""
        plan.check(self.places)
        backing = Backing(self.places)
        backing.check_given()
        self.places.make()
        with self._alone():
            self._check_port()
            begun, lab = time.monotonic(), plan.lab_of(self.places)
            self._say("network namespaces of the switch and three hosts")
            anew = self._restart_on(lab.build(), lab)
            servers = self._start_servers(backing)
            self._say("schema of the log, broker users")
            schema.upgrade(backing.database_admin_url, backing.database_url)
            backing.check_services_role()
            programs = servers + plan.services(self.places, backing.database_url, backing.amqp_url)
            nova = metadata.settings(self.places, in_use=self._agents_run())
            for host in lab.hosts:
                urls = enrolment.agents(self.places, backing, host.name)
                programs += plan.host_programs(self.places, host, urls, nova)
            self._say("services, Open vSwitch and agents")
            self.supervision.hand(programs)
            lab.configure()
            await_true("the underlay between the hosts (./netledger down and up)", lambda: not lab.unreachable(), 15)
            self._await_ready(backing, len(lab.hosts) * len(plan.AGENTS), anew, begun)

    def down(self, keep: bool = False) -> None:
        """End and remove everything: processes, namespaces, folders outside the clone, and (unless `keep`) data."""
        if not self.places.run.exists():
            return
        with self._alone():
            self._say("ending processes")
            lab = plan.lab_of(self.places)
            self.supervision.stop(quickly=not keep)
            self._say("removing namespaces")
            lab.clear()
            mark = self.places.mark
            folders = (self.places.run, self.places.beside)
            left = {pid for folder in folders if folder.exists() for pid in inside(folder)}
            end(left | {*marked(mark), *marked(f"{mark}-rabbitmq")}, seconds=5)
            if not keep:
                self._withdraw([host.name for host in lab.hosts])
                self._remove_data()

    def _withdraw(self, hosts: list[str]) -> None:
        """Leave a given broker as it was; a given database's tables are the operator's data and stay."""
        if not (backing := Backing(self.places)).gives_broker:
            return
        self._say("removing agents' users, queues and exchanges from the given RabbitMQ")
        try:
            if not enrolment.withdraw(backing, hosts):
                self._say(
                    "other hosts' agents are enrolled there: their users and the shared queues and exchanges stay"
                )
        except enrol.EnrolmentFailed as error:
            self._say(f"they stay there: {error}")

    def is_up(self) -> bool:
        """Whether the supervisor runs and the API answers."""
        return self.supervision.running() and answers()

    def _start_servers(self, backing: Backing) -> list[Program]:
        """Start the private servers unless they run, wait for them and set them up; returns their programs."""
        programs = backing.prepare(self.supervision)
        known = self.supervision.programs()
        if not self.supervision.running() or any(known.get(one.name) != one for one in programs):
            self._say("PostgreSQL and RabbitMQ")
            names = {one.name for one in programs}
            self.supervision.hand([*programs, *(one for one in self._others() if one.name not in names)])
        backing.set_up_private()
        return programs

    def _restart_on(self, rewired: set[str], lab: Lab) -> set[str]:
        """End what runs on hosts whose namespaces or NICs are others now; it is started again. Hosts whose agents begin anew."""
        live = self.supervision.pids()
        stale = {name: pid for name, pid in live.items() if name.partition("@")[2] in rewired}
        if stale:
            self._say(f"lost and made anew, with what ran there: {', '.join(sorted(rewired))}")
            end(stale.values())
        steady = live.keys() - stale.keys()
        return {host.name for host in lab.hosts if not {f"{agent}@{host.name}" for agent in plan.AGENTS} <= steady}

    def _agents_run(self) -> bool:
        return any(name.partition("@")[0] in metadata.ASKERS for name in self.supervision.pids())

    def _others(self) -> list[Program]:
        """What else is to go on while servers start: all that the supervisor has, or that a killed one left running."""
        live = self.supervision.pids()
        return [one for one in self.supervision.programs().values() if self.supervision.running() or one.name in live]

    def _await_ready(self, backing: Backing, agents: int, anew: set[str], begun: float) -> None:
        def all_alive() -> bool:
            return alive(backing.database_url, anew, time.monotonic() - begun) >= agents

        self._say("waiting for the API and the agents")
        with self.places.blaming("api"):
            await_true("the API", answers, 60)
        with self.places.blaming("topology"):
            await_true(f"{agents} agents", all_alive, 60)

    def _check_port(self) -> None:
        if "api" in {name.partition(".")[0] for name in self.supervision.pids()}:
            return
        for port in plan.api_ports():
            if listening(port):
                raise Misused(f"port {port} is in use by another program; stop it or set NETLEDGER_API_PORT")

    def _remove_data(self) -> None:
        """All but the logs, which may tell what went wrong."""
        shutil.rmtree(self.places.beside, ignore_errors=True)
        for path in self.places.run.iterdir():
            if path == self.places.log or path.name == "lock":
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """One up or down at a time in a run folder. Raises Misused when another is under way."""
        with open(self.places.run / "lock", "a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Misused("another ./netledger up or down is under way in this run folder") from None
            yield


@contextlib.contextmanager
def for_a_while(system: System) -> Iterator[None]:
    """Start what does not run, and stop it at the end, however it comes: SIGTERM is as Ctrl-C here. Raises as `System.up` does."""

    def interrupt(number: int, frame: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the second one does not keep us from clearing up
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    started = not system.is_up()
    try:
        if started:
            system.up()
        yield
    finally:
        if started:
            system.down()


def answers() -> bool:
    """Whether every process of the API answers with its versions."""
    try:
        for url in plan.api_urls():
            urllib.request.urlopen(url, timeout=2).close()
    except OSError:
        return False
    return True
