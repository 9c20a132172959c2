"""Packets whose TTL has run out go to a controller that asks for them, and to no other."""

import pytest

from slicer.openflow import constants as of
from slicer.openflow.actions import DecNwTtl, Output, SetNwTtl
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import FlowMod, Message, PacketIn, SetAsync
from slicer.openflow.oxm import Match
from slicer.openflow.v13 import V13
from tests.differential import packets as p
from tests.differential.compare import hold, transcript
from tests.differential.conversation import Conversation, Receive, Say
from tests.differential.play import OPENFLOW_13
from tests.differential.switches import Side

pytestmark = pytest.mark.live
EXPIRES = FlowMod(
    1,
    cookie=7,
    match=Match.of(eth_type=0x0800),
    instructions=(ApplyActions((SetNwTtl(1), DecNwTtl(), Output(2))),),
)


@pytest.mark.parametrize(("mask", "count"), [(0b011, 0), (0b111, 1), (0b100, 1)])
def test_they_are_heard_of_as_asked_for(sides: tuple[Side, Side], mask: int, count: int) -> None:
    asked: tuple[Message, ...] = (SetAsync(1, (mask, 0), (7, 7), (15, 0)), EXPIRES)
    said = tuple(Say(V13.encode(each)) for each in asked)
    conversation: Conversation = (*said, Receive(1, p.PLAIN[:1]))
    held = hold(*sides, OPENFLOW_13, conversation)
    assert not held.differences, "\n" + transcript(V13, held)
    heard = [V13.decode(frame) for frame in held.sliced.unasked[0]]
    reasons = [each.reason for each in heard if isinstance(each, PacketIn)]
    assert reasons == [of.OFPR_INVALID_TTL] * count
    assert all(each.kind is Kind.PACKET_IN for each in heard)
