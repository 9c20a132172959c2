"""A tenant's statistics: its own packets through its ports and tables, and nobody else's."""

from dataclasses import replace

import pytest

from slicer.openflow import constants as of
from slicer.openflow.instructions import GotoTable
from slicer.openflow.messages import FlowMod, Message
from slicer.openflow.multipart import (
    FlowStats,
    FlowStatsReply,
    FlowStatsRequest,
    PortStats,
    PortStatsReply,
    PortStatsRequest,
    TableStatsReply,
)
from slicer.openflow.oxm import Match
from slicer.proxy.pipeline import stages
from slicer.proxy.pipeline.counted import NOT_COUNTED, port_stats, table_stats
from slicer.proxy.pipeline.layout import Stage, StageCookie
from tests.unit.proxy.parts import ports, red_sliver
from tests.unit.proxy.pipeline.driving import drive


class Switch:
    """Answers flow statistics requests from a list of flows, as cookie, mask and tag select."""

    def __init__(self, *flows: FlowStats) -> None:
        self.flows = flows
        self.asked: list[Message] = []

    def __call__(self, asked: Message) -> list[Message]:
        self.asked.append(asked)
        assert isinstance(asked, FlowStatsRequest)
        tag = asked.match.get("reg0")
        found = [
            flow
            for flow in self.flows
            if asked.table_id in (flow.table_id, of.OFPTT_ALL)
            and not (flow.cookie ^ asked.cookie) & asked.cookie_mask
            and flow.match.get("reg0") == tag
        ]
        half = len(found) // 2
        more = FlowStatsReply(0, tuple(found[:half]), more=True)
        return [more, FlowStatsReply(0, tuple(found[half:]))]


def counting(flow: FlowMod, packets: int, size: int) -> FlowStats:
    """A flow that has been there for 30.5 s and has counted this."""
    return FlowStats(
        flow.table_id,
        *(30, 500_000_000, flow.priority, 0, 0, 0, flow.cookie, packets, size),
        flow.match,
        (),
    )


def counters(tag: int, port: int, received: int, sent: int, config: int = 0) -> list[FlowStats]:
    """A port's flows in emit, after so many packets of 100 bytes."""
    rx, tx, hairpin = stages.port_flows(tag, port, config)
    return [
        counting(rx, received, 100 * received),
        counting(tx, sent, 100 * sent),
        counting(hairpin, 9999, 999_900),
    ]


def entry(port: int, received: int, sent: int) -> PortStats:
    return PortStats(
        port,
        rx_packets=received,
        tx_packets=sent,
        rx_bytes=100 * received,
        tx_bytes=100 * sent,
        rx_dropped=NOT_COUNTED,
        tx_dropped=NOT_COUNTED,
        rx_errors=NOT_COUNTED,
        tx_errors=NOT_COUNTED,
        rx_frame_err=NOT_COUNTED,
        rx_over_err=NOT_COUNTED,
        rx_crc_err=NOT_COUNTED,
        collisions=NOT_COUNTED,
        duration_sec=30,
        duration_nsec=500_000_000,
    )


SWITCH = (
    *counters(5, 1, 10, 20),
    *counters(5, 2, 30, 40, config=of.OFPPC_NO_FLOOD),
    *counters(6, 1, 1000, 2000),
    *counters(6, 2, 3000, 4000),
)


@pytest.mark.parametrize(
    ("asked", "entries"),
    [
        (of.OFPP_ANY, [entry(1, 10, 20), entry(2, 30, 40)]),
        (2, [entry(2, 30, 40)]),
        (3, []),
        (of.OFPP_LOCAL, []),
    ],
)
def test_a_ports_counters_are_the_slices_packets(asked: int, entries: list[PortStats]) -> None:
    replies, _ = drive(port_stats(red_sliver(), PortStatsRequest(7, asked)), Switch(*SWITCH))
    assert replies == [PortStatsReply(7, tuple(entries))]


def test_spanning_trees_packets_are_counted_with_the_others() -> None:
    rx, trees, tx, _ = stages.port_flows(5, 1, of.OFPPC_NO_RECV)
    switch = Switch(counting(rx, 3, 300), counting(trees, 4, 400), counting(tx, 5, 500))
    replies, _ = drive(port_stats(red_sliver(), PortStatsRequest(7, 1)), switch)
    assert replies == [PortStatsReply(7, (entry(1, 7, 5),))]


def test_reserved_ports_have_counters_too() -> None:
    sliver = red_sliver()
    sliver.ports = ports(of.OFPP_LOCAL)
    switch = Switch(*counters(5, of.OFPP_LOCAL, 1, 2))
    replies, _ = drive(port_stats(sliver, PortStatsRequest(7)), switch)
    assert replies == [PortStatsReply(7, (entry(of.OFPP_LOCAL, 1, 2),))]


def test_a_port_without_flows_yet_has_counted_nothing() -> None:
    replies, _ = drive(port_stats(red_sliver(), PortStatsRequest(7, 1)), Switch())
    nothing = replace(entry(1, 0, 0), duration_sec=0, duration_nsec=0)
    assert replies == [PortStatsReply(7, (nothing,))]


def test_only_flows_of_the_slices_own_counters_are_read() -> None:
    switch = Switch()
    drive(port_stats(red_sliver(), PortStatsRequest(7)), switch)
    assert [
        (each.table_id, each.cookie, each.match.oxms)
        for each in switch.asked
        if isinstance(each, FlowStatsRequest)
    ] == [
        (253, int(StageCookie(Stage.RECEIVED, 5)), ()),
        (253, int(StageCookie(Stage.EMIT, 5)), ()),
    ]


def test_a_switch_of_many_ports_is_answered_in_parts() -> None:
    sliver = red_sliver()
    sliver.ports = ports(*range(1, 1001))
    replies, _ = drive(port_stats(sliver, PortStatsRequest(7)), Switch())
    parts = [each for each in replies if isinstance(each, PortStatsReply)]
    assert [part.more for part in parts] == [True, False]
    assert [each.port_no for part in parts for each in part.entries] == list(range(1, 1001))


def tenants(table: int, tag: int, packets: int, goto: int | None = None) -> FlowStats:
    flow = counting(FlowMod(0, table_id=table, match=Match.of(reg0=tag)), packets, 0)
    return replace(flow, instructions=() if goto is None else (GotoTable(goto),))


def tables(*flows: FlowStats) -> list[tuple[int, int, int, int]]:
    """(table, flows, lookups, matches) where these aren't all 0, of a switch with these flows."""
    ((reply,), _) = drive(table_stats(red_sliver(), 7), Switch(*flows))
    assert isinstance(reply, TableStatsReply)
    assert reply.xid == 7
    assert [each.table_id for each in reply.entries] == list(range(251))
    assert {each.max_entries for each in reply.entries} == {1_000_000}
    counted = (
        (each.table_id, each.active_count, each.lookup_count, each.matched_count)
        for each in reply.entries
    )
    return [each for each in counted if any(each[1:])]


def test_a_tables_counters_are_the_sums_over_the_tenants_own_flows() -> None:
    others = tenants(1, 6, 1000)
    assert tables(tenants(1, 5, 10), tenants(1, 5, 20), tenants(251, 5, 7), others) == [
        (0, 2, 30, 30),
        (250, 1, 7, 7),
    ]


def test_what_came_in_by_a_port_was_looked_up_in_the_first_table() -> None:
    received = (*counters(5, 1, 10, 0), *counters(5, 2, 25, 0), *counters(6, 1, 1000, 0))
    assert tables(*received, tenants(1, 5, 12)) == [(0, 1, 35, 12)]


def test_what_a_flow_sends_on_is_looked_up_there() -> None:
    received = counters(5, 1, 40, 0)
    flows = (tenants(1, 5, 30, goto=3), tenants(1, 5, 5, goto=3), tenants(3, 5, 20))
    others = tenants(1, 6, 1000, goto=3)
    assert tables(*received, *flows, others) == [
        (0, 2, 40, 35),
        (2, 1, 35, 20),
    ]
