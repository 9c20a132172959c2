"""Restoring: a tenant reads its flows as it wrote them, and nothing that it can't have written."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slicer.openflow import actions as a
from slicer.openflow import constants as of
from slicer.openflow.actions import Action, Output, RegLoad, Resubmit
from slicer.openflow.instructions import (
    ApplyActions,
    ClearActions,
    GotoTable,
    Instruction,
    MeterInstruction,
    WriteActions,
    WriteMetadata,
)
from slicer.openflow.messages import FlowMod, FlowRemoved, PacketIn
from slicer.openflow.multipart import FlowStats
from slicer.openflow.oxm import Match, header_of, oxm
from slicer.proxy.pipeline import restore, translate
from slicer.proxy.pipeline.meter_ids import MeterIds
from slicer.proxy.pipeline.restore import NotOurs
from slicer.proxy.pipeline.terms import GroupIds, Terms

GROUPS = GroupIds()
for number in (1, 7, 0x2000_0001):
    GROUPS.change(5, number, frozenset())
GROUPS.change(6, 1, frozenset())
METERS = MeterIds()
for tag in (6, 5):
    METERS.claim(tag, 9)
TERMS, OTHERS = Terms(5, GROUPS, METERS), Terms(6, GROUPS, METERS)
METERED = Terms(5, GROUPS, METERS, packet_in_meter=0x3_0005)

u8, u16, u64 = st.integers(0, 0xFF), st.integers(0, 0xFFFF), st.integers(0, 2**64 - 1)
ports = st.integers(0, translate.LAST_PORT) | st.sampled_from(
    [of.OFPP_LOCAL, of.OFPP_FLOOD, of.OFPP_ALL, of.OFPP_IN_PORT]
)
set_actions: st.SearchStrategy[Action] = st.one_of(
    st.builds(Output, ports | st.just(of.OFPP_CONTROLLER), u16),
    st.sampled_from([a.CopyTtlIn(), a.CopyTtlOut(), a.DecMplsTtl(), a.DecNwTtl(), a.PopVlan()]),
    st.builds(a.PushMpls, st.just(0x8847)),
    st.builds(a.SetNwTtl, u8),
    st.builds(a.Group, st.sampled_from([1, 7, 0x2000_0001])),
    st.builds(a.SetField, u16.map(lambda port: oxm("tcp_dst", port))),
    st.builds(a.SetQueue, st.integers(0, 2**32 - 1)),
    st.builds(a.SetField, u64.map(lambda value: oxm("metadata", value))),
)
list_actions = set_actions | st.sampled_from([a.PushVlan(0x8100), a.PopQueue()])
instructions: st.SearchStrategy[Instruction] = st.one_of(
    st.builds(GotoTable, st.integers(0, 250)),
    st.builds(WriteMetadata, u64, u64),
    st.just(ClearActions()),
    st.just(MeterInstruction(9)),
    st.builds(ApplyActions, st.lists(list_actions, max_size=5).map(tuple)),
    st.builds(WriteActions, st.lists(set_actions, max_size=5).map(tuple)),
)
matches = st.sampled_from(
    [
        Match(),
        Match.of(in_port=1),
        Match.of(metadata=(3, 7), eth_type=0x0806),
        Match.of(eth_dst=(0x01, 0x0100_0000_0001)),
    ]
)
flow_mods = st.builds(
    FlowMod,
    u8,
    cookie=u64,
    table_id=st.integers(0, 250),
    priority=st.sampled_from([0, 1, 0xFFFF]),
    idle_timeout=u16,
    flags=st.integers(0, 0x1F),
    match=matches,
    instructions=st.lists(instructions, max_size=4).map(tuple),
)


def stored(flow: FlowMod) -> FlowStats:
    """A flow as a switch gives it back: Open vSwitch keeps no empty list of actions."""
    instructions = tuple(each for each in flow.instructions if each != ApplyActions(()))
    return FlowStats(
        flow.table_id,
        *(1, 2, flow.priority, flow.idle_timeout, flow.hard_timeout, flow.flags, flow.cookie),
        *(30, 4000),
        flow.match,
        instructions,
    )


# ---- there and back ----


@given(flow_mods, st.sampled_from([TERMS, METERED]))
def test_a_tenant_reads_its_flow_as_it_wrote_it(asked: FlowMod, terms: Terms) -> None:
    on_the_datapath = stored(translate.flow_mod(terms, asked))
    assert restore.flow_stats(terms, on_the_datapath) == stored(asked)


@given(flow_mods)
def test_the_tag_is_in_what_a_tenants_flow_matches(asked: FlowMod) -> None:
    assert restore.tag_of(translate.flow_mod(TERMS, asked).match) == 5


def test_a_table_miss_flows_output_to_the_controller_is_one() -> None:
    to_controller = (ApplyActions((Output(of.OFPP_CONTROLLER, 128),)),)
    missed = FlowMod(0, instructions=to_controller)
    for terms in (TERMS, METERED):
        there = stored(translate.flow_mod(terms, missed))
        assert there.instructions != to_controller
        assert restore.flow_stats(terms, there) == stored(missed)


# ---- matches and tables ----


def test_the_tag_is_read_from_any_way_of_writing_it() -> None:
    assert restore.tag_of(Match.of(in_port=1, reg0=9)) == 9
    assert restore.tag_of(Match.of(reg0=(9, 0xFFFF_FFFF))) == 9
    assert restore.tag_of(Match.of(in_port=1, reg1=9)) is None
    assert restore.tag_of(Match()) is None


def test_only_openflows_fields_are_left_of_a_match() -> None:
    whole = Match.of(reg0=5, in_port=1, reg1=5, reg2=0, reg4=1, xreg3=2, metadata=3)
    assert restore.match(whole) == Match.of(in_port=1, metadata=3)


@pytest.mark.parametrize(("datapaths", "tenants"), [(1, 0), (251, 250)])
def test_tables_are_shifted_back(datapaths: int, tenants: int) -> None:
    assert restore.table(datapaths) == tenants


@pytest.mark.parametrize("number", [0, 252, 253, 254])
def test_the_slicers_tables_are_no_tenants(number: int) -> None:
    with pytest.raises(NotOurs, match=f"table {number} is not a tenant's"):
        restore.table(number)


# ---- what no translation has made ----

ASK = RegLoad(header_of("xreg1"), 0, 64, (5 << 16 | 2) << 32)


@pytest.mark.parametrize(
    "actions",
    [
        (ASK,),
        (ASK, a.DecNwTtl()),
        (a.Group(9999),),
        OTHERS.group(1),
        OTHERS.group(1) + 0x8000_0000,
    ],
    ids=["asks nobody", "asks nobody yet", "no group", "another's group", "the slicer's group"],
)
def test_actions_that_no_translation_has_made(actions: tuple[Action, ...] | int) -> None:
    made = (a.Group(actions),) if isinstance(actions, int) else actions
    with pytest.raises(NotOurs):
        restore.actions(TERMS, made)


@pytest.mark.parametrize("meter", [OTHERS.meter(9), 77, 0x1_0000])
def test_a_meter_that_is_not_the_tenants(meter: int) -> None:
    with pytest.raises(NotOurs, match=f"meter {meter} is not the tenant's"):
        restore.instruction(TERMS, MeterInstruction(meter))


def test_an_output_is_read_from_its_request_with_its_max_len() -> None:
    asked = replace(ASK, value=(5 << 16 | 0xFFFB) << 32 | 0x77)
    resubmit = Resubmit(of.OFPP_IN_PORT, 252)
    assert restore.actions(TERMS, (asked, resubmit)) == (Output(of.OFPP_FLOOD, 0x77),)
    assert restore.actions(TERMS, (asked, Output(of.OFPP_TABLE))) == (Output(of.OFPP_FLOOD, 0x77),)


def test_a_flow_made_by_hand_is_left_out_and_said_so(caplog: pytest.LogCaptureFixture) -> None:
    good = stored(translate.flow_mod(TERMS, FlowMod(0, table_id=3)))
    by_hand = replace(good, instructions=(ApplyActions((a.Group(9999),)),))
    elsewhere = replace(good, table_id=253)
    read = list(restore.tenant_flows(TERMS, [by_hand, good, elsewhere, good]))
    assert read == [stored(FlowMod(0, table_id=3))] * 2
    assert len(caplog.messages) == 2
    assert "a flow with a tenant's tag is not the slicer's: group 9999" in caplog.messages[0]


def test_of_many_that_are_left_out_some_are_named_and_all_are_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    terms = replace(TERMS, counters=Counter())
    by_hand = replace(stored(translate.flow_mod(terms, FlowMod(0))), table_id=253)
    for _ in range(50):
        assert list(restore.tenant_flows(terms, [by_hand, by_hand])) == []
    assert len(caplog.messages) == restore.NAMED
    assert terms.counters == {restore.LEFT_OUT: 100}


# ---- messages ----


def test_a_flow_removed() -> None:
    said = FlowRemoved(0, 9, 5, of.OFPRR_DELETE, 4, 1, 2, 3, 4, 5, 6, Match.of(reg0=5, in_port=1))
    assert restore.flow_removed(said) == replace(said, table_id=3, match=Match.of(in_port=1))
    with pytest.raises(NotOurs):
        restore.flow_removed(replace(said, table_id=252))


def test_a_packet_in_from_a_tenants_table() -> None:
    whole = Match.of(in_port=1, reg0=5, reg1=5, metadata=8)
    said = PacketIn(0, of.OFP_NO_BUFFER, 4, of.OFPR_ACTION, 4, 9, whole, b"data")
    assert restore.packet_in(said) == replace(
        said, table_id=3, match=Match.of(in_port=1, metadata=8)
    )


def test_a_packet_in_from_admit_is_from_the_first_table_and_no_flows() -> None:
    said = PacketIn(0, of.OFP_NO_BUFFER, 4, of.OFPR_ACTION, 0, 0x51CE, Match.of(reg0=5), b"data")
    restored = restore.packet_in(said)
    assert (restored.table_id, restored.cookie) == (0, 0xFFFF_FFFF_FFFF_FFFF)
    assert restored.match == Match()
