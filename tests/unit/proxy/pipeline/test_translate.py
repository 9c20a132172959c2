"""Translating a tenant's requests: the tag in every match, shifted tables, outputs that are asked
for, and refusals for what is not a tenant's to name."""

from collections.abc import Callable

import pytest

from slicer.openflow import actions as a
from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.actions import Action, Output, RegLoad, RegMove, Resubmit
from slicer.openflow.errors import ErrorCode
from slicer.openflow.instructions import (
    ApplyActions,
    ClearActions,
    ExperimenterInstruction,
    GotoTable,
    Instruction,
    MeterInstruction,
    WriteActions,
    WriteMetadata,
)
from slicer.openflow.messages import FlowMod, PacketOut
from slicer.openflow.multipart import AggregateRequest, FlowStatsRequest
from slicer.openflow.oxm import Match, header_of, oxm
from slicer.proxy.pipeline import layout, translate
from slicer.proxy.pipeline.terms import GroupIds, Terms
from slicer.proxy.refusal import Refusal

TERMS = Terms(5, GroupIds())
ASK = Resubmit(of.OFPP_IN_PORT, 252)
XREG = header_of("xreg1")


def load(port: int, max_len: int = 0) -> RegLoad:
    """Asking for an output to a port (16 bits)."""
    return RegLoad(XREG, 0, 64, (5 << 16 | port) << 32 | max_len)


def action(asked: Action, *, table_miss: bool = False) -> tuple[Action, ...]:
    return translate.action(TERMS, asked, table_miss=table_miss)


# ---- matches and tables ----


def test_a_match_is_of_the_tenants_own_packets() -> None:
    asked = Match.of(in_port=1, metadata=(1, 3), eth_type=0x0806)
    assert translate.match(5, asked) == Match.of(
        reg0=5, in_port=1, metadata=(1, 3), eth_type=0x0806
    )
    assert translate.match(5, Match()) == Match.of(reg0=5)


@pytest.mark.parametrize("name", ["reg0", "reg1", "xreg1", "nxm_in_port"])
def test_registers_are_not_the_tenants_to_match(name: str) -> None:
    with pytest.raises(Refusal, match=f"match on {name}, expected OpenFlow fields") as refused:
        translate.match(5, Match.of(in_port=1, **{name: 1}))
    assert refused.value.error == errors.BAD_MATCH_BAD_FIELD


@pytest.mark.parametrize(("tenants", "datapaths"), [(0, 1), (250, 251)])
def test_tables_are_shifted_past_admit(tenants: int, datapaths: int) -> None:
    assert translate.table(tenants, errors.BAD_REQUEST_BAD_TABLE_ID) == datapaths


@pytest.mark.parametrize("number", [251, 252, 253, 254])
def test_the_slicers_tables_are_not_the_tenants(number: int) -> None:
    for way in (translate.table, translate.table_or_all):
        with pytest.raises(Refusal, match=f"table {number}, expected 0 to 250") as refused:
            way(number, errors.FLOW_MOD_FAILED_BAD_TABLE_ID)
        assert refused.value.error == errors.FLOW_MOD_FAILED_BAD_TABLE_ID


def test_all_tables_are_all_the_tenants_where_that_is_allowed() -> None:
    assert translate.table_or_all(of.OFPTT_ALL, errors.BAD_REQUEST_BAD_TABLE_ID) == of.OFPTT_ALL
    with pytest.raises(Refusal):
        translate.table(of.OFPTT_ALL, errors.BAD_REQUEST_BAD_TABLE_ID)


@pytest.mark.parametrize("port", [0xFF00, 0xFFFF, 0x1_0000, of.OFPP_MAX - 1])
def test_a_number_that_no_port_can_have_is_refused_wherever_it_stands(port: int) -> None:
    ways: list[Callable[[], object]] = [
        lambda: translate.check_port(port),
        lambda: translate.flow_mod(TERMS, FlowMod(9, out_port=port)),
        lambda: translate.flow_stats_request(5, FlowStatsRequest(9, out_port=port)),
        lambda: translate.aggregate_request(5, AggregateRequest(9, out_port=port)),
    ]
    for way in ways:
        with pytest.raises(Refusal) as refused:
            way()
        assert refused.value.error == errors.BAD_ACTION_BAD_OUT_PORT


@pytest.mark.parametrize("port", [0, 1, translate.LAST_PORT, of.OFPP_MAX, of.OFPP_ANY])
def test_a_number_that_a_port_can_have_is_not(port: int) -> None:
    translate.check_port(port)


# ---- actions ----

UNCHANGED = (
    a.CopyTtlIn(),
    a.CopyTtlOut(),
    a.DecMplsTtl(),
    a.DecNwTtl(),
    a.PopMpls(0x0800),
    a.PushMpls(0x8847),
    a.SetMplsTtl(3),
    a.SetNwTtl(3),
    a.SetField(oxm("eth_dst", 7)),
    a.SetField(oxm("metadata", 7)),
)


@pytest.mark.parametrize("queue", [0, 1, 0xFFFF_FFFF])
def test_no_packet_is_put_into_a_queue(queue: int) -> None:
    (noted,) = action(a.SetQueue(queue))
    assert noted == a.RegLoad(header_of(layout.QUEUE), 0, 32, queue)


def test_no_packet_is_taken_out_of_a_queue() -> None:
    (noted,) = action(a.PopQueue())
    assert noted == a.RegLoad(header_of(layout.QUEUE), 0, 1, 0)


@pytest.mark.parametrize("asked", UNCHANGED, ids=str)
def test_what_changes_headers_passes_as_it_is(asked: Action) -> None:
    assert action(asked) == (asked,)


@pytest.mark.parametrize(
    ("port", "short"),
    [
        (1, 1),
        (0xFEFF, 0xFEFF),
        (of.OFPP_LOCAL, 0xFFFE),
        (of.OFPP_FLOOD, 0xFFFB),
        (of.OFPP_ALL, 0xFFFC),
        (of.OFPP_IN_PORT, 0xFFF8),
    ],
)
def test_an_output_is_a_request_to_owner(port: int, short: int) -> None:
    assert action(Output(port, 0xABCD)) == (load(short, 0xABCD), ASK)


def test_an_output_to_the_controller_stays_one_and_says_when_the_flow_is_a_table_miss() -> None:
    assert action(Output(of.OFPP_CONTROLLER, 128)) == (Output(of.OFPP_CONTROLLER, 128),)
    missed = action(Output(of.OFPP_CONTROLLER, 128), table_miss=True)
    assert missed == (a.Controller(128, 0, of.OFPR_NO_MATCH),)


def test_an_output_to_the_controller_passes_the_slices_meter_where_it_has_one() -> None:
    metered = Terms(5, GroupIds(), packet_in_meter=0x3_0005)
    asked = Output(of.OFPP_CONTROLLER, 128)
    for table_miss, reason in ((False, of.OFPR_ACTION), (True, of.OFPR_NO_MATCH)):
        assert translate.action(metered, asked, table_miss=table_miss) == (
            a.Controller2(128, 0, reason, meter_id=0x3_0005),
        )
    assert translate.action_set(metered, (asked, Output(1))) == (
        load(0xFFFD, 128),
        Output(of.OFPP_TABLE),
        load(1),
        Output(of.OFPP_TABLE),
    )
    assert translate.action_set(TERMS, (asked,)) == (asked,)


def test_pushed_tags_are_told_apart_from_the_first() -> None:
    unread, tci = header_of("reg4"), 0x0000_0802
    assert action(a.PushVlan(0x8100)) == (RegMove(1, 12, 0, tci, unread), a.PushVlan(0x8100))
    assert action(a.PopVlan()) == (a.PopVlan(), RegLoad(unread, 0, 1, 0))


REFUSED_ACTIONS: list[tuple[Action, ErrorCode]] = [
    (Output(of.OFPP_TABLE), errors.BAD_ACTION_BAD_OUT_PORT),
    (Output(of.OFPP_NORMAL), errors.BAD_ACTION_BAD_OUT_PORT),
    (Output(of.OFPP_ANY), errors.BAD_ACTION_BAD_OUT_PORT),
    (Output(0xFF00), errors.BAD_ACTION_BAD_OUT_PORT),
    (Output(0x1_0001), errors.BAD_ACTION_BAD_OUT_PORT),
    (a.SetField(oxm("reg0", 6)), errors.BAD_ACTION_BAD_SET_TYPE),
    (a.SetField(oxm("xreg1", 6)), errors.BAD_ACTION_BAD_SET_TYPE),
    (a.SetField(oxm("icmpv6_type", 135)), errors.BAD_ACTION_BAD_SET_TYPE),
    (a.SetField(oxm("icmpv6_code", 0)), errors.BAD_ACTION_BAD_SET_TYPE),
    (a.PushPbb(0x88E7), errors.BAD_ACTION_BAD_TYPE),
    (a.PopPbb(), errors.BAD_ACTION_BAD_TYPE),
    (a.RegLoad(header_of("reg0"), 0, 32, 6), errors.BAD_ACTION_BAD_EXPERIMENTER),
    (a.RegMove(1, 0, 0, 1, 2), errors.BAD_ACTION_BAD_EXPERIMENTER),
    (Resubmit(of.OFPP_IN_PORT, 253), errors.BAD_ACTION_BAD_EXPERIMENTER),
    (a.Note(b"123456"), errors.BAD_ACTION_BAD_EXPERIMENTER),
    (a.Controller(), errors.BAD_ACTION_BAD_EXPERIMENTER),
    (a.Controller2(), errors.BAD_ACTION_BAD_EXPERIMENTER),
    (a.Clone((Output(1),)), errors.BAD_ACTION_BAD_EXPERIMENTER),
    (a.OutputTruncated(1, 64), errors.BAD_ACTION_BAD_EXPERIMENTER),
    (a.ExperimenterAction(0x1234, b""), errors.BAD_ACTION_BAD_EXPERIMENTER),
]


@pytest.mark.parametrize(("asked", "error"), REFUSED_ACTIONS, ids=str)
def test_what_could_reach_beyond_the_slice_is_refused(asked: Action, error: ErrorCode) -> None:
    with pytest.raises(Refusal) as refused:
        action(asked)
    assert refused.value.error == error


def test_an_action_of_a_kind_nobody_thought_of_is_refused() -> None:
    class Novel(Action):
        """Something new."""

    with pytest.raises(Refusal) as refused:
        action(Novel())
    assert refused.value.error == errors.BAD_ACTION_BAD_TYPE


def test_in_an_action_set_the_request_comes_by_way_of_table() -> None:
    to_controller = Output(of.OFPP_CONTROLLER, 9)
    written = translate.action_set(TERMS, (a.DecNwTtl(), Output(2), to_controller))
    assert written == (a.DecNwTtl(), load(2), Output(of.OFPP_TABLE), to_controller)


def test_no_tag_is_pushed_by_an_action_set() -> None:
    with pytest.raises(Refusal, match="push-vlan in an action set") as refused:
        translate.action_set(TERMS, (Output(2), a.PushVlan(0x8100)))
    assert refused.value.error == errors.BAD_ACTION_BAD_TYPE


# ---- instructions ----


@pytest.mark.parametrize(
    ("asked", "translated"),
    [
        (GotoTable(3), GotoTable(4)),
        (WriteMetadata(5, 7), WriteMetadata(5, 7)),
        (ClearActions(), ClearActions()),
        (MeterInstruction(1), MeterInstruction(layout.NO_METER)),
        (MeterInstruction(0), MeterInstruction(0)),
        (MeterInstruction(of.OFPM_CONTROLLER), MeterInstruction(0)),
        (ApplyActions((a.DecNwTtl(), Output(2))), ApplyActions((a.DecNwTtl(), load(2), ASK))),
        (WriteActions((Output(2),)), WriteActions((load(2), Output(of.OFPP_TABLE)))),
    ],
    ids=str,
)
def test_instructions(asked: Instruction, translated: Instruction) -> None:
    assert translate.instruction(TERMS, asked, table_miss=False) == translated


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (GotoTable(251), errors.BAD_INSTRUCTION_BAD_TABLE_ID),
        (ExperimenterInstruction(1, b""), errors.BAD_INSTRUCTION_UNSUP_INST),
        (ApplyActions((a.Note(b"123456"),)), errors.BAD_ACTION_BAD_EXPERIMENTER),
        (WriteActions((a.PopPbb(),)), errors.BAD_ACTION_BAD_TYPE),
    ],
    ids=str,
)
def test_refused_instructions(asked: Instruction, error: ErrorCode) -> None:
    with pytest.raises(Refusal) as refused:
        translate.instruction(TERMS, asked, table_miss=False)
    assert refused.value.error == error


# ---- requests ----


def test_a_flow_mod_keeps_all_but_table_match_and_outputs() -> None:
    asked = FlowMod(
        9,
        cookie=1,
        cookie_mask=2,
        table_id=3,
        command=of.OFPFC_MODIFY,
        idle_timeout=4,
        hard_timeout=5,
        priority=6,
        buffer_id=7,
        out_port=8,
        out_group=9,
        flags=0x1F,
        match=Match.of(in_port=1),
        instructions=(ApplyActions((Output(2),)), GotoTable(4)),
    )
    assert translate.flow_mod(TERMS, asked) == FlowMod(
        9,
        cookie=1,
        cookie_mask=2,
        table_id=4,
        command=of.OFPFC_MODIFY,
        idle_timeout=4,
        hard_timeout=5,
        priority=6,
        buffer_id=7,
        flags=0x1F,
        match=Match.of(reg0=5, in_port=1),
        instructions=(ApplyActions((load(2), ASK)), GotoTable(5)),
    )


@pytest.mark.parametrize(
    ("command", "all_tables"),
    [
        (of.OFPFC_ADD, False),
        (of.OFPFC_MODIFY, False),
        (of.OFPFC_MODIFY_STRICT, False),
        (of.OFPFC_DELETE, True),
        (of.OFPFC_DELETE_STRICT, True),
    ],
)
def test_only_deletes_are_about_all_tables(command: int, all_tables: bool) -> None:
    asked = FlowMod(9, command=command, table_id=of.OFPTT_ALL)
    if all_tables:
        translated = translate.flow_mod(TERMS, asked)
        assert translated.table_id == of.OFPTT_ALL
        assert translated.match == Match.of(reg0=5)
    else:
        with pytest.raises(Refusal) as refused:
            translate.flow_mod(TERMS, asked)
        assert refused.value.error == errors.FLOW_MOD_FAILED_BAD_TABLE_ID


@pytest.mark.parametrize(
    ("priority", "match", "table_miss"),
    [(0, Match(), True), (1, Match(), False), (0, Match.of(in_port=1), False)],
)
def test_a_table_miss_flow_is_one_of_priority_0_that_matches_all(
    priority: int, match: Match, table_miss: bool
) -> None:
    to_controller = (ApplyActions((Output(of.OFPP_CONTROLLER),)),)
    asked = FlowMod(9, priority=priority, match=match, instructions=to_controller)
    (instruction,) = translate.flow_mod(TERMS, asked).instructions
    assert isinstance(instruction, ApplyActions)
    assert (instruction.actions[-1] != to_controller[0].actions[0]) is table_miss


@pytest.mark.parametrize("table", [0, 250, of.OFPTT_ALL])
def test_questions_are_about_the_tenants_own_flows(table: int) -> None:
    number = table if table == of.OFPTT_ALL else table + 1
    asked = FlowStatsRequest(9, table, 1, 2, 3, 4, Match.of(in_port=1))
    tagged = Match.of(reg0=5, in_port=1)
    assert translate.flow_stats_request(5, asked) == FlowStatsRequest(
        9, number, of.OFPP_ANY, of.OFPG_ANY, 3, 4, tagged
    )
    sums = AggregateRequest(9, table, of.OFPP_ANY, of.OFPG_ANY, 3, 4, Match.of(in_port=1))
    assert translate.aggregate_request(5, sums) == AggregateRequest(
        9, number, of.OFPP_ANY, of.OFPG_ANY, 3, 4, tagged
    )


def test_questions_about_the_slicers_tables_are_refused() -> None:
    with pytest.raises(Refusal) as refused:
        translate.flow_stats_request(5, FlowStatsRequest(9, 251))
    assert refused.value.error == errors.BAD_REQUEST_BAD_TABLE_ID
    with pytest.raises(Refusal):
        translate.aggregate_request(5, AggregateRequest(9, 252))


def test_a_packet_out_bears_the_tag_first_and_enters_the_tenants_first_table() -> None:
    to_controller = Output(of.OFPP_CONTROLLER, 9)
    asked = PacketOut(9, 7, 1, (Output(of.OFPP_TABLE), Output(2), to_controller), b"data")
    mark = RegLoad(header_of("reg0"), 0, 32, 5)
    unasked = RegLoad(header_of("reg2"), 0, 32, 0)
    enter = Resubmit(of.OFPP_IN_PORT, 1)
    after = RegLoad(header_of("reg1"), 0, 32, 0x8000_0005), Resubmit(of.OFPP_IN_PORT, 253)
    actions = (mark, unasked, enter, *after, load(2), ASK, to_controller)
    expected = PacketOut(9, 7, 1, actions, b"data")
    assert translate.packet_out(TERMS, asked) == expected


def test_a_packet_of_the_slicers_goes_out_by_the_slices_ports_without_asking_owner() -> None:
    sent = translate.discovery_out(TERMS, PacketOut(9, data=b"lldp"), [1, of.OFPP_LOCAL])
    nowhere = (RegLoad(header_of("nxm_in_port"), 0, 16, 0xFEFF), a.OutputTruncated(0xFEFF, 14))
    emit = a.Clone((Resubmit(of.OFPP_IN_PORT, 253), *nowhere))
    mark = RegLoad(header_of("reg1"), 0, 32, 5)
    assert sent == PacketOut(9, actions=(mark, load(1), emit, load(0xFFFE), emit), data=b"lldp")
