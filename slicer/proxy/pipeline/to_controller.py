"""To controller: the slicer's own flows that send packets to the controller, by meters.

A slice's packet-ins pass a meter of the slice's, and LLDP a meter of the port's that it comes in
by, so a storm ends in the switch. Where the datapath has no meters they pass as they are.
Invariant: a packet-in of one slice never takes from the rate of another's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from slicer.openflow import constants as of
from slicer.openflow.actions import Action, Controller2, Output
from slicer.openflow.messages import FlowMod
from slicer.openflow.oxm import Match
from slicer.proxy import discovery
from slicer.proxy.pipeline import layout
from slicer.proxy.pipeline.layout import Stage
from slicer.proxy.pipeline.stage_flow import stage_flow


def discoveries(ports: Iterable[int], *, metered: bool) -> Iterator[FlowMod]:
    """LLDP to the slicer. With meters each port's has its own, so that nobody who floods one port
    keeps that of another from coming through."""
    for eth_type in discovery.ETH_TYPES:
        if not metered:
            yield _discovery(eth_type, None, Output(of.OFPP_CONTROLLER, of.OFPCML_NO_BUFFER))
            continue
        for port in (None, *ports):
            yield _discovery(eth_type, port, Controller2(meter_id=layout.discovery_meter(port)))


def _discovery(eth_type: int, port: int | None, action: Action) -> FlowMod:
    coming_in = {} if port is None else {"in_port": port}
    return stage_flow(
        Stage.DISCOVERY,
        layout.ADMIT_TABLE,
        layout.DISCOVERY_PRIORITY - (port is None),
        match=Match.of(**coming_in, eth_type=eth_type),
        actions=(action,),
    )


def packet_in(tag: int) -> FlowMod:
    """A slice's request for the controller, out of an action set, which takes no meter itself."""
    return stage_flow(
        Stage.CONTROLLER,
        layout.ADMIT_TABLE,
        layout.REQUEST_PRIORITY,
        match=Match.of(**{layout.REQUEST: layout.request(tag, layout.CONTROLLER_PORT)}),
        tag=tag,
        actions=(Controller2(meter_id=layout.packet_in_meter(tag)),),
    )
