"""The table of OpenFlow 1.0's messages: a row for each kind, with its types and its codec.

Data only; `dialect` looks things up in it. Hello has no row, since it has no one version.
Invariant: a type, or a pair of type and statistics type, has one row at most.
"""

from struct import Struct
from typing import Final

from slicer.openflow import messages as m
from slicer.openflow import multipart as mp
from slicer.openflow.messages import Message
from slicer.openflow.tabled import MultipartRow, Multiparts, PlainRow
from slicer.openflow.v10 import error_numbers, flows, packets, ports, queues, statistics
from slicer.openflow.v13 import core
from slicer.openflow.v13.wire import Codec, fixed

VERSION: Final = 1
"""The version byte of OpenFlow 1.0."""

# Flags of a request mean nothing in 1.0, and Open vSwitch doesn't look at them.
STATISTICS: Final = Multiparts("statistics", 16, 17, Struct("!HH"), are_asked_whole=False)


def _request(stats: int, cls: type[Message], codec: Codec) -> MultipartRow:
    return STATISTICS.row(STATISTICS.request, stats, cls, codec)


def _reply(stats: int, cls: type[Message], codec: Codec) -> MultipartRow:
    return STATISTICS.row(STATISTICS.reply, stats, cls, codec)


PLAIN: Final = (
    PlainRow(1, m.ErrorMessage, error_numbers.ERROR),
    PlainRow(2, m.EchoRequest, core.ECHO_REQUEST),
    PlainRow(3, m.EchoReply, core.ECHO_REPLY),
    PlainRow(4, m.Experimenter, core.EXPERIMENTER),
    PlainRow(5, m.FeaturesRequest, fixed(m.FeaturesRequest, "")),
    PlainRow(6, m.FeaturesReply, ports.FEATURES_REPLY),
    PlainRow(7, m.GetConfigRequest, fixed(m.GetConfigRequest, "")),
    PlainRow(8, m.GetConfigReply, fixed(m.GetConfigReply, "HH")),
    PlainRow(9, m.SetConfig, fixed(m.SetConfig, "HH")),
    PlainRow(10, m.PacketIn, packets.PACKET_IN),
    PlainRow(11, m.FlowRemoved, flows.FLOW_REMOVED),
    PlainRow(12, m.PortStatus, ports.PORT_STATUS),
    PlainRow(13, m.PacketOut, packets.PACKET_OUT),
    PlainRow(14, m.FlowMod, flows.FLOW_MOD),
    PlainRow(15, m.PortMod, ports.PORT_MOD),
    PlainRow(18, m.BarrierRequest, fixed(m.BarrierRequest, "")),
    PlainRow(19, m.BarrierReply, fixed(m.BarrierReply, "")),
    PlainRow(20, m.QueueGetConfigRequest, queues.QUEUE_GET_CONFIG_REQUEST),
    PlainRow(21, m.QueueGetConfigReply, queues.QUEUE_GET_CONFIG_REPLY),
)
"""OpenFlow 1.0 5.1; a vendor message's data begins with the type that 1.3 gives a field."""

STATS: Final = (
    _request(0, mp.DescRequest, fixed(mp.DescRequest, "")),
    _reply(0, mp.DescReply, core.DESC_REPLY),
    _request(1, mp.FlowStatsRequest, flows.FLOW_STATS_REQUEST),
    _reply(1, mp.FlowStatsReply, flows.FLOW_STATS_REPLY),
    _request(2, mp.AggregateRequest, flows.AGGREGATE_REQUEST),
    _reply(2, mp.AggregateReply, fixed(mp.AggregateReply, "QQI4x")),
    _request(3, mp.TableStatsRequest, fixed(mp.TableStatsRequest, "")),
    _reply(3, mp.TableStatsReply, statistics.TABLE_STATS_REPLY),
    _request(4, mp.PortStatsRequest, statistics.PORT_STATS_REQUEST),
    _reply(4, mp.PortStatsReply, statistics.PORT_STATS_REPLY),
    _request(5, mp.QueueStatsRequest, statistics.QUEUE_STATS_REQUEST),
    _reply(5, mp.QueueStatsReply, statistics.QUEUE_STATS_REPLY),
    _request(13, mp.PortDescRequest, fixed(mp.PortDescRequest, "")),
    _reply(13, mp.PortDescReply, ports.PORT_DESC_REPLY),
    _request(0xFFFF, mp.ExperimenterMultipartRequest, core.EXPERIMENTER_MULTIPART_REQUEST),
    _reply(0xFFFF, mp.ExperimenterMultipartReply, core.EXPERIMENTER_MULTIPART_REPLY),
)
"""OpenFlow 1.0 5.3.5, and port-desc, with which Open vSwitch lists ports that a features reply
has no room for."""
