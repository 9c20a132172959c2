"""What is done to a packet: the actions of OpenFlow 1.3.5 7.2.5 and Open vSwitch's own, and
those of OpenFlow 1.0 5.2.4 that mean something else than any of OpenFlow 1.3.

Values, not codecs. Lists of actions are tuples in the order of the wire; no action is
reordered or merged.

Invariant: an action that has no class of its own is an `ExperimenterAction` whose `data`
holds its bytes unread, or its frame is malformed: none is dropped.
"""

from dataclasses import dataclass

from slicer.openflow.constants import OFPCML_NO_BUFFER, OFPR_ACTION
from slicer.openflow.oxm import Oxm


@dataclass(frozen=True, slots=True)
class Action:
    """Any action."""


@dataclass(frozen=True, slots=True)
class Output(Action):
    """Send to a port; `max_len` (bytes) counts for `OFPP_CONTROLLER` only."""

    port: int
    max_len: int = 0


@dataclass(frozen=True, slots=True)
class CopyTtlOut(Action):
    """Copy the TTL from the next-to-outermost header to the outermost."""


@dataclass(frozen=True, slots=True)
class CopyTtlIn(Action):
    """Copy the TTL from the outermost header to the next-to-outermost."""


@dataclass(frozen=True, slots=True)
class SetMplsTtl(Action):
    """Set the TTL of the outermost MPLS label."""

    mpls_ttl: int


@dataclass(frozen=True, slots=True)
class DecMplsTtl(Action):
    """Decrement the TTL of the outermost MPLS label."""


@dataclass(frozen=True, slots=True)
class PushVlan(Action):
    """Push a VLAN tag with this Ethernet type (0x8100 or 0x88a8)."""

    ethertype: int


@dataclass(frozen=True, slots=True)
class PopVlan(Action):
    """Pop the outermost VLAN tag."""


@dataclass(frozen=True, slots=True)
class PushMpls(Action):
    """Push an MPLS label with this Ethernet type (0x8847 or 0x8848)."""

    ethertype: int


@dataclass(frozen=True, slots=True)
class PopMpls(Action):
    """Pop the outermost MPLS label; the Ethernet type becomes this one."""

    ethertype: int


@dataclass(frozen=True, slots=True)
class SetQueue(Action):
    """Choose the queue for the outputs that follow."""

    queue_id: int


@dataclass(frozen=True, slots=True)
class Group(Action):
    """Process through a group."""

    group_id: int


@dataclass(frozen=True, slots=True)
class SetNwTtl(Action):
    """Set the IP TTL."""

    nw_ttl: int


@dataclass(frozen=True, slots=True)
class DecNwTtl(Action):
    """Decrement the IP TTL."""


@dataclass(frozen=True, slots=True)
class SetField(Action):
    """Set a header field to the value in an OXM TLV; `oxm.oxm(name, value)` makes one."""

    oxm: Oxm


@dataclass(frozen=True, slots=True)
class PushPbb(Action):
    """Push a PBB service tag with this Ethernet type (0x88e7)."""

    ethertype: int


@dataclass(frozen=True, slots=True)
class PopPbb(Action):
    """Pop the outermost PBB service tag."""


@dataclass(frozen=True, slots=True)
class ExperimenterAction(Action):
    """An experimenter's action, unread; `data` follows the id, a multiple of 8 bytes."""

    experimenter: int
    data: bytes


@dataclass(frozen=True, slots=True)
class SetVlanVid(Action):
    """OpenFlow 1.0 5.2.4: set the VLAN id (12 bits) of the outermost tag, or push a tag with it
    and priority 0 where there is none."""

    vlan_vid: int


@dataclass(frozen=True, slots=True)
class SetVlanPcp(Action):
    """OpenFlow 1.0 5.2.4: set the VLAN priority (3 bits) of the outermost tag, or push a tag with
    it and id 0 where there is none."""

    vlan_pcp: int


@dataclass(frozen=True, slots=True)
class StripVlan(Action):
    """OpenFlow 1.0 5.2.4: pop the outermost VLAN tag where there is one."""


@dataclass(frozen=True, slots=True)
class SetNwSrc(Action):
    """OpenFlow 1.0 5.2.4: set the source of an IPv4 packet, leave any other as it is."""

    nw_src: int


@dataclass(frozen=True, slots=True)
class SetNwDst(Action):
    """OpenFlow 1.0 5.2.4: set the destination of an IPv4 packet, leave any other as it is."""

    nw_dst: int


@dataclass(frozen=True, slots=True)
class SetNwTos(Action):
    """OpenFlow 1.0 5.2.4: set the DSCP of an IP packet, leave any other as it is; `nw_tos` holds
    it in the upper six of its 8 bits."""

    nw_tos: int


@dataclass(frozen=True, slots=True)
class SetTpSrc(Action):
    """OpenFlow 1.0 5.2.4: set the source port of a TCP, UDP or SCTP packet, leave any other as it
    is; Open vSwitch sets the ICMP type too."""

    tp_src: int


@dataclass(frozen=True, slots=True)
class SetTpDst(Action):
    """OpenFlow 1.0 5.2.4: set the destination port of a TCP, UDP or SCTP packet, leave any other
    as it is; Open vSwitch sets the ICMP code too."""

    tp_dst: int


@dataclass(frozen=True, slots=True)
class RegMove(Action):
    """NXAST_REG_MOVE: copy `n_bits` bits of one field to another, by their OXM headers."""

    n_bits: int
    src_ofs: int
    dst_ofs: int
    src: int
    dst: int


@dataclass(frozen=True, slots=True)
class RegLoad(Action):
    """NXAST_REG_LOAD: set `n_bits` (1 to 64) bits of a field, from bit `ofs`, to `value`.

    `dst` is the field's OXM header without a mask: `oxm.header_of("reg0")`.
    """

    dst: int
    ofs: int
    n_bits: int
    value: int


@dataclass(frozen=True, slots=True)
class PopQueue(Action):
    """NXAST_POP_QUEUE: the outputs that follow go to the default queue again."""


@dataclass(frozen=True, slots=True)
class Note(Action):
    """NXAST_NOTE: does nothing, and is kept by the switch.

    Its length is 6 bytes mod 8: encoding fills it up with zeros, decoding can't tell them
    from the note's own.
    """

    note: bytes


@dataclass(frozen=True, slots=True)
class Resubmit(Action):
    """NXAST_RESUBMIT_TABLE: look the packet up again, as if it had come in at `in_port`.

    `OFPP_IN_PORT` keeps the port it has; table 255 is the table the flow is in.
    """

    in_port: int
    table: int


@dataclass(frozen=True, slots=True)
class Controller(Action):
    """NXAST_CONTROLLER: send to the controllers with this id, for this packet-in reason."""

    max_len: int = OFPCML_NO_BUFFER
    controller_id: int = 0
    reason: int = OFPR_ACTION


@dataclass(frozen=True, slots=True)
class Controller2(Action):
    """NXAST_CONTROLLER2: the same, with a meter, userdata and a pause (OVS 2.6)."""

    max_len: int = OFPCML_NO_BUFFER
    controller_id: int = 0
    reason: int = OFPR_ACTION
    userdata: bytes = b""
    pause: bool = False
    meter_id: int | None = None


@dataclass(frozen=True, slots=True)
class OutputTruncated(Action):
    """NXAST_OUTPUT_TRUNC: send out of a port, at most `max_len` (14 and up) bytes (OVS 2.6)."""

    port: int
    max_len: int


@dataclass(frozen=True, slots=True)
class Clone(Action):
    """NXAST_CLONE: carry out actions on a copy of the packet (OVS 2.7). A clone in a clone stays
    an ExperimenterAction."""

    actions: tuple[Action, ...]
