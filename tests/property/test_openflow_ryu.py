"""Ryu parses our bytes to the same values, for every message that Ryu can parse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slicer.openflow import messages as m
from slicer.openflow import multipart as mp
from slicer.openflow import table_features as tf
from slicer.openflow.messages import Message
from slicer.openflow.v13 import V13
from tests.property.openflow_messages import MESSAGES
from tests.property.openflow_ryu import assert_alike, for_ryu, parse

PARSED_BY_RYU = [
    *(m.Hello, m.ErrorMessage, m.EchoRequest, m.EchoReply, m.Experimenter),
    *(m.FeaturesReply, m.GetConfigReply, m.PacketIn, m.FlowRemoved, m.PortStatus),
    *(m.FlowMod, m.BarrierReply, m.QueueGetConfigReply, m.RoleReply, m.GetAsyncReply),
    *(mp.DescReply, mp.FlowStatsReply, mp.AggregateReply, mp.TableStatsReply),
    *(mp.PortStatsReply, mp.QueueStatsReply, mp.GroupStatsReply, mp.GroupDescReply),
    *(mp.GroupFeaturesReply, mp.MeterStatsReply, mp.MeterConfigReply),
    *(mp.MeterFeaturesReply, tf.TableFeaturesReply, mp.PortDescReply),
    mp.ExperimenterMultipartReply,
]


@pytest.mark.parametrize("cls", PARSED_BY_RYU, ids=lambda cls: cls.__name__)
@given(st.data())
def test_ryu_reads_what_we_write(cls: type[Message], data: st.DataObject) -> None:
    message = for_ryu(data.draw(MESSAGES[cls]))
    assert_alike(message, parse(V13.encode(message)))
