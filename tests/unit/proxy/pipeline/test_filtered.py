"""Requests that filter by output: what was written is compared, and just those flows are meant."""

from dataclasses import replace

import pytest

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.actions import DecNwTtl, Group, Output
from slicer.openflow.instructions import ApplyActions, GotoTable, Instruction, WriteActions
from slicer.openflow.messages import ErrorMessage, FlowMod, Message
from slicer.openflow.multipart import (
    AggregateReply,
    AggregateRequest,
    FlowStats,
    FlowStatsReply,
    FlowStatsRequest,
)
from slicer.openflow.oxm import Match
from slicer.proxy.operation import Refused
from slicer.proxy.pipeline import filtered, translate
from slicer.proxy.pipeline.filtered import output_filter
from slicer.proxy.pipeline.terms import GroupIds, Terms
from tests.unit.proxy.pipeline.driving import drive

GROUPS = GroupIds()
GROUPS.change(5, 7, frozenset())
TERMS = Terms(5, GROUPS)


def flow(*instructions: Instruction, table: int = 3, priority: int = 1, port: int = 9) -> FlowMod:
    """A tenant's flow, as it wrote it."""
    match = Match.of(in_port=port)
    return FlowMod(0, table_id=table, priority=priority, match=match, instructions=instructions)


def stored(asked: FlowMod, packets: int = 0) -> FlowStats:
    """The flow as the switch has it."""
    there = translate.flow_mod(TERMS, asked)
    return FlowStats(
        there.table_id,
        *(0, 0, there.priority, 0, 0, 0, there.cookie, packets, 100 * packets),
        there.match,
        there.instructions,
    )


TO_1, TO_2 = ApplyActions((Output(1),)), ApplyActions((DecNwTtl(), Output(2)))
TO_GROUP = WriteActions((Group(7),))

# ---- the filter ----


@pytest.mark.parametrize(
    ("out_port", "out_group", "instructions", "passes"),
    [
        (1, of.OFPG_ANY, (TO_1,), True),
        (1, of.OFPG_ANY, (GotoTable(4), WriteActions((Output(1),))), True),
        (1, of.OFPG_ANY, (TO_2,), False),
        (1, of.OFPG_ANY, (), False),
        (1, of.OFPG_ANY, (ApplyActions((Group(1),)),), False),
        (of.OFPP_ANY, 7, (TO_GROUP,), True),
        (of.OFPP_ANY, 7, (ApplyActions((Group(8), Output(7))),), False),
        (1, 7, (TO_1, TO_GROUP), True),
        (1, 7, (TO_1,), False),
        (1, 7, (TO_GROUP,), False),
        (of.OFPP_CONTROLLER, of.OFPG_ANY, (ApplyActions((Output(of.OFPP_CONTROLLER),)),), True),
    ],
)
def test_a_flow_passes_that_outputs_there(
    out_port: int, out_group: int, instructions: tuple[Instruction, ...], passes: bool
) -> None:
    found = output_filter(out_port, out_group)
    assert found is not None
    plain = replace(stored(flow()), instructions=instructions)
    assert found(plain) is passes


def test_there_is_no_filter_where_none_is_asked_for() -> None:
    assert output_filter(of.OFPP_ANY, of.OFPG_ANY) is None


# ---- deleting ----

DELETE = FlowMod(9, command=of.OFPFC_DELETE, table_id=of.OFPTT_ALL, out_port=1)


class Switch:
    """Answers with its flows in two parts, and keeps what it is sent."""

    def __init__(self, *flows: FlowStats) -> None:
        self.flows = flows
        self.sent: list[Message] = []

    def __call__(self, message: Message) -> list[Message]:
        self.sent.append(message)
        if not isinstance(message, FlowStatsRequest):
            return []
        first, rest = self.flows[:1], self.flows[1:]
        return [FlowStatsReply(0, first, more=True), FlowStatsReply(0, rest)]


def delete(asked: FlowMod, *flows: FlowStats) -> list[Message]:
    """What the switch is sent after it was asked for flows."""
    passes = output_filter(asked.out_port, asked.out_group)
    assert passes is not None
    switch = Switch(*flows)
    answers, _ = drive(filtered.delete(TERMS, asked, passes), switch)
    assert answers == []
    judged, request, *deletes = switch.sent
    table = asked.table_id if asked.table_id == of.OFPTT_ALL else asked.table_id + 1
    assert judged == replace(
        translate.flow_mod(TERMS, asked), match=translate.match(0, asked.match)
    ), "as asked, of nobody's flows"
    assert request == FlowStatsRequest(
        0,
        table_id=table,
        cookie=asked.cookie,
        cookie_mask=asked.cookie_mask,
        match=translate.match(5, asked.match),
    )
    return deletes


def strictly(asked: FlowMod) -> FlowMod:
    """The message that deletes just this flow of the tenant's."""
    return FlowMod(
        9,
        command=of.OFPFC_DELETE_STRICT,
        table_id=asked.table_id + 1,
        priority=asked.priority,
        match=translate.match(5, asked.match),
    )


def test_just_the_flows_that_pass_are_deleted_strictly() -> None:
    one, other, kept = flow(TO_1), flow(TO_1, table=4, port=8), flow(TO_2, priority=2)
    assert delete(DELETE, *map(stored, (one, kept, other))) == [strictly(one), strictly(other)]


def test_where_none_passes_nothing_is_sent() -> None:
    assert delete(DELETE, stored(flow(TO_2))) == []
    assert delete(DELETE) == []


def test_a_flow_by_group_is_found_by_the_tenants_own_number() -> None:
    asked = replace(DELETE, out_port=of.OFPP_ANY, out_group=7)
    assert delete(asked, stored(flow(TO_GROUP)), stored(flow(TO_1))) == [strictly(flow(TO_GROUP))]


def test_a_strict_delete_means_one_flow_however_its_match_is_written() -> None:
    asked = replace(
        DELETE,
        command=of.OFPFC_DELETE_STRICT,
        table_id=3,
        priority=1,
        match=Match.of(eth_type=0x0806, arp_op=1),
    )
    same = flow(TO_1)
    same = replace(same, match=Match(tuple(reversed(asked.match.oxms))))
    higher = replace(same, priority=2)
    narrower = replace(same, match=Match.of(eth_type=0x0806, arp_op=1, arp_spa=7))
    sent = delete(asked, *map(stored, (higher, same, narrower)))
    assert sent == [strictly(same)]


def test_cookies_are_the_switchs_to_compare() -> None:
    asked = replace(DELETE, cookie=3, cookie_mask=0xFF)
    (sent,) = delete(asked, stored(flow(TO_1)))
    assert isinstance(sent, FlowMod)
    assert (sent.cookie, sent.cookie_mask) == (3, 0xFF)


def test_a_deletes_instructions_are_judged_and_go_no_further() -> None:
    asked = replace(DELETE, instructions=(ApplyActions((Output(2),) * 1000),))
    assert delete(asked, stored(flow(TO_1))) == [strictly(flow(TO_1))]


def test_what_the_switch_refuses_deletes_nothing() -> None:
    refusal = ErrorMessage(0, *errors.BAD_MATCH_BAD_PREREQ[:2], b"")
    passes = output_filter(1, of.OFPG_ANY)
    assert passes is not None
    asked: list[Message] = []

    def refuse(message: Message) -> list[Message]:
        asked.append(message)
        return [refusal]

    with pytest.raises(Refused):
        drive(filtered.delete(TERMS, DELETE, passes), refuse)
    assert len(asked) == 1


# ---- sums ----


def test_sums_are_over_the_flows_that_pass() -> None:
    asked = AggregateRequest(9, out_port=1, cookie=3, cookie_mask=4, match=Match.of(in_port=9))
    passes = output_filter(asked.out_port, asked.out_group)
    assert passes is not None
    switch = Switch(stored(flow(TO_1), 10), stored(flow(TO_2), 1000), stored(flow(TO_1), 5))
    replies, _ = drive(filtered.aggregate(TERMS, asked, passes), switch)
    assert replies == [AggregateReply(9, 15, 1500, 2)]
    assert switch.sent == [
        FlowStatsRequest(0, cookie=3, cookie_mask=4, match=Match.of(reg0=5, in_port=9))
    ]
