"""The benchmark's switch holds what the slicer sets up, as its synchronisation finds."""

from slicer.openflow import constants as of
from slicer.openflow.framing import Framer
from slicer.openflow.messages import FlowMod
from slicer.openflow.multipart import (
    AggregateReply,
    AggregateRequest,
    FlowStatsReply,
    FlowStatsRequest,
)
from slicer.openflow.oxm import Match
from slicer.openflow.v13 import V13
from tests.bench.switch import Switch
from tests.bench.world import Network as Wanted
from tests.bench.world import policy
from tests.fakes.network import Network

ADD = FlowMod(1, cookie=3, table_id=5, priority=7, match=Match.of(reg0=9, in_port=1))


def told(switch: Switch, *asked: bytes) -> list[object]:
    for frame in asked:
        switch.receive(frame)
    return [V13.decode(frame) for frame in Framer().feed(switch.take())]


def test_the_slicer_sets_it_up_and_finds_it_so() -> None:
    net = Network(policy(Wanted(slices=3, rules=7), 6633, 6653))
    switch = Switch(1)
    net.plug(switch)  # type: ignore[arg-type]
    slivers = net.engine.datapaths[1].slivers
    assert sorted(slivers) == ["s0", "s1", "s2"]
    assert switch.tags == sorted(each.tag for each in slivers.values())


def test_flows_are_added_listed_counted_and_deleted() -> None:
    switch = Switch(1)
    frame = V13.encode(ADD)
    (listed,) = told(switch, frame, V13.encode(FlowStatsRequest(2, table_id=5)))
    assert isinstance(listed, FlowStatsReply)
    (flow,) = listed.entries
    assert (flow.table_id, flow.priority, flow.cookie, flow.match) == (5, 7, 3, ADD.match)
    for tag, count in ((9, 1), (8, 0)):
        (sums,) = told(switch, V13.encode(AggregateRequest(3, match=Match.of(reg0=tag))))
        assert isinstance(sums, AggregateReply)
        assert sums.flow_count == count
    delete = FlowMod(4, table_id=of.OFPTT_ALL, command=of.OFPFC_DELETE, match=Match.of(reg0=9))
    assert told(switch, V13.encode(delete)) == []
    assert not switch.flows
