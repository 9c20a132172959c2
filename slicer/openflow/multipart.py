"""The multipart requests and replies of OpenFlow 1.3.5 7.3.5, and the entries of replies.

Values, not codecs. A reply whose body is a list has its `entries` and `more`, true when
another part of the same reply follows.

Invariant: one class is one kind; an entry belongs to one reply and never stands alone.
"""

from dataclasses import dataclass

from slicer.openflow.constants import OFPG_ALL, OFPG_ANY, OFPM_ALL, OFPP_ANY, OFPQ_ALL, OFPTT_ALL
from slicer.openflow.groups import Band, Bucket
from slicer.openflow.instructions import Instruction
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import Message, Port
from slicer.openflow.oxm import Match


@dataclass(frozen=True, slots=True)
class DescRequest(Message):
    """7.3.5.1."""

    kind = Kind.DESC_REQUEST


@dataclass(frozen=True, slots=True)
class DescReply(Message):
    """7.3.5.1: manufacturer, hardware, software, serial number and datapath, as text."""

    kind = Kind.DESC_REPLY
    mfr_desc: str
    hw_desc: str
    sw_desc: str
    serial_num: str
    dp_desc: str


@dataclass(frozen=True, slots=True)
class FlowStatsRequest(Message):
    """7.3.5.2."""

    kind = Kind.FLOW_STATS_REQUEST
    table_id: int = OFPTT_ALL
    out_port: int = OFPP_ANY
    out_group: int = OFPG_ANY
    cookie: int = 0
    cookie_mask: int = 0
    match: Match = Match()  # noqa: RUF009  (a frozen value)


@dataclass(frozen=True, slots=True)
class FlowStats:
    """7.3.5.2: one flow."""

    table_id: int
    duration_sec: int
    duration_nsec: int
    priority: int
    idle_timeout: int
    hard_timeout: int
    flags: int
    cookie: int
    packet_count: int
    byte_count: int
    match: Match
    instructions: tuple[Instruction, ...]


@dataclass(frozen=True, slots=True)
class FlowStatsReply(Message):
    """7.3.5.2."""

    kind = Kind.FLOW_STATS_REPLY
    entries: tuple[FlowStats, ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class AggregateRequest(Message):
    """7.3.5.3."""

    kind = Kind.AGGREGATE_REQUEST
    table_id: int = OFPTT_ALL
    out_port: int = OFPP_ANY
    out_group: int = OFPG_ANY
    cookie: int = 0
    cookie_mask: int = 0
    match: Match = Match()  # noqa: RUF009  (a frozen value)


@dataclass(frozen=True, slots=True)
class AggregateReply(Message):
    """7.3.5.3."""

    kind = Kind.AGGREGATE_REPLY
    packet_count: int
    byte_count: int
    flow_count: int


@dataclass(frozen=True, slots=True)
class TableStatsRequest(Message):
    """7.3.5.4."""

    kind = Kind.TABLE_STATS_REQUEST


@dataclass(frozen=True, slots=True)
class TableStats:
    """7.3.5.4: one table. What follows `matched_count` is said in OpenFlow 1.0 (5.3.5) only;
    `wildcards` has a bit for each field of its match that may be left out.
    """

    table_id: int
    active_count: int
    lookup_count: int
    matched_count: int
    name: str = ""
    wildcards: int = 0x3FFFFF
    max_entries: int = 0


@dataclass(frozen=True, slots=True)
class TableStatsReply(Message):
    """7.3.5.4."""

    kind = Kind.TABLE_STATS_REPLY
    entries: tuple[TableStats, ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class PortStatsRequest(Message):
    """7.3.5.6."""

    kind = Kind.PORT_STATS_REQUEST
    port_no: int = OFPP_ANY


@dataclass(frozen=True, slots=True)
class PortStats:
    """7.3.5.6: one port."""

    port_no: int
    rx_packets: int
    tx_packets: int
    rx_bytes: int
    tx_bytes: int
    rx_dropped: int
    tx_dropped: int
    rx_errors: int
    tx_errors: int
    rx_frame_err: int
    rx_over_err: int
    rx_crc_err: int
    collisions: int
    duration_sec: int
    duration_nsec: int


@dataclass(frozen=True, slots=True)
class PortStatsReply(Message):
    """7.3.5.6."""

    kind = Kind.PORT_STATS_REPLY
    entries: tuple[PortStats, ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class PortDescRequest(Message):
    """7.3.5.7."""

    kind = Kind.PORT_DESC_REQUEST


@dataclass(frozen=True, slots=True)
class PortDescReply(Message):
    """7.3.5.7."""

    kind = Kind.PORT_DESC_REPLY
    entries: tuple[Port, ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class QueueStatsRequest(Message):
    """7.3.5.8."""

    kind = Kind.QUEUE_STATS_REQUEST
    port_no: int = OFPP_ANY
    queue_id: int = OFPQ_ALL


@dataclass(frozen=True, slots=True)
class QueueStats:
    """7.3.5.8: one queue."""

    port_no: int
    queue_id: int
    tx_bytes: int
    tx_packets: int
    tx_errors: int
    duration_sec: int
    duration_nsec: int


@dataclass(frozen=True, slots=True)
class QueueStatsReply(Message):
    """7.3.5.8."""

    kind = Kind.QUEUE_STATS_REPLY
    entries: tuple[QueueStats, ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class GroupStatsRequest(Message):
    """7.3.5.9."""

    kind = Kind.GROUP_STATS_REQUEST
    group_id: int = OFPG_ALL


@dataclass(frozen=True, slots=True)
class Counter:
    """7.3.5.9 and 7.3.5.12: what one bucket or one meter band has counted."""

    packet_count: int
    byte_count: int


@dataclass(frozen=True, slots=True)
class GroupStats:
    """7.3.5.9: one group, with a counter for each bucket."""

    group_id: int
    ref_count: int
    packet_count: int
    byte_count: int
    duration_sec: int
    duration_nsec: int
    bucket_stats: tuple[Counter, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupStatsReply(Message):
    """7.3.5.9."""

    kind = Kind.GROUP_STATS_REPLY
    entries: tuple[GroupStats, ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class GroupDescRequest(Message):
    """7.3.5.10."""

    kind = Kind.GROUP_DESC_REQUEST


@dataclass(frozen=True, slots=True)
class GroupDesc:
    """7.3.5.10: one group as it was set up; `type` is an `OFPGT_*`."""

    type: int
    group_id: int
    buckets: tuple[Bucket, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupDescReply(Message):
    """7.3.5.10."""

    kind = Kind.GROUP_DESC_REPLY
    entries: tuple[GroupDesc, ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class GroupFeaturesRequest(Message):
    """7.3.5.11."""

    kind = Kind.GROUP_FEATURES_REQUEST


@dataclass(frozen=True, slots=True)
class GroupFeaturesReply(Message):
    """7.3.5.11: bitmaps; the tuples have one number for each of the four group types."""

    kind = Kind.GROUP_FEATURES_REPLY
    types: int
    capabilities: int
    max_groups: tuple[int, int, int, int]
    actions: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class MeterStatsRequest(Message):
    """7.3.5.12."""

    kind = Kind.METER_STATS_REQUEST
    meter_id: int = OFPM_ALL


@dataclass(frozen=True, slots=True)
class MeterStats:
    """7.3.5.12: one meter, with a counter for each band."""

    meter_id: int
    flow_count: int
    packet_in_count: int
    byte_in_count: int
    duration_sec: int
    duration_nsec: int
    band_stats: tuple[Counter, ...] = ()


@dataclass(frozen=True, slots=True)
class MeterStatsReply(Message):
    """7.3.5.12."""

    kind = Kind.METER_STATS_REPLY
    entries: tuple[MeterStats, ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class MeterConfigRequest(Message):
    """7.3.5.13."""

    kind = Kind.METER_CONFIG_REQUEST
    meter_id: int = OFPM_ALL


@dataclass(frozen=True, slots=True)
class MeterConfig:
    """7.3.5.13: one meter as it was set up."""

    flags: int
    meter_id: int
    bands: tuple[Band, ...] = ()


@dataclass(frozen=True, slots=True)
class MeterConfigReply(Message):
    """7.3.5.13."""

    kind = Kind.METER_CONFIG_REPLY
    entries: tuple[MeterConfig, ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class MeterFeaturesRequest(Message):
    """7.3.5.14."""

    kind = Kind.METER_FEATURES_REQUEST


@dataclass(frozen=True, slots=True)
class MeterFeaturesReply(Message):
    """7.3.5.14."""

    kind = Kind.METER_FEATURES_REPLY
    max_meter: int
    band_types: int
    capabilities: int
    max_bands: int
    max_color: int


@dataclass(frozen=True, slots=True)
class ExperimenterMultipartRequest(Message):
    """7.3.5.15."""

    kind = Kind.EXPERIMENTER_MULTIPART_REQUEST
    experimenter: int
    exp_type: int
    data: bytes = b""
    more: bool = False


@dataclass(frozen=True, slots=True)
class ExperimenterMultipartReply(Message):
    """7.3.5.15."""

    kind = Kind.EXPERIMENTER_MULTIPART_REPLY
    experimenter: int
    exp_type: int
    data: bytes = b""
    more: bool = False
