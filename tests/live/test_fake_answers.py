"""The fake switch's answers about meters and bundles against Open vSwitch's: frame by frame."""

from pathlib import Path

import pytest

from slicer.openflow import bundles
from slicer.openflow import constants as of
from slicer.openflow.bundles import Control, Step
from slicer.openflow.framing import Framer
from slicer.openflow.groups import Band, DropBand, DscpRemarkBand
from slicer.openflow.instructions import MeterInstruction
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import ErrorMessage, FlowMod, GroupMod, Message, MeterMod
from slicer.openflow.multipart import (
    FlowStatsRequest,
    MeterConfigRequest,
    MeterFeaturesRequest,
    MeterStatsRequest,
)
from slicer.openflow.v13 import V13
from tests.differential import normal
from tests.differential.controller import Controller, connect
from tests.fakes.switch import FakeSwitch
from tests.live.lab import Lab

BAND, REMARK = DropBand(1000, 100), DscpRemarkBand(1, 1, 1)
FLOW = FlowMod(7, priority=7)
USES = FlowMod(9, priority=9, instructions=(MeterInstruction(1),))
GROUP = GroupMod(8, of.OFPGC_ADD, of.OFPGT_ALL, 5)


def mod(command: int, number: int, flags: int = 1, *bands: Band) -> MeterMod:
    return MeterMod(9, command, flags, number, bands or (BAND,))


def control(step: int, flags: int = 3) -> Message:
    return Control(1, step, flags).message(5)


def add(message: Message, flags: int = 3) -> Message:
    return bundles.add(1, flags, V13.encode(message))


OPEN, CLOSE, COMMIT, DISCARD = map(
    control,
    (Step.OPEN_REQUEST, Step.CLOSE_REQUEST, Step.COMMIT_REQUEST, Step.DISCARD_REQUEST),
)
METERS: tuple[Message, ...] = (
    MeterFeaturesRequest(9),
    *(
        mod(command, number, flags)
        for number in (1, 1, 0, of.OFPM_MAX, of.OFPM_MAX + 1, of.OFPM_ALL)
        for command in (0, 1)
        for flags in (1, 3)
    ),
    *(mod(0, 2, flags) for flags in (0, 4, 16, 17)),
    *(mod(0, 2, 1, *bands) for bands in ((BAND,) * 9, (DropBand(0, 0),), (REMARK,))),
    MeterMod(9, 0, 1, 2),
    USES,
    MeterConfigRequest(9),
    MeterStatsRequest(9),
    MeterStatsRequest(9, 77),
    FlowMod(9, instructions=(MeterInstruction(77),)),
    FlowMod(9, command=1, instructions=(MeterInstruction(77),)),
    mod(2, 77),
    mod(2, 1),
    FlowStatsRequest(9),
    mod(2, of.OFPM_ALL),
    MeterConfigRequest(9),
)
BUNDLES: tuple[Message, ...] = (
    *(CLOSE, COMMIT, DISCARD, control(Step.OPEN_REPLY)),
    *(OPEN, OPEN, CLOSE),
    *(OPEN, add(FLOW), control(Step.CLOSE_REQUEST, 1), COMMIT),
    *(OPEN, add(FLOW), control(Step.COMMIT_REQUEST, 1), COMMIT),
    *(OPEN, add(FLOW), add(FLOW, 1), COMMIT),
    *(OPEN, CLOSE, CLOSE, COMMIT),
    *(OPEN, CLOSE, add(FLOW), COMMIT),
    *(OPEN, add(FLOW), DISCARD, COMMIT, FlowStatsRequest(9)),
    *(OPEN, add(FLOW), add(mod(0, 1)), add(GROUP), COMMIT, FlowStatsRequest(9)),
    *(add(FlowMod(7, priority=8)), add(GROUP), add(FLOW), COMMIT, FlowStatsRequest(9)),
    *(OPEN, add(USES), COMMIT, FlowStatsRequest(9)),
)


def shape(answer: Message | bytes) -> object:
    """What both say of an answer: an error's kind, xid and quote, another's values."""
    if isinstance(answer, ErrorMessage):
        return answer.type, answer.code, answer.xid, answer.experimenter, answer.data[:64]
    return answer


@pytest.mark.parametrize("conversation", [METERS, BUNDLES], ids=["meters", "bundles"])
def test_answers_are_the_same(lab: Lab, conversation: tuple[Message, ...]) -> None:
    bridge = lab.bridge("s1", 1)
    real = Controller(connect(Path(f"/run/openvswitch/{bridge.name}.mgmt")), V13)
    fake = FakeSwitch(1, [])
    real.settle()
    for number, asked in enumerate(conversation):
        real.say([V13.encode(asked)])
        frames = [frame for frame in real.settle() if V13.kind(frame) is not Kind.FLOW_REMOVED]
        found = [*map(shape, normal.answers(V13, frames))]
        heard = [V13.encode(each) for each in _answers(fake, asked)]
        assert [*map(shape, normal.answers(V13, heard))] == found, f"{number}: {asked}"
    real.close()


def _answers(fake: FakeSwitch, asked: Message) -> list[Message]:
    fake.receive(V13.encode(asked))
    return [V13.decode(frame) for frame in Framer().feed(fake.take())]
