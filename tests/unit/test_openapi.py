"""The API's description of itself: it says something of everything that is served."""

from __future__ import annotations

import pytest

from services.api.commands import VERBS
from services.api.openapi.document import described
from services.api.openapi.shapes import shape_of


@pytest.mark.parametrize("kind", VERBS)
def test_every_attribute_has_a_shape(kind: str) -> None:
    assert not [name for name in VERBS[kind].form.attributes if not shape_of(kind, name)]


def test_a_resource_is_described_as_it_is_made_changed_and_shown() -> None:
    def show() -> None:
        """One port.

        More of it.
        """

    text = described([("GET", "/v2.0/ports/{id}", show), ("POST", "/v2.0/ports", show)])
    assert text["paths"]["/v2.0/ports/{id}"]["get"]["summary"] == "One port."
    schemas = text["components"]["schemas"]
    assert (
        schemas["New-port"]["required"] == ["network_id"] and "network_id" not in schemas["Changed-port"]["properties"]
    )
    assert {"status", "revision_number"} <= schemas["port"]["properties"].keys() - schemas["New-port"][
        "properties"
    ].keys()
    answer = text["paths"]["/v2.0/ports"]["post"]["responses"]["201"]["content"]["application/json"]["schema"]
    assert {"port", "ports"} == {key for one in answer["anyOf"] for key in one["required"]}
    assert text["paths"]["/v2.0/ports"]["post"]["responses"]["default"]["description"].startswith("A refusal")
