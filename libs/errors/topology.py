"""Refusals of topologies made for projects, in Neutron's words (neutron/services/auto_allocate). Pure."""

from __future__ import annotations

from libs.errors.refusal import Refusal

NO_EXTERNAL_NETWORK = "No default router:external network"
NO_POOLS = "No default subnetpools defined"
NO_PRIVATE_NETWORK = "Unable to provide project private network"
NO_CONNECTIVITY = "Unable to provide external connectivity"


def allocation_failed(reason: str) -> Refusal:
    """409: the deployment lacks what a topology is made of."""
    return Refusal(409, "AutoAllocationFailure", f"Deployment error: {reason}.")
