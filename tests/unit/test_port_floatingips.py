"""What floating IPs mean for the ports that they stand for."""

from __future__ import annotations

from libs.commands import (
    DeletePort,
    UpdatePort,
    WantedAddress,
)
from libs.eventlog.protocol import NoneRefers
from libs.events import (
    AddressReleased,
    FloatingIpDisassociated,
    PortDeleted,
    PortDeviceChanged,
)
from tests.unit.given import admin
from tests.unit.outside import (
    FLOATING,
    FLOATING2,
    HOLDER,
    HOLDER2,
    ROUTER,
    a_floating_ip,
    another_port,
    ours,
    stands_for,
)
from tests.unit.people import (
    PORT,
    PORT2,
    SUBNET,
    US,
)


def test_a_port_that_is_deleted_lets_go_of_its_floating_ips_and_the_project_keeps_them():
    deleted = ours(stands_for()).when(DeletePort(PORT))
    deleted.then(
        AddressReleased(PORT, SUBNET, "10.0.0.5"),
        *deleted.of(PortDeleted),
        FloatingIpDisassociated(FLOATING, "203.0.113.7", ROUTER, PORT, "10.0.0.5", "port deleted"),
    )
    assert deleted.guards == (NoneRefers("floatingip", "port_id", PORT, besides=(FLOATING,)),)
    kept = deleted.after().state("floatingip", FLOATING)
    assert (kept.target, kept.project_id, kept.floating_ip_address) == (None, US, "203.0.113.7")


def test_a_port_without_floating_ips_is_deleted_only_while_it_has_none():
    deleted = ours().when(DeletePort(PORT))
    assert deleted.of(FloatingIpDisassociated) == []
    assert deleted.guards == (NoneRefers("floatingip", "port_id", PORT),)


def test_the_port_of_a_floating_ip_is_not_deleted_by_itself():
    ours().by(admin()).when(DeletePort(HOLDER)).refused(409, "ServicePortInUse", "network:floatingip")


def test_a_port_keeps_an_address_that_a_floating_ip_stands_for():
    port = another_port("10.0.0.6", "10.0.0.7")
    second = a_floating_ip("203.0.113.8", FLOATING2, HOLDER2)
    held = ours(*port, *second, stands_for("10.0.0.7", PORT2, FLOATING2, "203.0.113.8"))
    words = f"Cannot update the fixed_ips of the port {PORT2}, because its original fixed_ip has been associated to a floating ip"
    for wishes in ((), (WantedAddress(None, "10.0.0.6"),), (WantedAddress(SUBNET, "10.0.0.9"),)):
        held.when(UpdatePort(PORT2, {"fixed_ips": wishes})).refused(400, "BadRequest", f"Bad port request: {words}.")
    freed = held.when(UpdatePort(PORT2, {"fixed_ips": (WantedAddress(None, "10.0.0.7"),)}))
    freed.then(AddressReleased(PORT2, SUBNET, "10.0.0.6"))
    assert freed.guards == (NoneRefers("floatingip", "port_id", PORT2, besides=(FLOATING2,)),)


def test_an_update_that_takes_no_address_does_not_look_for_floating_ips():
    held = ours(stands_for())
    changed = held.when(UpdatePort(PORT, {"device_id": "vm", "device_owner": "compute:nova"}))
    assert changed.of(PortDeviceChanged) and changed.guards == ()
    more = held.when(
        UpdatePort(PORT, {"fixed_ips": (WantedAddress(None, "10.0.0.5"), WantedAddress(None, "10.0.0.8"))})
    )
    assert more.events and more.guards == ()
