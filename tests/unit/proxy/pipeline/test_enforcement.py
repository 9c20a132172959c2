"""The pipeline behind its interface: what each question of the handlers' amounts to."""

from dataclasses import replace

import pytest

from slicer.flowspace.space import FlowSpace
from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.actions import Output
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.messages import FlowMod, FlowRemoved, GroupMod, PacketIn
from slicer.openflow.multipart import (
    AggregateReply,
    AggregateRequest,
    GroupDescReply,
    GroupStatsRequest,
    PortStatsReply,
    PortStatsRequest,
    TableStatsReply,
)
from slicer.openflow.oxm import Match
from slicer.openflow.table_features import (
    TableFeatures,
    TableFeaturesReply,
    TableFeaturesRequest,
)
from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13
from slicer.proxy.enforcement import Forward, Unsuitable
from slicer.proxy.pipeline import misses
from slicer.proxy.pipeline.enforcement import Pipeline
from slicer.proxy.pipeline.layout import Stage, StageCookie
from slicer.proxy.refusal import Refusal
from tests.unit.proxy.parts import DESC, FEATURES, red_sliver
from tests.unit.proxy.pipeline.bench import SPACE, Bench
from tests.unit.proxy.pipeline.driving import carry_out

TO_1 = (ApplyActions((Output(1),)),)


# ---- which datapaths ----


def test_an_open_vswitch_with_all_its_tables_will_do() -> None:
    Pipeline(b"").check(FEATURES, DESC)


@pytest.mark.parametrize(
    ("tables", "hardware", "why"),
    [
        (253, "Open vSwitch", "it has 253 tables, expected 254"),
        (254, "Reference", "it says it is 'Reference', expected 'Open vSwitch'"),
    ],
)
def test_another_datapath_is_unsuitable(tables: int, hardware: str, why: str) -> None:
    with pytest.raises(Unsuitable, match=why):
        Pipeline(b"").check(replace(FEATURES, n_tables=tables), replace(DESC, hw_desc=hardware))


def test_a_sliver_has_the_tenants_tables() -> None:
    assert Pipeline(b"").features(FEATURES) == replace(FEATURES, n_tables=251)


# ---- synchronising ----


def test_every_slice_has_a_tag_and_keeps_it() -> None:
    bench = Bench()
    before = dict(bench.pipeline.tags)
    assert before == {"red": 1, "blue": 2}
    bench.synchronise(bench.pipeline, FlowSpace(reversed(SPACE.rules)))
    assert bench.pipeline.tags == before
    restarted = Pipeline(b"")
    bench.synchronise(restarted)
    assert restarted.tags == before


# ---- flows ----


def test_a_tenants_flow_is_there_under_its_tag_and_read_as_written() -> None:
    bench = Bench()
    bench.add(bench.red, FlowMod(9, cookie=7, table_id=3, instructions=TO_1))
    bench.add(bench.blue, FlowMod(9, cookie=8, table_id=3))
    assert bench.tags_there() == [1, 2]
    (flow,) = bench.flows_of(bench.red)
    assert (flow.table_id, flow.cookie, flow.match, flow.instructions) == (3, 7, Match(), TO_1)


def test_flow_statistics_are_filtered_by_what_the_tenant_wrote() -> None:
    bench = Bench()
    bench.add(bench.red, FlowMod(9, cookie=7, instructions=TO_1), FlowMod(9, table_id=1))
    assert [each.cookie for each in bench.flows_of(bench.red, out_port=1)] == [7]


def test_a_flow_made_by_hand_is_not_shown() -> None:
    bench = Bench()
    by_hand = FlowMod(1, table_id=253, match=Match.of(reg0=1))
    bench.switch.receive(V13.encode(by_hand))
    assert bench.flows_of(bench.red) == []


@pytest.mark.parametrize("out_port", [of.OFPP_ANY, 1])
def test_a_delete_deletes_the_tenants_own(out_port: int) -> None:
    bench = Bench()
    for sliver in (bench.red, bench.blue):
        bench.add(sliver, FlowMod(9, instructions=TO_1))
    everything = FlowMod(9, command=of.OFPFC_DELETE, table_id=of.OFPTT_ALL, out_port=out_port)
    plan = bench.pipeline.flow_mod(bench.red, everything)
    assert isinstance(plan, Forward) is (out_port == of.OFPP_ANY)
    assert carry_out(plan, bench.switch) == []
    assert bench.tags_there() == [2]


def test_a_filtered_delete_that_is_refused_is_refused_before_anything_is_sent() -> None:
    bench = Bench()
    asked = FlowMod(9, command=of.OFPFC_DELETE, table_id=251, out_port=1)
    with pytest.raises(Refusal):
        bench.pipeline.flow_mod(bench.red, asked)


@pytest.mark.parametrize(("out_port", "count"), [(of.OFPP_ANY, 2), (1, 1)])
def test_sums_are_over_the_tenants_own(out_port: int, count: int) -> None:
    bench = Bench()
    bench.add(bench.red, FlowMod(9, instructions=TO_1), FlowMod(9, table_id=1))
    bench.add(bench.blue, FlowMod(9, instructions=TO_1))
    plan = bench.pipeline.aggregate(bench.red, AggregateRequest(9, out_port=out_port))
    (reply,) = carry_out(plan, bench.switch)
    assert isinstance(reply, AggregateReply)
    assert reply.flow_count == count


def test_a_hot_message_is_translated_for_its_sliver() -> None:
    bench = Bench()
    frame = bench.pipeline.flow_mod_frame(bench.blue, V13.encode(FlowMod(9, priority=1)))
    assert frame is not None
    asked = FlowMod(9, table_id=1, priority=1, match=Match.of(reg0=2))
    assert V13.decode(frame) == replace(asked, instructions=misses.handled(2, ()))


def test_a_hot_message_of_1_0_is_translated_for_its_sliver_too() -> None:
    bench = Bench()
    asked = FlowMod(9, priority=1, flags=of.OFPFF_RESET_COUNTS, instructions=TO_1)
    frame = bench.pipeline.flow_mod_frame(bench.blue, V10.encode(asked))
    assert frame == bench.pipeline.flow_mod_frame(bench.blue, V13.encode(asked))


def test_table_misses_are_told_while_they_are_wanted() -> None:
    bench = Bench()
    assert bench.pipeline.table_misses(bench.blue, are_wanted=False) == ()
    assert bench.pipeline.table_misses(bench.blue, are_wanted=True) == (misses.miss(2, 0x3_0002),)
    assert bench.pipeline.table_misses(bench.blue, are_wanted=True) == ()
    assert bench.pipeline.table_misses(bench.blue, are_wanted=False) == (
        misses.miss(2, is_wanted=False),
    )


# ---- what the datapath says ----


def test_a_packet_in_is_for_the_slice_whose_tag_it_bears() -> None:
    said = PacketIn(0, of.OFP_NO_BUFFER, 4, of.OFPR_ACTION, 1, 9, Match.of(in_port=1, reg0=2), b"d")
    found = Bench().pipeline.packet_in(V13.encode(said))
    assert found is not None
    tag, notice = found
    assert tag == 2
    assert notice is not None
    assert V13.decode(notice.frame(V13)) == replace(said, table_id=0, match=Match.of(in_port=1))
    untagged = replace(said, match=Match.of(in_port=1))
    assert Bench().pipeline.packet_in(V13.encode(untagged)) is None


def removed(table: int, **fields: int) -> FlowRemoved:
    return FlowRemoved(0, 9, 5, of.OFPRR_DELETE, table, 1, 0, 0, 0, 7, 700, Match.of(**fields))


def test_a_flow_removed_is_for_the_slice_whose_tag_it_bears() -> None:
    pipeline = Bench().pipeline
    assert pipeline.flow_removed(removed(4, reg0=2, in_port=1)) == (2, removed(3, in_port=1))
    assert pipeline.flow_removed(removed(4, in_port=1)) is None
    assert pipeline.flow_removed(removed(253, reg0=2)) is None


@pytest.mark.parametrize(
    ("table", "cookie", "is_own"),
    [
        (0, int(StageCookie(Stage.ADMIT, 1)), True),
        (252, int(StageCookie(Stage.OWNER, 1)), True),
        (253, int(StageCookie(Stage.EMIT, 1)), True),
        (1, int(StageCookie(Stage.ADMIT, 1)), False),
        (0, 7, False),
    ],
)
def test_a_flow_of_the_stages_is_known_by_table_and_cookie(
    table: int, cookie: int, is_own: bool
) -> None:
    assert Pipeline(b"").is_own(replace(removed(table), cookie=cookie)) is is_own


# ---- the rest ----


def test_table_features_are_read_and_not_set() -> None:
    bench = Bench()
    plan = bench.pipeline.table_features(bench.red, TableFeaturesRequest(9))
    assert isinstance(plan, Forward)
    assert plan.message == TableFeaturesRequest(0)
    tables = tuple(TableFeatures(number, f"table{number}", 0, 0, 0, 0) for number in (0, 1, 252))
    restored = plan.restore(TableFeaturesReply(0, tables))
    assert isinstance(restored, TableFeaturesReply)
    assert [each.table_id for each in restored.entries] == [0]
    with pytest.raises(Refusal) as refused:
        bench.pipeline.table_features(bench.red, TableFeaturesRequest(9, tables))
    assert refused.value.error == errors.TABLE_FEATURES_FAILED_EPERM


def test_questions_about_ports_tables_and_groups_are_the_slivers() -> None:
    bench = Bench()
    bench.add(bench.red, FlowMod(9))
    everything = GroupMod(9, of.OFPGC_ADD, of.OFPGT_ALL, 3)
    assert carry_out(bench.pipeline.group_mod(bench.red, everything), bench.switch) == []
    pipeline = bench.pipeline
    for sliver, flows, groups in ((bench.red, 1, [3]), (bench.blue, 0, [])):
        (by_port,) = carry_out(pipeline.port_stats(sliver, PortStatsRequest(9)), bench.switch)
        (by_table,) = carry_out(pipeline.table_stats(sliver, 9), bench.switch)
        (described,) = carry_out(pipeline.group_desc(sliver), bench.switch)
        assert isinstance(by_port, PortStatsReply)
        assert isinstance(by_table, TableStatsReply)
        assert isinstance(described, GroupDescReply)
        assert [each.port_no for each in by_port.entries] == [1, 2]
        assert by_table.entries[0].active_count == flows
        assert [each.group_id for each in described.entries] == groups


def test_a_groups_counters_are_asked_for_by_the_datapaths_id() -> None:
    bench = Bench()
    for sliver in (bench.red, bench.blue):
        added = GroupMod(9, of.OFPGC_ADD, of.OFPGT_ALL, 3)
        carry_out(bench.pipeline.group_mod(sliver, added), bench.switch)
    asked = [
        plan.message
        for sliver in (bench.red, bench.blue)
        if isinstance(plan := bench.pipeline.group_stats(sliver, GroupStatsRequest(9, 3)), Forward)
    ]
    assert len({each.group_id for each in asked if isinstance(each, GroupStatsRequest)}) == 2


def test_what_a_tenant_is_not_told_is_counted_for_its_sliver() -> None:
    pipeline, sliver = Pipeline(b""), red_sliver()
    assert pipeline.terms(sliver).counters is sliver.counters
