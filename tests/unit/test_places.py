"""Where a system keeps its things: folders that others can enter, sockets that fit, secrets that nobody else reads."""

from __future__ import annotations

import shutil
import socket
import stat
from pathlib import Path

from cli.places import LONGEST_SOCKET_PATH, Places, kept_ports


def test_a_password_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    places = Places.of(tmp_path / "run")
    places.make()
    first = places.password("broker")
    assert len(first) >= 32 and places.password("broker") == first and places.password("other") != first
    assert stat.S_IMODE((places.secrets / "broker").stat().st_mode) == 0o600


def test_a_deep_run_folder_puts_its_sockets_beside_the_clone(tmp_path: Path) -> None:
    places = Places.of(tmp_path / ("deep" * 25))
    places.make()
    folder = places.for_sockets(len("/hosts/compute1/db.sock"))
    try:
        assert folder == places.beside and len(f"{folder}/hosts/compute1/db.sock") <= LONGEST_SOCKET_PATH
    finally:
        shutil.rmtree(places.beside)


def test_ports_stay_the_same_until_somebody_takes_one(tmp_path: Path) -> None:
    places = Places.of(tmp_path)
    first = kept_ports(places, "server", 2)
    assert kept_ports(places, "server", 2) == first
    with socket.create_server(("127.0.0.1", first[1])):
        assert kept_ports(places, "server", 2, in_use=True) == first
        assert first[1] not in kept_ports(places, "server", 2)


def test_two_run_folders_share_no_mark(tmp_path: Path) -> None:
    assert Places.of(tmp_path / "a").mark != Places.of(tmp_path / "b").mark == Places.of(tmp_path / "b").mark
