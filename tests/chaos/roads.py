"""What a client does with routers and floating IPs; those that it knows may be gone, and its guesses wrong."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.chaos.door import Answer
from tests.chaos.history import DONE

MOST = 12
OUT = {"router:external": True, "provider:network_type": "flat", "provider:physical_network": "public"}


class Recorded(Protocol):
    """A request that goes into the history."""

    def __call__(self, verb: str, kind: str, method: str, path: str, body: Any = None, **about: Any) -> Answer:
        """Its answer."""
        ...


@dataclass(slots=True)
class Map:
    """What all clients believe there is. external: the way out. subnets: those that routers are attached to."""

    external: str = ""
    subnets: list[str] = field(default_factory=list)
    routers: list[str] = field(default_factory=list)
    floating: list[str] = field(default_factory=list)


class Roads:
    """One client's. call: recorded requests. send: such as only the log's own laws are checked of. pick: some port, or empty."""

    def __init__(
        self,
        map_: Map,
        dice: random.Random,
        tag: Callable[[], str],
        call: Recorded,
        send: Callable[..., Answer],
        pick: Callable[[], str],
    ) -> None:
        self._map, self._dice, self._tag, self._call, self._send, self._pick = map_, dice, tag, call, send, pick
        self.deeds: dict[Callable[[], Any], int] = {
            self._router: 2, self._rename: 2, self._no_router: 1, self._attach: 3, self._detach: 2,
            self._float: 3, self._move: 4, self._sink: 1,
        }  # fmt: skip

    def _router(self) -> Answer | None:
        if len(self._map.routers) >= MOST:
            return None
        tag = self._tag()
        body = {"name": tag, "external_gateway_info": {"network_id": self._map.external}}
        answer = self._call("create", "router", "POST", "routers", {"router": body}, tag=tag)
        if answer.fate == DONE:
            self._map.routers.append(answer.body["router"]["id"])
        return answer

    def _rename(self) -> Answer | None:
        router, tag = self._one(self._map.routers), self._tag()
        body = {"router": {"name": tag, "description": tag}}
        return (
            self._call("update", "router", "PUT", f"routers/{router}", body, tag=tag, target=router) if router else None
        )

    def _no_router(self) -> Answer | None:
        router = self._one(self._map.routers)
        if not router:
            return None
        answer = self._call("delete", "router", "DELETE", f"routers/{router}", target=router)
        if answer.fate == DONE or answer.status == 404:
            self._map.routers = [one for one in self._map.routers if one != router]
        return answer

    def _attach(self) -> Answer | None:
        return self._interface("add_router_interface")

    def _detach(self) -> Answer | None:
        return self._interface("remove_router_interface")

    def _interface(self, action: str) -> Answer | None:
        router, subnet = self._one(self._map.routers), self._one(self._map.subnets)
        return self._send("PUT", f"routers/{router}/{action}", {"subnet_id": subnet}) if router and subnet else None

    def _float(self) -> Answer | None:
        if len(self._map.floating) >= MOST:
            return None
        wanted = {"floating_network_id": self._map.external, "port_id": self._pick() or None}
        answer = self._send("POST", "floatingips", {"floatingip": wanted})
        if answer.fate == DONE:
            self._map.floating.append(answer.body["floatingip"]["id"])
        return answer

    def _move(self) -> Answer | None:
        floating = self._one(self._map.floating)
        wanted = {"port_id": self._pick() or None}
        return self._send("PUT", f"floatingips/{floating}", {"floatingip": wanted}) if floating else None

    def _sink(self) -> Answer | None:
        floating = self._one(self._map.floating)
        if not floating:
            return None
        answer = self._call("delete", "floatingip", "DELETE", f"floatingips/{floating}", target=floating)
        if answer.fate == DONE or answer.status == 404:
            self._map.floating = [one for one in self._map.floating if one != floating]
        return answer

    def _one(self, ids: list[str]) -> str:
        return self._dice.choice(ids) if ids else ""
