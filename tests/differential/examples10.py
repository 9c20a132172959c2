"""Examples in OpenFlow 1.0: for entries of the list a conversation that shows each.

Invariant: an example leaves the switch as it was.
"""

from collections.abc import Mapping
from struct import pack
from typing import Final

from tests.differential import deeds10 as deeds
from tests.differential import matches10 as m
from tests.differential import openflow10 as o
from tests.differential import packets as p
from tests.differential.conversation import Conversation, Receive, Say
from tests.differential.switches import address_of

_ICMP_264: Final = m.written({"dl_type": 0x0800, "nw_proto": p.ICMPV4, "tp_src": 264})
_PORT_OF_ANYTHING: Final = m.written({"tp_dst": 80})
_PING: Final = next(
    packet for packet in p.PLAIN if packet[12:14] == b"\x86\xdd" and packet[20] == p.ICMPV6
)
_LLDP: Final = next(packet for packet in p.PLAIN if packet[12:14] == b"\x88\xcc")


def _said(*frames: bytes) -> Conversation:
    return tuple(map(Say, frames))


def _flow(*actions: bytes, match: bytes = m.ANYTHING) -> bytes:
    return o.FlowMod(match, b"".join(actions)).frame


EXAMPLES: Final[Mapping[str, Conversation]] = {
    "A match on an ICMP type or code above 255": _said(
        _flow(match=_ICMP_264), o.flow_question(o.FLOW, _ICMP_264)
    ),
    "Fragment handling other than normal, in OpenFlow 1.0": _said(
        o.set_config(1, 128), o.set_config(0, 128)
    ),
    "ICMPv6 keeps its type and code": (
        *_said(_flow(deeds.set_tp_src(129), deeds.output(2), deeds.output(m.CONTROLLER))),
        Receive(1, (_PING,)),
    ),
    "A table miss at a port with NO_PACKET_IN": (
        *_said(o.port_mod(1, o.NO_PACKET_IN, o.NO_PACKET_IN, address_of(1))),
        Receive(1, p.PLAIN[:1]),
    ),
    "A question by fields that mean nothing": _said(
        _flow(deeds.output(2)), o.flow_question(o.FLOW, _PORT_OF_ANYTHING)
    ),
    "Tables 251 and up": _said(o.flow_question(o.FLOW, table=251)),
    "An output to TABLE in a flow or a group": _said(_flow(deeds.TO_TABLE)),
    "Experimenter actions and instructions": _said(
        _flow(deeds.vendor(deeds.NICIRA, pack("!HHB3x", 1, m.IN_PORT, 0)))
    ),
    "Experimenter messages": _said(
        o.message(1, o.VENDOR, pack("!II", deeds.NICIRA, 10)),
        o.stats(o.VENDOR_STATS, pack("!II", deeds.NICIRA, 0)),
    ),
    "A packet-out from a port that isn't the sliver's": _said(
        o.PacketOut(deeds.output(1), p.PLAIN[0], in_port=4).frame
    ),
    "A controller's error message": _said(o.message(1, o.ERROR, pack("!HH", 1, 1))),
    "The number of tables": _said(o.message(1, o.FEATURES_REQUEST)),
    "Table statistics": _said(o.stats(o.TABLE)),
    "Port statistics": _said(o.stats(o.PORT, pack("!H6x", m.NONE))),
    "LLDP bears a seal": _said(o.PacketOut(deeds.output(2), _LLDP).frame),
    "A second VLAN tag": (
        *_said(_flow(deeds.STRIP_VLAN, deeds.output(2))),
        Receive(1, p.DOUBLY_TAGGED[:1]),
    ),
}
