"""A tenant's meters: made, changed and deleted under ids of the datapath's, and read as set."""

from dataclasses import replace

import pytest

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.actions import Output
from slicer.openflow.errors import ErrorCode
from slicer.openflow.groups import DropBand, DscpRemarkBand
from slicer.openflow.instructions import ApplyActions, MeterInstruction
from slicer.openflow.messages import ErrorMessage, FlowMod, Message, MeterMod
from slicer.openflow.multipart import (
    MeterConfig,
    MeterConfigReply,
    MeterConfigRequest,
    MeterFeaturesReply,
    MeterStatsReply,
    MeterStatsRequest,
)
from slicer.openflow.v13 import V13
from slicer.proxy.enforcement import Forward
from slicer.proxy.operation import Refused
from slicer.proxy.pipeline import layout, meters
from slicer.proxy.pipeline.enforcement import Pipeline
from slicer.proxy.pipeline.layout import Stage, StageCookie
from slicer.proxy.sliver import Sliver
from tests.fakes.meters import of_tenants
from tests.fakes.switch import FakeSwitch
from tests.fakes.tables import Flow
from tests.unit.proxy.pipeline.bench import Bench
from tests.unit.proxy.pipeline.driving import at, carry_out, drive

BANDS = (DropBand(1000, 100),)
FLAGS = of.OFPMF_KBPS | of.OFPMF_BURST


def add(number: int, bands: tuple[DropBand | DscpRemarkBand, ...] = BANDS) -> MeterMod:
    return MeterMod(9, of.OFPMC_ADD, FLAGS, number, bands)


def delete(number: int) -> MeterMod:
    return MeterMod(9, of.OFPMC_DELETE, FLAGS, number)


def use(number: int) -> FlowMod:
    return FlowMod(9, priority=7, instructions=(MeterInstruction(number), ApplyActions((TO,))))


TO = Output(1)


def say(bench: Bench, sliver: Sliver, *asked: MeterMod | FlowMod) -> list[tuple[int, int]]:
    """The errors that a tenant hears of its requests."""
    heard: list[Message] = []
    for each in asked:
        pipeline = bench.pipeline
        plan = (
            pipeline.flow_mod(sliver, each)
            if isinstance(each, FlowMod)
            else pipeline.meter_mod(sliver, each)
        )
        try:
            heard += carry_out(plan, bench.switch)
        except Refused as refused:
            heard.append(refused.failures[0][1])
    return [(each.type, each.code) for each in heard if isinstance(each, ErrorMessage)]


def configured(bench: Bench, sliver: Sliver, number: int = of.OFPM_ALL) -> dict[int, MeterConfig]:
    """The meters that a tenant is told of."""
    plan = bench.pipeline.meter_config(sliver, MeterConfigRequest(9, number))
    return {
        each.meter_id: each
        for part in carry_out(plan, bench.switch)
        if isinstance(part, MeterConfigReply)
        for each in part.entries
    }


def notes(switch: FakeSwitch) -> dict[int, Flow]:
    """The flows that note meters, by the meters' ids."""
    found = [(flow, StageCookie.read(flow.cookie)) for flow in switch.tables.flows.values()]
    return {
        cookie.port: flow
        for flow, cookie in found
        if cookie is not None and cookie.stage is Stage.METER_NOTE
    }


def noted(switch: FakeSwitch) -> set[int]:
    """The meters that the switch has notes of."""
    return set(notes(switch))


# ---- adding, changing, deleting ----


def test_two_tenants_meters_of_one_number_are_two_and_each_reads_its_own() -> None:
    bench = Bench()
    theirs = add(1, (DropBand(7, 7), DropBand(9, 9)))
    assert say(bench, bench.red, add(1)) == say(bench, bench.blue, theirs) == []
    assert len(of_tenants(bench.switch.meters)) == 2
    assert configured(bench, bench.red) == {1: MeterConfig(FLAGS, 1, BANDS)}
    assert configured(bench, bench.blue) == {1: MeterConfig(FLAGS, 1, theirs.bands)}
    assert noted(bench.switch) == set(of_tenants(bench.switch.meters))


@pytest.mark.parametrize("number", [1, 0x1_0000, 0x4_0001, of.OFPM_MAX])
def test_a_tenant_may_choose_any_id(number: int) -> None:
    bench = Bench()
    assert say(bench, bench.red, add(number), use(number)) == []
    assert max(of_tenants(bench.switch.meters)) <= layout.LAST_TENANT_METER
    (flow,) = bench.flows_of(bench.red)
    assert flow.instructions == (MeterInstruction(number), ApplyActions((TO,)))


def test_a_change_is_of_the_same_meter() -> None:
    bench = Bench()
    changed = replace(add(1, (DropBand(5, 5),)), command=of.OFPMC_MODIFY)
    assert say(bench, bench.red, add(1), changed) == []
    assert len(of_tenants(bench.switch.meters)) == 1
    assert configured(bench, bench.red)[1].bands == changed.bands


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (add(1), errors.METER_MOD_FAILED_METER_EXISTS),
        (replace(add(2), command=of.OFPMC_MODIFY), errors.METER_MOD_FAILED_UNKNOWN_METER),
        (add(2, ()), errors.METER_MOD_FAILED_OUT_OF_BANDS),
        (add(2, (DropBand(0, 0),)), errors.METER_MOD_FAILED_BAD_RATE),
        (add(2, (DscpRemarkBand(1, 1, 1),)), errors.METER_MOD_FAILED_BAD_BAND),
        (add(0), errors.METER_MOD_FAILED_INVALID_METER),
        (add(of.OFPM_MAX + 1), errors.METER_MOD_FAILED_INVALID_METER),
        (add(of.OFPM_CONTROLLER), errors.METER_MOD_FAILED_INVALID_METER),
        (add(of.OFPM_SLOWPATH), errors.METER_MOD_FAILED_INVALID_METER),
        (add(of.OFPM_ALL), errors.METER_MOD_FAILED_INVALID_METER),
        (use(2), errors.METER_MOD_FAILED_INVALID_METER),
        (use(of.OFPM_CONTROLLER), errors.METER_MOD_FAILED_INVALID_METER),
    ],
)
def test_what_the_switch_refuses_leaves_everything_as_it_was(
    asked: MeterMod | FlowMod, error: ErrorCode
) -> None:
    bench = Bench()
    assert say(bench, bench.red, add(1)) == []
    assert say(bench, bench.blue, add(2)) == []
    there, kept = dict(of_tenants(bench.switch.meters)), noted(bench.switch)
    assert say(bench, bench.red, asked) == [error[:2]]
    assert (of_tenants(bench.switch.meters), noted(bench.switch)) == (there, kept)
    assert bench.flows_of(bench.red) == []
    assert set(configured(bench, bench.red)) == {1}


def test_a_meter_whose_note_is_refused_is_not_kept() -> None:
    bench = Bench()
    plan = bench.pipeline.meter_mod(bench.red, add(1))
    assert not isinstance(plan, Forward)
    full = errors.FLOW_MOD_FAILED_TABLE_FULL

    def answers(message: Message) -> list[Message]:
        if isinstance(message, FlowMod) and message.command == of.OFPFC_ADD:
            return [ErrorMessage(1, full.type, full.code, b"")]
        return at(bench.switch)(message)

    with pytest.raises(Refused):
        drive(plan, answers)
    assert of_tenants(bench.switch.meters) == {}
    assert configured(bench, bench.red) == {}


def test_deleting_a_meter_deletes_the_flows_that_use_it_and_nobody_elses() -> None:
    bench = Bench()
    for sliver in (bench.red, bench.blue):
        assert say(bench, sliver, add(1), add(2), use(1)) == []
    assert say(bench, bench.red, delete(1)) == []
    assert bench.flows_of(bench.red) == []
    assert len(bench.flows_of(bench.blue)) == 1
    assert (set(configured(bench, bench.red)), set(configured(bench, bench.blue))) == ({2}, {1, 2})
    assert noted(bench.switch) == set(of_tenants(bench.switch.meters))


@pytest.mark.parametrize("number", [5, 0, of.OFPM_ALL, of.OFPM_CONTROLLER, of.OFPM_MAX])
def test_deleting_what_is_not_there_does_nothing(number: int) -> None:
    bench = Bench()
    bench.switch.receive(V13.encode(add(of.OFPM_CONTROLLER)))
    assert say(bench, bench.blue, add(5)) == []
    before = dict(bench.switch.meters)
    assert of.OFPM_CONTROLLER in before
    assert say(bench, bench.red, delete(number)) == []
    assert bench.switch.meters == before


def test_all_meters_are_all_of_the_tenants() -> None:
    bench = Bench()
    bench.switch.receive(V13.encode(add(0x1_0000)))
    for sliver in (bench.red, bench.blue):
        say(bench, sliver, add(1), add(2))
    assert say(bench, bench.red, delete(of.OFPM_ALL)) == []
    assert configured(bench, bench.red) == {}
    assert set(configured(bench, bench.blue)) == {1, 2}
    assert 0x1_0000 in bench.switch.meters


def test_an_id_can_be_had_again_once_it_is_free() -> None:
    bench = Bench()
    assert say(bench, bench.red, add(1), delete(1), add(1), use(1)) == []
    assert set(configured(bench, bench.red)) == {1}


# ---- questions ----


def test_counters_are_the_tenants_own() -> None:
    bench = Bench()
    for sliver in (bench.red, bench.blue):
        say(bench, sliver, add(7), use(7))
    plan = bench.pipeline.meter_stats(bench.red, MeterStatsRequest(9))
    (reply,) = carry_out(plan, bench.switch)
    assert isinstance(reply, MeterStatsReply)
    assert [(each.meter_id, each.flow_count) for each in reply.entries] == [(7, 1)]
    (one,) = carry_out(bench.pipeline.meter_stats(bench.red, MeterStatsRequest(9, 7)), bench.switch)
    assert one == reply


@pytest.mark.parametrize("number", [1, 2, 0, of.OFPM_CONTROLLER, 0x1_0000])
def test_what_is_not_the_tenants_is_unknown(number: int) -> None:
    bench = Bench()
    bench.switch.receive(V13.encode(add(0x1_0000)))
    bench.switch.receive(V13.encode(add(of.OFPM_CONTROLLER)))
    say(bench, bench.blue, add(1))
    for plan in (
        bench.pipeline.meter_config(bench.red, MeterConfigRequest(9, number)),
        bench.pipeline.meter_stats(bench.red, MeterStatsRequest(9, number)),
    ):
        (reply,) = carry_out(plan, bench.switch)
        assert isinstance(reply, ErrorMessage)
        assert (reply.type, reply.code) == errors.METER_MOD_FAILED_UNKNOWN_METER[:2]


def test_the_features_are_the_switchs_but_for_the_number() -> None:
    bench = Bench()
    (reply,) = carry_out(meters.meter_features(), bench.switch)
    assert isinstance(reply, MeterFeaturesReply)
    assert (reply.max_meter, reply.max_bands) == (layout.LAST_TENANT_METER, 8)


# ---- restarts and other hands ----


def test_a_restart_knows_whose_meters_are_whose() -> None:
    bench = Bench()
    for sliver in (bench.red, bench.blue):
        say(bench, sliver, add(1), use(1))
    bench.pipeline = Pipeline(b"a secret")
    assert bench.synchronise(bench.pipeline) == 0
    assert set(configured(bench, bench.red)) == set(configured(bench, bench.blue)) == {1}
    (flow,) = bench.flows_of(bench.red)
    assert flow.instructions[0] == MeterInstruction(1)
    assert say(bench, bench.red, add(1)) == [errors.METER_MOD_FAILED_METER_EXISTS[:2]]
    assert say(bench, bench.red, delete(1)) == []
    assert len(of_tenants(bench.switch.meters)) == 1


def test_a_note_that_somebody_deletes_is_mended() -> None:
    bench = Bench()
    say(bench, bench.red, add(1))
    tables = bench.switch.tables
    before = len(tables.flows)
    tables.remove(notes(bench.switch).values())
    assert bench.synchronise(bench.pipeline) == 1
    assert len(tables.flows) == before
    assert noted(bench.switch) == set(of_tenants(bench.switch.meters))


def test_a_meter_that_somebody_deletes_is_lost_and_its_note_goes() -> None:
    bench = Bench()
    say(bench, bench.red, add(1))
    bench.switch.receive(V13.encode(delete(*noted(bench.switch))))
    assert bench.synchronise(bench.pipeline) == 1
    assert noted(bench.switch) == set()
    assert say(bench, bench.red, use(1)) == [errors.METER_MOD_FAILED_INVALID_METER[:2]]
    assert say(bench, bench.red, add(1)) == []
