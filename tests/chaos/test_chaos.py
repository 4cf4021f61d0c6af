"""Whatever dies while clients work: no acknowledged change is lost, nothing is given twice, and the system is back by itself."""

from __future__ import annotations

from collections import Counter

import pytest

from libs.eventlog.chain import open_stored
from libs.events import FloatingIpBecameActive, FloatingIpDisassociated, RouterInterfaceAttached, RouterScheduled
from tests.chaos.checker import check
from tests.chaos.nemesis import schedule
from tests.chaos.system import campaign
from tests.city import recompute
from tests.whole import Whole

pytestmark = [pytest.mark.root, pytest.mark.postgres, pytest.mark.broker, pytest.mark.timeout(400)]
ROADS = (RouterScheduled, RouterInterfaceAttached, FloatingIpBecameActive, FloatingIpDisassociated)
SEED, FAULTS, SLACK = 3, 13, 4.0


def test_every_kind_of_process_dies_under_load_and_every_promise_holds(chaos: Whole) -> None:
    evidence = campaign(chaos, slack=SLACK).run(SEED, schedule(SEED, FAULTS))
    fates = {fate: sum(call.fate == fate for call in evidence.calls) for fate in ("done", "refused", "unknown")}
    print(fates)
    assert fates["done"] > 300, "there was hardly any load"
    facts = Counter(type(open_stored(one).event) for one in evidence.stored)
    print({name.__name__: facts[name] for name in ROADS})
    assert facts[RouterScheduled] and facts[RouterInterfaceAttached], "no router ran"
    broken = {name: said[:10] for name, said in check(evidence).items() if said}
    assert not broken, (broken, chaos.last_words())
    recompute(chaos)
