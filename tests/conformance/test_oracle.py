"""Our forms against neutron_lib's own attribute definitions: same names, same rights to send, for every alias that we advertise."""

from __future__ import annotations

import pytest

from libs.naming import plural_of
from services.api.aliases import SERVED
from services.api.commands import VERBS
from tests.conformance.conftest import Definitions

pytestmark = [pytest.mark.keystone, pytest.mark.timeout(300)]
KINDS = {plural_of(kind): kind for kind in VERBS}
ALIASES = ["", *(alias for alias, *_ in SERVED)]
READ_ONLY_LISTS = {
    "auto_allocated_topologies",
    "availability_zones",
    "floatingip_pools",
    "network_ip_availabilities",
    "service_providers",
}
"""Collections without a form: nothing of them can be sent."""
DIFFERENT = {
    ("", "subnets", "shared"): "a subnet's sharing is its network's; Neutron shows it as little as we",
    ("address-group", "address_groups", "shared"): "neutron_lib hides it: nobody sends it, nobody sees it",
    ("net-mtu", "networks", "mtu"): "net-mtu-writable, which we advertise too, lets it be sent",
}
"""{(alias, collection, attribute): why it is not as neutron_lib says}"""


@pytest.mark.parametrize("alias", ALIASES)
def test_an_advertised_alias_has_neutrons_attributes(definitions: Definitions, alias: str) -> None:
    for collection, attributes in definitions.get(alias, {}).items():
        if collection in READ_ONLY_LISTS:
            continue
        ours = VERBS[KINDS[collection]].form.attributes
        for name, rule in attributes.items():
            if (alias, collection, name) not in DIFFERENT:
                assert name in ours, f"{collection} lack {name}"
                assert ours[name] == (rule["post"], rule["put"]), f"{collection}: {name} may be sent otherwise"


def test_no_exception_is_stale(definitions: Definitions) -> None:
    for alias, collection, name in DIFFERENT:
        rule = definitions[alias][collection][name]
        assert VERBS[KINDS[collection]].form.attributes.get(name) != (rule["post"], rule["put"]), name
