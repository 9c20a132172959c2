"""The table of OpenFlow 1.3.5's messages: a row for each kind, with its types and its codec.

Data only; `dialect` looks things up in it. Hello has no row, since it has no one version.
Invariant: a type, or a pair of type and multipart type, has one row at most.
"""

from struct import Struct
from typing import Final

from slicer.openflow import messages as m
from slicer.openflow import multipart as mp
from slicer.openflow.messages import Message
from slicer.openflow.table_features import TableFeaturesReply, TableFeaturesRequest
from slicer.openflow.tabled import MultipartRow, Multiparts, PlainRow
from slicer.openflow.v13 import core, flows, groups, meters, packets, ports, queues
from slicer.openflow.v13 import table_features as tables
from slicer.openflow.v13.wire import Codec, entries, fixed

VERSION: Final = 4
"""The version byte of OpenFlow 1.3."""


MULTIPART: Final = Multiparts("multipart", 18, 19, Struct("!HH4x"), are_asked_whole=True)


def _request(multipart: int, cls: type[Message], codec: Codec) -> MultipartRow:
    return MULTIPART.row(MULTIPART.request, multipart, cls, codec)


def _reply(multipart: int, cls: type[Message], codec: Codec) -> MultipartRow:
    return MULTIPART.row(MULTIPART.reply, multipart, cls, codec)


PLAIN: Final = (
    PlainRow(1, m.ErrorMessage, core.ERROR),
    PlainRow(2, m.EchoRequest, core.ECHO_REQUEST),
    PlainRow(3, m.EchoReply, core.ECHO_REPLY),
    PlainRow(4, m.Experimenter, core.EXPERIMENTER),
    PlainRow(5, m.FeaturesRequest, fixed(m.FeaturesRequest, "")),
    PlainRow(6, m.FeaturesReply, fixed(m.FeaturesReply, "QIBB2xII")),
    PlainRow(7, m.GetConfigRequest, fixed(m.GetConfigRequest, "")),
    PlainRow(8, m.GetConfigReply, fixed(m.GetConfigReply, "HH")),
    PlainRow(9, m.SetConfig, fixed(m.SetConfig, "HH")),
    PlainRow(10, m.PacketIn, packets.PACKET_IN),
    PlainRow(11, m.FlowRemoved, flows.FLOW_REMOVED),
    PlainRow(12, m.PortStatus, ports.PORT_STATUS),
    PlainRow(13, m.PacketOut, packets.PACKET_OUT),
    PlainRow(14, m.FlowMod, flows.FLOW_MOD),
    PlainRow(15, m.GroupMod, groups.GROUP_MOD),
    PlainRow(16, m.PortMod, ports.PORT_MOD),
    PlainRow(17, m.TableMod, fixed(m.TableMod, "B3xI")),
    PlainRow(20, m.BarrierRequest, fixed(m.BarrierRequest, "")),
    PlainRow(21, m.BarrierReply, fixed(m.BarrierReply, "")),
    PlainRow(22, m.QueueGetConfigRequest, fixed(m.QueueGetConfigRequest, "I4x")),
    PlainRow(23, m.QueueGetConfigReply, queues.QUEUE_GET_CONFIG_REPLY),
    PlainRow(24, m.RoleRequest, core.ROLE_REQUEST),
    PlainRow(25, m.RoleReply, core.ROLE_REPLY),
    PlainRow(26, m.GetAsyncRequest, fixed(m.GetAsyncRequest, "")),
    PlainRow(27, m.GetAsyncReply, core.GET_ASYNC_REPLY),
    PlainRow(28, m.SetAsync, core.SET_ASYNC),
    PlainRow(29, m.MeterMod, meters.METER_MOD),
)
"""OpenFlow 1.3.5 7.1.1."""

MULTIPARTS: Final = (
    _request(0, mp.DescRequest, fixed(mp.DescRequest, "")),
    _reply(0, mp.DescReply, core.DESC_REPLY),
    _request(1, mp.FlowStatsRequest, flows.FLOW_STATS_REQUEST),
    _reply(1, mp.FlowStatsReply, flows.FLOW_STATS_REPLY),
    _request(2, mp.AggregateRequest, flows.AGGREGATE_REQUEST),
    _reply(2, mp.AggregateReply, fixed(mp.AggregateReply, "QQI4x")),
    _request(3, mp.TableStatsRequest, fixed(mp.TableStatsRequest, "")),
    _reply(3, mp.TableStatsReply, entries(mp.TableStatsReply, mp.TableStats, "B3xIQQ")),
    _request(4, mp.PortStatsRequest, fixed(mp.PortStatsRequest, "I4x")),
    _reply(4, mp.PortStatsReply, entries(mp.PortStatsReply, mp.PortStats, "I4x12QII")),
    _request(5, mp.QueueStatsRequest, fixed(mp.QueueStatsRequest, "II")),
    _reply(5, mp.QueueStatsReply, entries(mp.QueueStatsReply, mp.QueueStats, "II3QII")),
    _request(6, mp.GroupStatsRequest, fixed(mp.GroupStatsRequest, "I4x")),
    _reply(6, mp.GroupStatsReply, groups.GROUP_STATS_REPLY),
    _request(7, mp.GroupDescRequest, fixed(mp.GroupDescRequest, "")),
    _reply(7, mp.GroupDescReply, groups.GROUP_DESC_REPLY),
    _request(8, mp.GroupFeaturesRequest, fixed(mp.GroupFeaturesRequest, "")),
    _reply(8, mp.GroupFeaturesReply, groups.GROUP_FEATURES_REPLY),
    _request(9, mp.MeterStatsRequest, fixed(mp.MeterStatsRequest, "I4x")),
    _reply(9, mp.MeterStatsReply, meters.METER_STATS_REPLY),
    _request(10, mp.MeterConfigRequest, fixed(mp.MeterConfigRequest, "I4x")),
    _reply(10, mp.MeterConfigReply, meters.METER_CONFIG_REPLY),
    _request(11, mp.MeterFeaturesRequest, fixed(mp.MeterFeaturesRequest, "")),
    _reply(11, mp.MeterFeaturesReply, fixed(mp.MeterFeaturesReply, "IIIBB2x")),
    _request(12, TableFeaturesRequest, tables.TABLE_FEATURES_REQUEST),
    _reply(12, TableFeaturesReply, tables.TABLE_FEATURES_REPLY),
    _request(13, mp.PortDescRequest, fixed(mp.PortDescRequest, "")),
    _reply(13, mp.PortDescReply, ports.PORT_DESC_REPLY),
    _request(0xFFFF, mp.ExperimenterMultipartRequest, core.EXPERIMENTER_MULTIPART_REQUEST),
    _reply(0xFFFF, mp.ExperimenterMultipartReply, core.EXPERIMENTER_MULTIPART_REPLY),
)
"""OpenFlow 1.3.5 7.3.5."""
