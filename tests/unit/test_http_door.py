"""How many connections a client may hold, and who makes room."""

from __future__ import annotations

from dataclasses import dataclass

from libs.auth import check_listening
from libs.config import BadSetting, Settings
from libs.http.door import Door, is_loopback
from libs.http.limits import Limits


@dataclass(eq=False)
class Guest:
    busy: bool = False
    retired: bool = False

    def retire(self) -> None:
        self.retired = True


def test_one_address_holds_so_many_and_others_still_come_in() -> None:
    door: Door[Guest] = Door(Limits(connections_per_address=2))
    guests = [Guest(), Guest()]
    for guest in guests:
        assert door.admits("192.0.2.1")
        door.enter(guest, "192.0.2.1")
    assert not door.admits("192.0.2.1") and door.admits("192.0.2.2")
    door.leave(guests[0])
    assert door.admits("192.0.2.1")


def test_this_machine_s_own_are_not_counted_unless_asked_to() -> None:
    for limits, admitted in (
        (Limits(connections_per_address=1), True),
        (Limits(connections_per_address=1, loopback_exempt=False), False),
    ):
        door: Door[Guest] = Door(limits)
        door.enter(Guest(), "127.0.0.1")
        assert door.admits("127.0.0.1") is admitted


def test_a_full_house_sends_the_longest_idle_away() -> None:
    door: Door[Guest] = Door(Limits(connections=3))
    working, idle, later = Guest(busy=True), Guest(), Guest()
    for number, guest in enumerate((working, idle, later)):
        door.enter(guest, f"192.0.2.{number}")
    assert not door.admits("192.0.2.9")
    assert [guest.retired for guest in (working, idle, later)] == [False, True, False]
    door.leave(idle)
    assert door.admits("192.0.2.9")


def test_nothing_stays_behind_of_those_who_left() -> None:
    door: Door[Guest] = Door(Limits())
    for number in range(1000):
        guest = Guest()
        door.enter(guest, f"192.0.2.{number}")
        door.leave(guest)
    assert len(door) == 0 and not door._by_address


def test_what_this_machine_is() -> None:
    assert all(is_loopback(one) for one in ("127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"))
    assert not any(is_loopback(one) for one in ("0.0.0.0", "::", "10.0.0.1", "localhost", "", "::ffff:10.0.0.1"))


def test_mode_none_listens_here_only() -> None:
    for host in ("127.0.0.1", "::1", "localhost"):
        check_listening(Settings(api_host=host))
    check_listening(Settings(api_host="0.0.0.0", api_public=True))
    for host in ("0.0.0.0", "::", "", "api.example.org", "192.0.2.1"):
        try:
            check_listening(Settings(api_host=host))
        except BadSetting as error:
            assert "NETLEDGER_API_HOST" in str(error)
        else:
            raise AssertionError(host)
