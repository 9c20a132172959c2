"""A sliver that owns everything and a switch, told apart by nothing but what the list has.

    SLICER_CONVERSATIONS=10000 pytest tests/differential -s

holds so many conversations, and says what they amounted to.
"""

import os
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings

from tests.differential.compare import hold, transcript
from tests.differential.conversation import Conversation
from tests.differential.openflow13 import conversations
from tests.differential.play import OPENFLOW_13
from tests.differential.switches import Side
from tests.differential.tally import Tally

pytestmark = pytest.mark.live
COUNT = int(os.environ.get("SLICER_CONVERSATIONS", "300"))
SUBSTANCE = {
    "FLOW_MOD accepted": 0.6,
    "errors": 0.3,
    "packets out": 0.2,
    "FLOW_REMOVED": 0.2,
    "GROUP_MOD accepted": 0.1,
    "METER_MOD accepted": 0.1,
    "PACKET_IN": 0.03,
}
"""In what part of the conversations there has to be some: else they test nothing."""


@pytest.mark.timeout(300 + COUNT)
def test_conversations_are_the_same_with_a_sliver_as_with_a_switch(
    sides: tuple[Side, Side],
) -> None:
    tally = Tally()
    converse(sides, tally)()
    print(f"\n{tally}")
    parts = {name: tally.having[name] / tally.conversations for name in SUBSTANCE}
    assert all(parts[name] > least for name, least in SUBSTANCE.items()), parts


def converse(sides: tuple[Side, Side], tally: Tally) -> Callable[[], None]:
    @settings(max_examples=COUNT, suppress_health_check=list(HealthCheck))
    @given(conversations())
    def one(conversation: Conversation) -> None:
        held = hold(*sides, OPENFLOW_13, conversation)
        tally.add(OPENFLOW_13.dialect, held)
        assert not held.differences, "\n" + transcript(OPENFLOW_13.dialect, held)

    return one
