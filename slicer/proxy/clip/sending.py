"""Sending: a tenant's packet-outs, judged by the slicer, because no table of the datapath could.

The packet is there, so its owner is asked for each output, at its port and with the header as it
is then. Outputs that are not the slice's are left out; a packet of which none is left is refused.
Invariant: what is sent leaves only as the slice's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from slicer.flowspace import packet
from slicer.flowspace.fields import ETH_TYPE_IPV4
from slicer.flowspace.match import Match as Region
from slicer.flowspace.point import Point
from slicer.flowspace.space import FlowSpace
from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.actions import (
    Action,
    Output,
    SetNwDst,
    SetNwSrc,
    SetNwTos,
    SetTpDst,
    SetTpSrc,
)
from slicer.openflow.messages import PacketOut
from slicer.proxy import discovery
from slicer.proxy.clip import rewriting
from slicer.proxy.clip.cutting import Outlets, carried_out, leaving
from slicer.proxy.clip.guards import SECOND_TAGS
from slicer.proxy.clip.rewriting import Sent
from slicer.proxy.refusal import Refusal
from slicer.proxy.sliver import Sliver

_EVERYTHING = (1 << Region.of(port=0xFFFFFFFF).mask.bit_length()) - 1
_FROM_NOWHERE = (of.OFPP_CONTROLLER, of.OFPP_ANY)
_IN_TRANSPORT: frozenset[type[Action]] = frozenset({SetTpSrc, SetTpDst})
_IN_IP = _IN_TRANSPORT | {SetNwSrc, SetNwDst, SetNwTos}
_PORTS = tuple(f"{name}_{end}" for name in ("tcp", "udp", "sctp") for end in ("src", "dst"))
_NETWORK = ("ip_proto", "ipv4_src", "ipv4_dst")


def check(sliver: Sliver, asked: PacketOut) -> None:
    """What holds for any packet-out, whatever its packet. Raises Refusal."""
    rewriting.check(asked.actions)
    if asked.buffer_id != of.OFP_NO_BUFFER:
        raise Refusal(
            errors.BAD_REQUEST_BUFFER_UNKNOWN, f"buffer {asked.buffer_id:#x}, none is handed out"
        )
    if asked.in_port not in _FROM_NOWHERE and not sliver.owns_port(asked.in_port):
        raise Refusal(errors.BAD_REQUEST_BAD_PORT, f"in_port {asked.in_port} is not the sliver's")


def packet_out(
    space: FlowSpace, outlets: Outlets, sliver: Sliver, asked: PacketOut, is_open_vswitch: bool
) -> PacketOut:
    """The packet-out, which was checked, as the datapath is to carry it out (OpenFlow 1.0 5.3.6).
    Raises Refusal."""
    point = packet.parse(asked.data, asked.in_port)
    if point["eth_type"] in SECOND_TAGS:
        raise _not_owned(point, "it has a second VLAN tag, behind which nobody looks")
    _check_is_whole(point, asked.actions)
    sent = _sent(point, asked.actions, is_open_vswitch)
    ports = {
        each.index: [
            port
            for port in _outlets(outlets, each.port)
            if space.owner(_afterwards(point, each, port)) == sliver.slice
        ]
        for each in sent
    }
    tried = [port for each in sent for port in _outlets(outlets, each.port)]
    if tried and not any(ports.values()):
        raise _not_owned(point, f"nor is what is made of it, at any of {len(tried)} ports")
    return replace(asked, actions=carried_out(asked.actions, ports))


def _outlets(outlets: Outlets, port: int) -> tuple[int, ...]:
    """TABLE has the packet looked up as one that came in, so it is judged as such."""
    return (port,) if port == of.OFPP_TABLE else outlets.of(port)


def _sent(point: Point, actions: tuple[Action, ...], is_open_vswitch: bool) -> tuple[Sent, ...]:
    (way,) = rewriting.ways(Region(point.header, _EVERYTHING), actions, is_open_vswitch)
    return way.sent


def _afterwards(point: Point, sent: Sent, port: int) -> Point:
    """The packet as it leaves; what goes to TABLE, back or to the controller stays where it is."""
    stays = sent.rewrite if port == of.OFPP_TABLE else leaving(sent.rewrite, port)
    return Point(point.header & ~stays.mask | stays.value, point.later_fragment)


def _check_is_whole(point: Point, actions: tuple[Action, ...]) -> None:
    """A header that is cut short shows zeros, and a datapath wouldn't rewrite it as it would a
    whole one."""
    kinds = set(map(type, actions))
    if point["eth_type"] != ETH_TYPE_IPV4 or not kinds & _IN_IP:
        return
    is_whole = any(point[name] for name in _NETWORK)
    if kinds & _IN_TRANSPORT:
        ports = [point[name] for name in _PORTS if name in point]
        is_whole = is_whole and any(ports) and not point.later_fragment
    if not is_whole:
        raise _not_owned(point, "of a header that isn't whole it is not known what results")


def _not_owned(point: Point, more: str) -> Refusal:
    header = ", ".join(f"{name}={value:#x}" for name, value in point.items() if value)
    return Refusal(errors.BAD_ACTION_EPERM, f"a packet that is not the slice's ({more}): {header}")


def discovery_ports(sliver: Sliver, asked: PacketOut) -> list[int] | None:
    """The ports by which a packet-out of LLDP, which was checked, sends, or None where it is
    something else."""
    if not discovery.is_discovery(asked.data):
        return None
    ports: list[int] = []
    for action in asked.actions:
        if not isinstance(action, Output):
            return None
        found = _named(sliver, action.port, asked.in_port)
        if found is None:
            return None
        ports += found
    return ports


def _named(sliver: Sliver, port: int, in_port: int) -> Iterator[int] | None:
    if port in (of.OFPP_FLOOD, of.OFPP_ALL):
        return (each for each in sorted(sliver.ports) if each != in_port)
    if sliver.owns_port(port):
        return iter((port,))
    return None if port in rewriting.OUTPUTS else iter(())
