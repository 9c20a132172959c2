"""Guards: the slicer's own flows on an OpenFlow 1.0 datapath, and its fragment handling.

Not here: which regions need a guard (`layers.py`), and how the datapath comes to hold them.
Invariant: the flows depend on the layers and the tags alone, so that a restart changes none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from slicer.flowspace.space import FlowSpace
from slicer.openflow import constants as of
from slicer.openflow.actions import Output
from slicer.openflow.instructions import ApplyActions, Instruction
from slicer.openflow.messages import FlowMod
from slicer.openflow.oxm import Match
from slicer.proxy import discovery
from slicer.proxy.clip.cookies import Cookie, Part
from slicer.proxy.clip.layers import HIGHEST, Layers, Place

SECOND_TAGS = (0x8100, 0x88A8)
"""What the Ethernet type is for who reads one VLAN tag of two."""
_TO_SLICER = (ApplyActions((Output(of.OFPP_CONTROLLER, of.OFPCML_NO_BUFFER),)),)


def guards(layers: Layers, tags: Mapping[str, int]) -> Iterator[tuple[Place, FlowMod]]:
    """The flows that keep each layer from what is above it, and those that are for everybody, each
    with its place."""
    for place, slice_name in layers.guards.items():
        if slice_name is None:
            yield place, _flow(place, Cookie(Part.UNOWNED), ())
        else:
            yield place, _flow(place, Cookie(Part.GUARD, tags[slice_name]), _TO_SLICER)
    for eth_type in SECOND_TAGS:
        place = Match.of(eth_type=eth_type), HIGHEST
        yield place, _flow(place, Cookie(Part.UNREAD), ())
    for eth_type in discovery.ETH_TYPES:
        place = Match.of(eth_type=eth_type), HIGHEST
        yield place, _flow(place, Cookie(Part.DISCOVERY), _TO_SLICER)


def _flow(place: Place, cookie: Cookie, instructions: tuple[Instruction, ...]) -> FlowMod:
    match, priority = place
    return FlowMod(
        0,
        cookie=int(cookie),
        command=of.OFPFC_ADD,
        priority=priority,
        flags=of.OFPFF_SEND_FLOW_REM,
        match=match,
        instructions=instructions,
    )


def fragment_handling(space: FlowSpace) -> int:
    """OFPC_FRAG_DROP where the owner of a fragment can't be told, otherwise OFPC_FRAG_NORMAL.

    Fragments show ports of 0 (OpenFlow 1.0 3.4) and nothing that OpenFlow 1.0 can match says that
    they are fragments; Open vSwitch gives later ones of IPv6 another protocol.
    """
    reads_ports = any(rule.match.reads_transport for rule in space.rules)
    return of.OFPC_FRAG_DROP if reads_ports or space.fragment_hazards() else of.OFPC_FRAG_NORMAL
