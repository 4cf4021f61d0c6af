"""The database comes back at an older position than it was: everybody who knew more forgets it, and the switches follow."""

from __future__ import annotations

import shutil
import subprocess
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from cli.backing import Backing
from cli.supervision import Supervision
from lab.traces import flows
from libs.errors import Refusal
from libs.eventlog.audit import audit
from libs.eventlog.postgres import PostgresLog
from libs.eventlog.rebuild import rebuild
from tests.chaos.door import Answer, Door
from tests.chaos.nemesis import Nemesis
from tests.chaos.probe import Probe
from tests.chaos.system import disk_of
from tests.chaos.taps import Taps
from tests.whole import Whole, eventually

pytestmark = [pytest.mark.root, pytest.mark.postgres, pytest.mark.broker, pytest.mark.timeout(300)]
PATIENCE = 60.0


@dataclass
class Site:
    """A network in a system whose database can be copied and put back."""

    whole: Whole
    network: str = ""

    def __post_init__(self) -> None:
        self.door, self.taps, self.nemesis = Door(self.whole.url), Taps(self.whole.lab), Nemesis(self.whole.places)
        self.disk, self.copy = disk_of(self.whole), disk_of(self.whole) / "copy"
        backing = Backing(self.whole.places)
        backing.prepare(Supervision(self.whole.places))
        self.admin_url, self.log = backing.database_admin_url, PostgresLog(backing.database_url)
        self.network = self.make("network", name="failover")["id"]
        self.make("subnet", network_id=self.network, ip_version=4, cidr="10.77.0.0/16", enable_dhcp=False)

    def make(self, kind: str, **attributes: object) -> dict[str, str]:
        """Create one, however often it takes until all is up again."""
        found: list[Answer] = []

        def made() -> bool:
            found.append(self.door.send("POST", f"{kind}s", {kind: attributes}))
            return found[-1].status == 201

        eventually(f"a {kind}", made, PATIENCE)
        return dict(found[-1].body[kind])

    def plugged(self, host: str) -> dict[str, str]:
        """A port that is ACTIVE on this host."""
        owner = {"device_id": str(uuid.uuid4()), "device_owner": "compute:nova", "binding:host_id": host}
        port = self.make("port", network_id=self.network, **owner)
        eventually("the tap", lambda: self.taps.plug(host, port["id"]), PATIENCE)
        eventually("ACTIVE", lambda: self.status(port["id"]) == "ACTIVE", PATIENCE)
        return port

    def status(self, port: str) -> str:
        """As the API shows it; empty when it does not."""
        answer = self.door.send("GET", f"ports/{port}")
        return str(answer.body["port"]["status"]) if answer.status == 200 else ""

    def known_on(self, host: str, port: dict[str, str]) -> bool:
        """Whether the host's switch has flows for this port's MAC."""
        return any(port["mac_address"] in flow for flow in flows(self.whole.lab.host(host), "br-int"))

    def keep_copy(self) -> None:
        """Copy the data folder of the stopped server."""
        shutil.rmtree(self.copy, ignore_errors=True)
        with self.nemesis.away(["postgres"]):
            subprocess.run(["cp", "-a", str(self.disk / "data"), str(self.copy)], check=True)
        self.make("network", name="after-the-copy")

    def put_back(self) -> None:
        """Let the copy be the server's data: a failover to a replica that lagged."""
        with self.nemesis.away(["postgres"]):
            shutil.rmtree(self.disk / "data")
            self.copy.rename(self.disk / "data")


def by_themselves(site: Site, before: int) -> None:
    """Topology notices that what it read is not there any more."""


def by_the_operator(site: Site, before: int) -> None:
    """As the instructions for a restore say."""
    eventually("the database", lambda: site.whole.command("epoch").returncode == 0, PATIENCE)
    print(site.whole.must("epoch", "--raise"))


@pytest.mark.parametrize("told", [by_themselves, by_the_operator])
def test_everybody_follows_a_database_that_went_back(chaos: Whole, told: Callable[[Site, int], None]) -> None:
    site = Site(chaos)
    kept = site.plugged("compute1")
    moved = site.plugged("compute2")
    site.keep_copy()
    lost = site.plugged("compute1")
    assert site.door.send("DELETE", f"ports/{moved['id']}").status == 204
    eventually("the flows of what was made", lambda: site.known_on("compute1", lost), PATIENCE)
    eventually("the end of the flows of what was deleted", lambda: not site.known_on("compute2", moved), PATIENCE)
    epoch, head = site.log.identity().epoch, site.log.head()

    site.put_back()
    begun = time.monotonic()
    told(site, epoch)
    while _head(site) < head + 20:  # the log grows past where it was, with another past
        site.make("port", network_id=site.network)
    try:
        eventually("a higher epoch", lambda: site.log.identity().epoch > epoch, PATIENCE)
    except TimeoutError:
        print(
            (chaos.places.log / "topology.log").read_text()[-6000:],
            (chaos.places.log / "supervisor.log").read_text()[-1500:],
        )
        raise
    print(f"epoch raised {time.monotonic() - begun:.1f} s after the database was back")
    assert site.status(lost["id"]) == ""
    eventually("flows of the port that is back", lambda: site.known_on("compute2", moved), PATIENCE)
    eventually("no flows of the port that is lost", lambda: not site.known_on("compute1", lost), PATIENCE)
    print(f"switches as the log says {time.monotonic() - begun:.1f} s after the database was back")
    assert site.known_on("compute1", kept)
    all_is_true(site, kept, moved)


def _head(site: Site) -> int:
    """The log's last position, as soon as there is a database."""
    while True:
        try:
            return site.log.head()
        except Refusal:
            time.sleep(0.1)


def all_is_true(site: Site, kept: dict[str, str], moved: dict[str, str]) -> None:
    """Statuses, new ports, and what is kept beside the log."""
    eventually("ACTIVE again", lambda: {site.status(one["id"]) for one in (kept, moved)} == {"ACTIVE"}, PATIENCE)
    probe, since = Probe(site.whole.url, site.taps), time.monotonic()
    for host in ("compute1", "compute2", "compute3"):
        assert probe.seconds_until_well(since, host, PATIENCE) is not None, probe.story
    assert audit(site.admin_url).clean
    assert all(rebuild(site.admin_url, kind).equal for kind in ("network", "subnet", "port", "agent"))
