"""Slivering: which slivers a datapath has, and which of its ports each of them.

A function of the flowspace and the datapath's ports; what a sliver's tenants are told of it is the
sliver's affair. Invariant: a slice has a sliver exactly where it owns anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from slicer.flowspace.space import FlowSpace
from slicer.openflow.messages import Port
from slicer.proxy.host import View
from slicer.proxy.sliver import Sliver

if TYPE_CHECKING:
    from slicer.proxy.datapath import Datapath
    from slicer.proxy.tenant import Tenant


def refresh(datapath: Datapath, space: FlowSpace, view: View, by: Tenant | None) -> None:
    """Bring the slivers and their ports up to date; their tenants hear what has changed, but for
    the one that changed it."""
    slivers, enforcement = datapath.slivers, datapath.enforcement
    for name in [name for name in slivers if name not in space.slices]:
        sliver = slivers.pop(name)
        for tenant in sliver.connections:
            tenant.peer.close(f"{name} has nothing on {datapath} any more")
    for name in space.slices:
        tag = enforcement.tags[name]
        if name not in slivers:
            slivers[name] = Sliver(
                *(name, datapath.name, datapath.dpid, tag),
                enforcement.left_to_keep(view.limits_of(name)),
                view.intake_of(name),
                view.watchers_intake_of(name),
            )
        slivers[name].set_ports(
            {
                number: replace(port, config=port.config | config)
                if (config := enforcement.port_config(tag, number))
                else port
                for number, port in owned_ports(space, name, datapath.ports).items()
            },
            by,
        )
    datapath.by_tag = {sliver.tag: sliver for sliver in slivers.values()}


def owned_ports(space: FlowSpace, name: str, ports: Mapping[int, Port]) -> dict[int, Port]:
    """Those of a datapath's ports at which a slice owns anything, by number."""
    allowed = space.ports_of(name)
    return {number: port for number, port in ports.items() if allowed is None or number in allowed}
