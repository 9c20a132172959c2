"""Discovered: whose LLDP it is that a datapath sends the slicer.

What a slice sent over a link bears its seal; what a host or a foreign switch sends is its who owns
it by the flowspace. Invariant: only what comes by a discovery flow of the slicer's is anybody's.
"""

from __future__ import annotations

from slicer.flowspace import packet
from slicer.flowspace.space import FlowSpace
from slicer.openflow.messages import PacketIn
from slicer.openflow.v13 import V13
from slicer.proxy import discovery
from slicer.proxy.pipeline.layout import Stage, StageCookie


def whose(frame: bytes, space: FlowSpace, secret: bytes) -> tuple[str, int, bytes] | None:
    """(slice, port, packet without a seal) of a packet-in, or None. Raises MalformedError."""
    message = V13.decode(frame)
    assert isinstance(message, PacketIn)
    cookie = StageCookie.read(message.cookie)
    port = message.match.get("in_port")
    if cookie is None or cookie.stage is not Stage.DISCOVERY or not isinstance(port, int):
        return None
    unsealed = discovery.unseal(message.data, secret)
    if unsealed is not None:
        return unsealed[0], port, unsealed[1]
    owner = space.owner(packet.parse(message.data, port))
    return None if owner is None else (owner, port, message.data)
