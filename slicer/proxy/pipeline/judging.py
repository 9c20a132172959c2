"""Judging: which packet-outs are refused before they get to the switch, so that the tenant hears.

The switch judges every packet at owner in any case. Here it is only said of those that can't be
meant: from a port that isn't the sliver's, or of a packet that is the slice's at none of the ports
it is to leave by. Invariant: what the switch would let out by any port isn't refused here.
"""

from __future__ import annotations

from collections.abc import Iterable

from slicer.flowspace import packet
from slicer.flowspace.space import FlowSpace
from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.proxy.pipeline import translate
from slicer.proxy.refusal import Refusal
from slicer.proxy.sliver import Sliver


def check_in_port(sliver: Sliver, in_port: int) -> None:
    """Is it a port of the sliver's, or none? Raises Refusal."""
    translate.check_port(in_port)
    if in_port not in (of.OFPP_CONTROLLER, of.OFPP_ANY) and not sliver.owns_port(in_port):
        raise Refusal(errors.BAD_REQUEST_BAD_PORT, f"in_port {in_port} is not the sliver's")


def check_packet(
    space: FlowSpace, sliver: Sliver, outputs: tuple[int, ...] | None, data: bytes
) -> None:
    """Refuse a packet-out that does nothing but output a packet which is the slice's at none of
    the ports; `outputs` is None for one that does more. Raises Refusal."""
    if not outputs:
        return
    ports: list[int] = []
    for port in outputs:
        if port in (of.OFPP_FLOOD, of.OFPP_ALL):
            ports += sliver.ports
        elif sliver.owns_port(port):
            ports.append(port)
        else:
            return
    point = packet.parse(data, 0)
    if ports and all(space.owner(point.at(port)) != sliver.slice for port in ports):
        header = ", ".join(f"{name}={value:#x}" for name, value in point.items() if value)
        raise Refusal(errors.BAD_ACTION_EPERM, f"a packet that is not the slice's: {header}")


def sending_ports(sliver: Sliver, outputs: Iterable[int], in_port: int) -> list[int] | None:
    """The ports of the sliver's that a packet-out sends by, or None where it asks for more."""
    ports: list[int] = []
    for port in outputs:
        if port in (of.OFPP_FLOOD, of.OFPP_ALL):
            ports += (each for each in sliver.ports if each != in_port)
        elif sliver.owns_port(port):
            ports.append(port)
        elif port > translate.LAST_PORT and port != of.OFPP_LOCAL:
            return None
    return ports
