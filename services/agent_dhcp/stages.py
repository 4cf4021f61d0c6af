"""The order of a batch of networks through the hands' verbs. The switch keeps no lease waiting."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from libs.agent.stages import Stages, Switch, Verbs
from libs.agent.tally import Tally
from services.agent_dhcp.items import Work, files_item, link_item, plug_items, process_item


def run(
    hands: Verbs, batch: Sequence[Work], switch: Switch, tally: Tally, made_anew: Callable[[str], None]
) -> dict[str, str | None]:
    """Do a batch stage by stage; {network_id: error or None}. made_anew: told of each namespace that was not there."""
    stages = Stages(hands, switch, tally, batch)
    gone = [one for one in batch if one.wanted is None]
    stages.each("dnsmasq", "dnsmasq.remove", gone, lambda one: one.folder, "folders")
    stages.unplug([one for one in batch if one.taps], lambda one: one.taps)
    stages.each("links", "links.remove", gone, lambda one: {"namespace": one.namespace, "peers": list(one.taps)})
    linked = [one for one in batch if one.links]
    made = stages.each("links", "links.ensure", linked, link_item)
    anew = {key for key, answer in made.items() if any(text.startswith("veth") for text in answer["changes"])}
    for one in linked:
        if any(text.startswith("namespace") for text in made.get(one.key, {}).get("changes", ())):
            made_anew(one.namespace)
    stages.plug(stages.fine(linked), lambda one: plug_items(one, one.key in anew))
    process = [one for one in batch if one.process or (one.wanted and one.key in anew)]
    stages.each("dnsmasq", "dnsmasq.ensure", process, lambda one: process_item(one.wanted, one.key in anew))
    files = [one for one in batch if one.wanted and one not in process and (one.files or one.options)]
    stages.each("dnsmasq", "dnsmasq.change", files, files_item)
    return stages.outcome
