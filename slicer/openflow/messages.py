"""The messages of OpenFlow, but for multipart (`multipart`): what they say, in no version.

Frozen values with the field names of OpenFlow 1.3.5 7.3 to 7.5 and its numbers; MAC
addresses are 6 bytes, names are text. Not codecs: a dialect encodes and decodes them.

Invariant: a class has one kind, and `xid` is the one field that all of them share.
"""

from dataclasses import dataclass
from typing import ClassVar

from slicer.openflow.actions import Action
from slicer.openflow.constants import OFP_NO_BUFFER, OFPG_ANY, OFPP_ANY, OFPP_CONTROLLER
from slicer.openflow.groups import Band, Bucket
from slicer.openflow.instructions import Instruction
from slicer.openflow.kinds import Kind
from slicer.openflow.oxm import Match


@dataclass(frozen=True, slots=True)
class Message:
    """Any message; `xid` is its transaction id, 32 bits."""

    kind: ClassVar[Kind]
    xid: int


@dataclass(frozen=True, slots=True)
class Hello(Message):
    """OpenFlow 1.3.5 7.5.1: the versions that its sender speaks.

    From a hello without a version bitmap they are the header's version alone, which then
    stands for "this and maybe lower ones": `has_bitmap` tells.
    """

    kind = Kind.HELLO
    versions: frozenset[int]
    has_bitmap: bool = True


@dataclass(frozen=True, slots=True)
class ErrorMessage(Message):
    """7.4.4; `data` quotes the request. An experimenter's error has type 0xffff, its
    `exp_type` as the code, and is the only one whose `experimenter` is not None.
    """

    kind = Kind.ERROR
    type: int
    code: int
    data: bytes
    experimenter: int | None = None


@dataclass(frozen=True, slots=True)
class EchoRequest(Message):
    """7.5.2."""

    kind = Kind.ECHO_REQUEST
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class EchoReply(Message):
    """7.5.3."""

    kind = Kind.ECHO_REPLY
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Experimenter(Message):
    """7.5.4."""

    kind = Kind.EXPERIMENTER
    experimenter: int
    exp_type: int
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class FeaturesRequest(Message):
    """7.3.1."""

    kind = Kind.FEATURES_REQUEST


@dataclass(frozen=True, slots=True)
class FeaturesReply(Message):
    """7.3.1. What follows `reserved` is said in OpenFlow 1.0 (5.3.1) only: the ports, a bit for
    each of its twelve actions, and whether addresses in ARP packets can be matched.
    """

    kind = Kind.FEATURES_REPLY
    datapath_id: int
    n_buffers: int
    n_tables: int
    auxiliary_id: int
    capabilities: int
    reserved: int = 0
    ports: "tuple[Port, ...]" = ()
    actions: int = 0xFFF
    matches_arp_ip: bool = True


@dataclass(frozen=True, slots=True)
class GetConfigRequest(Message):
    """7.3.2."""

    kind = Kind.GET_CONFIG_REQUEST


@dataclass(frozen=True, slots=True)
class GetConfigReply(Message):
    """7.3.2; `miss_send_len` in bytes."""

    kind = Kind.GET_CONFIG_REPLY
    flags: int
    miss_send_len: int


@dataclass(frozen=True, slots=True)
class SetConfig(Message):
    """7.3.2; `miss_send_len` in bytes."""

    kind = Kind.SET_CONFIG
    flags: int
    miss_send_len: int


@dataclass(frozen=True, slots=True)
class PacketIn(Message):
    """7.4.1; `total_len` is the packet's length in bytes, of which `data` may be a part."""

    kind = Kind.PACKET_IN
    buffer_id: int
    total_len: int
    reason: int
    table_id: int
    cookie: int
    match: Match
    data: bytes


@dataclass(frozen=True, slots=True)
class FlowRemoved(Message):
    """7.4.2."""

    kind = Kind.FLOW_REMOVED
    cookie: int
    priority: int
    reason: int
    table_id: int
    duration_sec: int
    duration_nsec: int
    idle_timeout: int
    hard_timeout: int
    packet_count: int
    byte_count: int
    match: Match


@dataclass(frozen=True, slots=True)
class Port:
    """7.2.1: one port of a datapath; `hw_addr` is 6 bytes, speeds are in kbit/s."""

    port_no: int
    hw_addr: bytes
    name: str
    config: int = 0
    state: int = 0
    curr: int = 0
    advertised: int = 0
    supported: int = 0
    peer: int = 0
    curr_speed: int = 0
    max_speed: int = 0


@dataclass(frozen=True, slots=True)
class PortStatus(Message):
    """7.4.3."""

    kind = Kind.PORT_STATUS
    reason: int
    desc: Port


@dataclass(frozen=True, slots=True)
class PacketOut(Message):
    """7.3.7."""

    kind = Kind.PACKET_OUT
    buffer_id: int = OFP_NO_BUFFER
    in_port: int = OFPP_CONTROLLER
    actions: tuple[Action, ...] = ()
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class FlowMod(Message):
    """7.3.4.1; timeouts in seconds, 0 for none.

    `upsert` is how OpenFlow 1.0 (5.3.3) modifies: the flows get this cookie too, and if there is
    none to modify, the flow is added.
    """

    kind = Kind.FLOW_MOD
    cookie: int = 0
    cookie_mask: int = 0
    table_id: int = 0
    command: int = 0
    idle_timeout: int = 0
    hard_timeout: int = 0
    priority: int = 0
    buffer_id: int = OFP_NO_BUFFER
    out_port: int = OFPP_ANY
    out_group: int = OFPG_ANY
    flags: int = 0
    match: Match = Match()  # noqa: RUF009  (a frozen value)
    instructions: tuple[Instruction, ...] = ()
    upsert: bool = False


@dataclass(frozen=True, slots=True)
class GroupMod(Message):
    """7.3.4.2; `type` is an `OFPGT_*`."""

    kind = Kind.GROUP_MOD
    command: int
    type: int
    group_id: int
    buckets: tuple[Bucket, ...] = ()


@dataclass(frozen=True, slots=True)
class PortMod(Message):
    """7.3.4.3; `hw_addr` is 6 bytes, `mask` says which bits of `config` are meant."""

    kind = Kind.PORT_MOD
    port_no: int
    hw_addr: bytes
    config: int
    mask: int
    advertise: int = 0


@dataclass(frozen=True, slots=True)
class TableMod(Message):
    """7.3.3."""

    kind = Kind.TABLE_MOD
    table_id: int
    config: int = 0


@dataclass(frozen=True, slots=True)
class MeterMod(Message):
    """7.3.4.4; `flags` are `OFPMF_*`."""

    kind = Kind.METER_MOD
    command: int
    flags: int
    meter_id: int
    bands: tuple[Band, ...] = ()


@dataclass(frozen=True, slots=True)
class BarrierRequest(Message):
    """7.3.8."""

    kind = Kind.BARRIER_REQUEST


@dataclass(frozen=True, slots=True)
class BarrierReply(Message):
    """7.3.8."""

    kind = Kind.BARRIER_REPLY


@dataclass(frozen=True, slots=True)
class QueueProperty:
    """7.2.2: one property; a rate is in 1/10 of a percent, an experimenter's has `data`."""

    property: int
    rate: int = 0
    experimenter: int = 0
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Queue:
    """7.2.2: one queue of a port."""

    queue_id: int
    port: int
    properties: tuple[QueueProperty, ...] = ()


@dataclass(frozen=True, slots=True)
class QueueGetConfigRequest(Message):
    """7.3.6."""

    kind = Kind.QUEUE_GET_CONFIG_REQUEST
    port: int


@dataclass(frozen=True, slots=True)
class QueueGetConfigReply(Message):
    """7.3.6."""

    kind = Kind.QUEUE_GET_CONFIG_REPLY
    port: int
    queues: tuple[Queue, ...] = ()


@dataclass(frozen=True, slots=True)
class RoleRequest(Message):
    """7.3.9; `role` is an `OFPCR_ROLE_*`."""

    kind = Kind.ROLE_REQUEST
    role: int
    generation_id: int


@dataclass(frozen=True, slots=True)
class RoleReply(Message):
    """7.3.9."""

    kind = Kind.ROLE_REPLY
    role: int
    generation_id: int


@dataclass(frozen=True, slots=True)
class GetAsyncRequest(Message):
    """7.3.10."""

    kind = Kind.GET_ASYNC_REQUEST


@dataclass(frozen=True, slots=True)
class GetAsyncReply(Message):
    """7.3.10; each mask is a pair: as equal or master, as slave; bit n is for reason n."""

    kind = Kind.GET_ASYNC_REPLY
    packet_in_mask: tuple[int, int]
    port_status_mask: tuple[int, int]
    flow_removed_mask: tuple[int, int]


@dataclass(frozen=True, slots=True)
class SetAsync(Message):
    """7.3.10; the masks are those of `GetAsyncReply`."""

    kind = Kind.SET_ASYNC
    packet_in_mask: tuple[int, int]
    port_status_mask: tuple[int, int]
    flow_removed_mask: tuple[int, int]
