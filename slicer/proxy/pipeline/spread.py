"""Spread: a slice's groups for the outputs that mean several ports, FLOOD and ALL, and for IN_PORT.

What leads to them is a flow in owner (`stages.py`). Invariant: a bucket asks for one port of the
slice's, and owner judges each by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from slicer.openflow import constants as of
from slicer.openflow.actions import Action, RegLoad, RegMove
from slicer.openflow.groups import Bucket
from slicer.openflow.messages import GroupMod
from slicer.openflow.oxm import header_of
from slicer.proxy.pipeline import layout
from slicer.proxy.pipeline.stage_flow import ASK_OWNER
from slicer.proxy.pipeline.tags import note_of

REQUEST = header_of(layout.REQUEST)
NXM_IN_PORT = header_of("nxm_in_port")
NO_PORT = 0xFFFF
PORTS = (layout.FLOOD_PORT, layout.ALL_PORT, layout.IN_PORT_PORT)
"""What stands for them where a tenant's output asks for a port."""


def groups(name: str, tag: int, ports: Mapping[int, int]) -> Iterator[GroupMod]:
    """A slice's groups; `ports` are its ports' configurations, OFPPC_* bits by number."""
    note = note_of(name)
    buckets = {port: _bucket(note, *_ask_for(tag, port)) for port in sorted(ports)}
    flooded = (each for port, each in buckets.items() if not ports[port] & of.OFPPC_NO_FLOOD)
    yield _group(of.OFPGT_ALL, tag, layout.FLOOD_PORT, tuple(flooded))
    yield _group(of.OFPGT_ALL, tag, layout.ALL_PORT, tuple(buckets.values()))
    back = (_bucket(note, *_ask_to_return(tag)),)
    yield _group(of.OFPGT_INDIRECT, tag, layout.IN_PORT_PORT, back)


def _group(kind: int, tag: int, port: int, buckets: tuple[Bucket, ...]) -> GroupMod:
    return GroupMod(0, of.OFPGC_ADD, kind, layout.group_id(tag, port), buckets)


def _bucket(*actions: Action) -> Bucket:
    return Bucket(0, of.OFPP_ANY, of.OFPG_ANY, actions)


def _ask_for(tag: int, port: int) -> tuple[Action, ...]:
    return (RegLoad(REQUEST, 0, 32, layout.request(tag, port)), ASK_OWNER)


def _ask_to_return(tag: int) -> tuple[Action, ...]:
    """Ask for the port that the packet came in by. Open vSwitch never sends a packet out by its
    own in_port, so that is cleared; a bucket's changes end with the bucket."""
    return (
        RegMove(16, 0, 0, NXM_IN_PORT, REQUEST),
        RegLoad(REQUEST, 16, 16, tag),
        RegLoad(NXM_IN_PORT, 0, 16, NO_PORT),
        ASK_OWNER,
    )
