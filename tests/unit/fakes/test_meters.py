"""The fake switch's meters: what Open vSwitch refuses, and what goes with a meter."""

from dataclasses import replace

import pytest

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.errors import ErrorCode
from slicer.openflow.groups import Band, DropBand, DscpRemarkBand
from slicer.openflow.instructions import MeterInstruction
from slicer.openflow.messages import ErrorMessage, FlowMod, Message, MeterMod
from slicer.openflow.multipart import (
    MeterConfigReply,
    MeterConfigRequest,
    MeterFeaturesReply,
    MeterFeaturesRequest,
    MeterStatsReply,
    MeterStatsRequest,
)
from tests.fakes import meters
from tests.fakes.switch import FakeSwitch
from tests.unit.proxy.pipeline.driving import at

BAND = DropBand(1000, 100)


def mod(command: int, number: int, flags: int = 1, bands: tuple[Band, ...] = (BAND,)) -> MeterMod:
    return MeterMod(9, command, flags, number, bands)


ADD, MODIFY, DELETE = of.OFPMC_ADD, of.OFPMC_MODIFY, of.OFPMC_DELETE


def say(switch: FakeSwitch, *messages: Message) -> list[Message]:
    return [answer for each in messages for answer in at(switch)(each)]


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (mod(ADD, 1), errors.METER_MOD_FAILED_METER_EXISTS),
        (mod(MODIFY, 2), errors.METER_MOD_FAILED_UNKNOWN_METER),
        (mod(ADD, 0), errors.METER_MOD_FAILED_INVALID_METER),
        (mod(ADD, of.OFPM_MAX + 1), errors.METER_MOD_FAILED_INVALID_METER),
        (mod(MODIFY, of.OFPM_ALL), errors.METER_MOD_FAILED_INVALID_METER),
        (mod(ADD, 2, flags=0), errors.METER_MOD_FAILED_BAD_FLAGS),
        (mod(MODIFY, 2, flags=3), errors.METER_MOD_FAILED_BAD_FLAGS),
        (mod(ADD, 2, flags=0x11), errors.METER_MOD_FAILED_BAD_FLAGS),
        (mod(ADD, 2, bands=()), errors.METER_MOD_FAILED_OUT_OF_BANDS),
        (mod(ADD, 2, bands=(BAND,) * 9), errors.METER_MOD_FAILED_OUT_OF_BANDS),
        (mod(ADD, 2, bands=(DropBand(0, 0),)), errors.METER_MOD_FAILED_BAD_RATE),
        (mod(ADD, 2, bands=(DscpRemarkBand(1, 1, 1),)), errors.METER_MOD_FAILED_BAD_BAND),
        (MeterConfigRequest(9, 2), errors.METER_MOD_FAILED_UNKNOWN_METER),
        (MeterStatsRequest(9, 2), errors.METER_MOD_FAILED_UNKNOWN_METER),
        (
            FlowMod(9, instructions=(MeterInstruction(2),)),
            errors.METER_MOD_FAILED_INVALID_METER,
        ),
    ],
)
def test_what_is_refused_changes_nothing(asked: Message, error: ErrorCode) -> None:
    switch = FakeSwitch(1, [])
    assert say(switch, mod(ADD, 1)) == []
    (refused,) = say(switch, asked)
    assert isinstance(refused, ErrorMessage)
    assert (refused.type, refused.code) == error[:2]
    assert list(switch.meters) == [1]


def test_a_flow_that_is_not_there_may_be_given_any_meter() -> None:
    modify = FlowMod(9, command=of.OFPFC_MODIFY, instructions=(MeterInstruction(2),))
    assert say(FakeSwitch(1, []), modify) == []


def test_flows_go_with_their_meter() -> None:
    switch = FakeSwitch(1, [])
    uses = FlowMod(9, priority=7, instructions=(MeterInstruction(1),))
    assert say(switch, mod(ADD, 1), mod(ADD, 2), uses, replace(uses, priority=8)) == []
    (reply,) = say(switch, MeterStatsRequest(9))
    assert isinstance(reply, MeterStatsReply)
    assert [(each.meter_id, each.flow_count) for each in reply.entries] == [(1, 2), (2, 0)]
    assert say(switch, mod(DELETE, 7), mod(DELETE, 2)) == []
    assert len(switch.tables.flows) == 2
    assert say(switch, mod(DELETE, of.OFPM_ALL)) == []
    assert (switch.tables.flows, switch.meters) == ({}, {})


def test_what_is_said_of_meters() -> None:
    switch = FakeSwitch(1, [])
    say(switch, mod(ADD, 1), mod(MODIFY, 1, flags=5))
    (reply,) = say(switch, MeterConfigRequest(9))
    assert isinstance(reply, MeterConfigReply)
    assert [(each.meter_id, each.flags, each.bands) for each in reply.entries] == [(1, 5, (BAND,))]
    (said,) = say(switch, MeterFeaturesRequest(9))
    assert isinstance(said, MeterFeaturesReply)
    assert said.max_meter == meters.MOST
