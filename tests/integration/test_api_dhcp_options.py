"""extra_dhcp_opts through the API, as in Neutron: set, shown, merged, taken away by null."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.api_world import World

pytestmark = pytest.mark.postgres
BOOT = {"opt_name": "bootfile-name", "opt_value": "pxelinux.0", "ip_version": 4}
SERVER = {"opt_name": "tftp-server", "opt_value": "10.0.0.9", "ip_version": 4}


def test_options_are_set_shown_merged_and_taken_away(world: World) -> None:
    admin = world.admin
    network = admin.made("network")["id"]
    assert admin.made("port", network_id=network)["extra_dhcp_opts"] == []
    bare = {name: BOOT[name] for name in ("opt_name", "opt_value")}
    port = admin.made("port", network_id=network, extra_dhcp_opts=[bare])
    assert port["extra_dhcp_opts"] == [BOOT], "of IPv4 where nothing is said"
    path = f"/v2.0/ports/{port['id']}"

    def changed(*options: dict[str, Any]) -> Any:
        seen = admin.put(path, {"port": {"extra_dhcp_opts": list(options)}})
        assert seen.status == 200, seen.text
        assert admin.get(path).json["port"]["extra_dhcp_opts"] == seen.json["port"]["extra_dhcp_opts"]
        return seen.json["port"]["extra_dhcp_opts"]

    assert changed(SERVER) == [BOOT, SERVER]
    assert changed(BOOT | {"opt_value": "ipxe.efi"}) == [BOOT | {"opt_value": "ipxe.efi"}, SERVER]
    assert changed(BOOT | {"opt_value": None}) == [SERVER]
    assert changed() == [SERVER]
    assert admin.get("/v2.0/extensions/extra_dhcp_opt").status == 200


@pytest.mark.parametrize(
    "options",
    [
        "x",
        [5],
        [{"opt_name": "mtu"}],
        [{"opt_name": "mtu", "opt_value": "1400", "evil": 1}],
        [{"opt_name": "", "opt_value": "x"}],
        [{"opt_name": 67, "opt_value": "x"}],
        [{"opt_name": "mtu", "opt_value": 1400}],
        [{"opt_name": "mtu", "opt_value": "1400", "ip_version": 5}],
        [{"opt_name": "mtu", "opt_value": "1400\n"}],
        [{"opt_name": "x" * 65, "opt_value": "x"}],
        [{"opt_name": "bootfile-name", "opt_value": "x" * 256}],
        [{"opt_name": str(number), "opt_value": "x"} for number in range(200, 221)],
    ],
)
def test_what_is_no_list_of_options_is_refused(world: World, options: Any) -> None:
    network = world.admin.made("network")["id"]
    before = world.log.head()
    seen = world.admin.call("POST", "/v2.0/ports", {"port": {"network_id": network, "extra_dhcp_opts": options}})
    assert seen.error[0] == 400
    assert world.log.head() == before
