"""A sliver that owns everything and a switch, told apart in OpenFlow 1.3 by nothing but what the
list has."""

import pytest

from tests.differential.converse import converse
from tests.differential.openflow13 import conversations
from tests.differential.play import OPENFLOW_13
from tests.differential.switches import Side

pytestmark = [pytest.mark.live, pytest.mark.timeout(7200)]
SUBSTANCE = {
    "FLOW_MOD accepted": 0.3,
    "errors": 0.1,
    "packets out": 0.05,
    "FLOW_REMOVED": 0.05,
    "GROUP_MOD accepted": 0.05,
    "METER_MOD accepted": 0.05,
    "PACKET_IN": 0.01,
}


def test_conversations_are_the_same_with_a_sliver_as_with_a_switch(
    sides: tuple[Side, Side], capsys: pytest.CaptureFixture[str]
) -> None:
    converse(sides, OPENFLOW_13, conversations, SUBSTANCE, capsys)
