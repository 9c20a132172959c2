"""NORMAL: forwarding as a switch without OpenFlow would, for a slice that owns all of a datapath.

NORMAL goes to any port of the switch, past owner and emit, so only who owns every packet at every
port may ask for it. A tenant's output to NORMAL is a request like one to FLOOD; what carries it out
is a flow in owner that is there only while the slice owns everything. So when the policy changes no
tenant's flow has to: the request is a stray from then on. NORMAL knows nothing of the ports'
configurations that slivers have, so while there are any, the request is carried out like one to
FLOOD. Invariant: where any rule could give a packet to another slice there is no flow with an
output to NORMAL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from slicer.flowspace.match import Match as Region
from slicer.flowspace.space import FlowSpace
from slicer.openflow import constants as of
from slicer.openflow.actions import Group, Output
from slicer.openflow.messages import FlowMod
from slicer.openflow.oxm import Match
from slicer.proxy.pipeline import layout
from slicer.proxy.pipeline.layout import Stage
from slicer.proxy.pipeline.stage_flow import stage_flow


def owner_of_all(space: FlowSpace) -> str | None:
    """The slice that owns every packet at every port, if its first rule says so."""
    first = space.rules[0] if space.rules else None
    everything = first is not None and first.match == Region.ANY and first.ports is None
    return first.slice if first is not None and everything else None


HELD_BACK = of.OFPPC_PORT_DOWN | of.OFPPC_NO_FWD | of.OFPPC_NO_FLOOD
"""What emit and the groups for FLOOD heed."""


def flows(
    space: FlowSpace, tags: Mapping[str, int], configs: Mapping[str, Mapping[int, int]]
) -> Iterator[FlowMod]:
    """The flow that carries out requests for NORMAL, if anybody of these slices may make them.
    `configs` has, by slice, what it has configured of its ports (OFPPC_* bits)."""
    name = owner_of_all(space)
    if name is not None and name in tags:
        tag = tags[name]
        held = any(config & HELD_BACK for config in configs[name].values())
        flood = Group(layout.group_id(tag, layout.FLOOD_PORT))
        yield stage_flow(
            Stage.NORMAL,
            layout.OWNER_TABLE,
            layout.REQUEST_PRIORITY,
            match=Match.of(**{layout.REQUEST: layout.request(tag, layout.NORMAL_PORT)}),
            tag=tag,
            port=layout.NORMAL_PORT,
            actions=(flood if held else Output(of.OFPP_NORMAL),),
        )
