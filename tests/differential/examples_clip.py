"""Examples in OpenFlow 1.0, with datapaths that speak nothing else: for entries of the list a
conversation that shows each.

Invariant: an example leaves the switch as it was.
"""

from collections.abc import Mapping
from typing import Final

from tests.differential import deeds10 as deeds
from tests.differential import examples10
from tests.differential import matches10 as m
from tests.differential import openflow10 as o
from tests.differential import packets as p
from tests.differential.conversation import Conversation, Receive, Say
from tests.differential.switches import address_of

_LLDP: Final = next(packet for packet in p.PLAIN if packet[12:14] == b"\x88\xcc")
_IPV4: Final = m.written({"dl_type": 0x0800})
_SHARED: Final = (
    "A match on an ICMP type or code above 255",
    "Fragment handling other than normal, in OpenFlow 1.0",
    "A table miss at a port with NO_PACKET_IN",
    "A question by fields that mean nothing",
    "An output to TABLE in a flow or a group",
    "Experimenter actions and instructions",
    "Experimenter messages",
    "A packet-out from a port that isn't the sliver's",
    "A controller's error message",
    "The number of tables",
    "LLDP bears a seal",
)
"""Entries of OpenFlow 1.0's that are differences here too."""


def _flow(*actions: bytes, match: bytes = m.ANYTHING, flags: int = 0) -> Say:
    return Say(o.FlowMod(match, b"".join(actions), flags=flags).frame)


EXAMPLES: Final[Mapping[str, Conversation]] = {
    **{title: examples10.EXAMPLES[title] for title in _SHARED},
    "A rewrite of IP or ports without a match on the protocol": (
        _flow(deeds.set_tp_src(80), deeds.output(2)),
    ),
    "An output to NORMAL": (_flow(deeds.output(m.NORMAL)),),
    "A packet-out with two VLAN tags": (
        Say(o.PacketOut(deeds.output(2), p.DOUBLY_TAGGED[0]).frame),
    ),
    "Configuring a port down, or to receive nothing": (
        Say(o.port_mod(1, o.NO_RECV, o.NO_RECV, address_of(1))),
    ),
    "The tables": (Say(o.stats(o.TABLE)),),
    "What Open vSwitch keeps in table 254": (Say(o.flow_question(o.FLOW, table=254)),),
    "The reason of a packet-in about LLDP": (
        Say(o.PacketOut(deeds.output(m.CONTROLLER, 0xFFFF), _LLDP).frame),
    ),
    "LLDP that a packet-out sends to the tables": (
        _flow(deeds.output(2)),
        Say(o.PacketOut(deeds.output(m.TABLE), _LLDP).frame),
    ),
    "LLDP that comes in": (_flow(deeds.output(2)), Receive(1, (_LLDP,))),
    "Two VLAN tags": (_flow(deeds.output(2)), Receive(1, p.DOUBLY_TAGGED[:1])),
    "Flows that overlap at one priority": (
        _flow(deeds.output(2), flags=o.SEND_FLOW_REM),
        _flow(deeds.output(3), match=_IPV4, flags=o.SEND_FLOW_REM),
        Receive(1, p.PLAIN[:1]),
    ),
}
